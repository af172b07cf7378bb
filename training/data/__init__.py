"""Fetching public data sets: what they are, which files belong to them, are they whole."""
