"""How the running monitor does on annotated recordings."""
