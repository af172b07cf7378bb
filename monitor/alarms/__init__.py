"""The alarm side: what can alarm (conditions), when (machine), and how it is worded."""
