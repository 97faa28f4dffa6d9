"""Checking documentation files: CSV in IT Glue's shape, read row by row, every fault named by row and column."""
