"""How the process keeps its memory."""

import ctypes
import sys
from typing import Final

_M_TRIM_THRESHOLD: Final = -1
_M_MMAP_THRESHOLD: Final = -3
_KEPT_BYTES: Final = 2**30


def keep_freed_memory() -> bool:
    """Let the allocator keep what is freed for the next batch; tell whether it will.

    Every batch needs the same few megabytes of arrays. The C library would give them back to the system in
    between, and get them page by page again: a tenth of the time of a batch. Only glibc has this setting.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_MMAP_THRESHOLD, _KEPT_BYTES)) and bool(mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES))


def give_back_freed_memory() -> None:
    """Let the system have what was freed and is kept all the same: much more than a batch needs, some time
    after many beds learned their baselines from minutes of beats.
    """
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None) if sys.platform.startswith("linux") else None
    if trim is not None:
        trim(0)
