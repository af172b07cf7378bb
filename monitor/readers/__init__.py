"""Who reads windows: the core itself, or processes beside it when there are many beds."""

from monitor.readers.readers import Read, Readers

__all__ = ["Read", "Readers"]
