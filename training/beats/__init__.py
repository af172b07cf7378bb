"""Beat classes and delineation: learning from, and judging against, annotated recordings."""
