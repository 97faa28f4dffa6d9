"""Microsoft Graph, as far as a partner's device inventory needs it."""
