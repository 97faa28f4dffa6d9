"""Matchbook's wire contracts: what travels on its topics, and what each topic is for."""
