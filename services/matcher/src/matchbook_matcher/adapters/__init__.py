"""The matcher's ways to the outside: its tables, its data files, and its records on Kafka."""
