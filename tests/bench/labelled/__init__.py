"""Labelled worlds for measuring a matcher: files in the shape in which any labelled set is given, the truth apart.

Nothing here knows how the matcher works: the dirt is what managed service providers' documentation is full of.
"""
