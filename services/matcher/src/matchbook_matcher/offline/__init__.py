"""Matching files instead of topics: the same domain, without Kafka and PostgreSQL."""
