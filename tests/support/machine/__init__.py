"""A state machine of random histories, a model of the rules in dictionaries, and the domain without a database."""
