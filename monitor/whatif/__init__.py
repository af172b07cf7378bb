"""Recorded hours judged again: as they were, and as they would be with other limits, thresholds or models."""
