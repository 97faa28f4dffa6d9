"""The identity platform: discovery, tokens, signing in."""
