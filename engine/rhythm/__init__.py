"""Rhythm: what beats and waves mean together. Fibrillation, runs, irregularity, silence."""
