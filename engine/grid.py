"""The one sampling grid everything after the intake lives on.

Sources of 100 to 2000 Hz are resampled to it as they arrive (`engine.resample`), so every later stage, and
every bed in a batch, shares one time axis: the absolute sample index at `FS_HZ`, counted from the source's
first sample.
"""

from typing import Final

FS_HZ: Final = 250
"""Samples per second of rings, windows, R peaks and spans."""

WINDOW_S: Final = 10
WINDOW_N: Final = WINDOW_S * FS_HZ
"""Samples in one window."""

HOP_S: Final = 1.0
"""Default time between the ends of two windows."""

MIN_SOURCE_HZ: Final = 100
MAX_SOURCE_HZ: Final = 2000
