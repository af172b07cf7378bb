"""The terminal screen (Textual): displays what the core says, decides nothing."""
