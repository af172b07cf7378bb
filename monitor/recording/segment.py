"""Where a segment lies and what its name says, so that a folder can be searched without opening a file."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from engine.grid import FS_HZ

SEGMENT_N: Final = 60 * FS_HZ
"""A segment ends where the absolute sample index passes a multiple of this, or earlier."""

_NAME: Final = re.compile(r"(\d{8}T\d{6})_([0-9a-f]{8,16})_(\d{10})")


def run_name(started_ns: int) -> str:
    """Name of one core's run: samples are counted anew in each, so an index means nothing without it."""
    return f"{started_ns // 1000:x}"


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One WFDB record `BED/DAY/NAME` of a recording; segments sort by time."""

    started: str
    """UTC, `20261121T124525`: when its first sample was received."""
    run: str
    first_sample: int
    """Absolute index at `FS_HZ` in its run."""
    bed: str

    @classmethod
    def starting(cls, bed: str, run: str, first_sample: int, start_ns: int) -> "Segment":
        """Name the segment that begins at this sample and time."""
        started = datetime.fromtimestamp(start_ns // 1_000_000_000, UTC).strftime("%Y%m%dT%H%M%S")
        return cls(started, run, first_sample, bed)

    @classmethod
    def parse(cls, bed: str, name: str) -> "Segment | None":
        """Read a record's name; None if it is no segment's."""
        match = _NAME.fullmatch(name)
        return None if match is None else cls(match[1], match[2], int(match[3]), bed)

    @property
    def name(self) -> str:
        """WFDB record name."""
        return f"{self.started}_{self.run}_{self.first_sample:010d}"

    @property
    def place(self) -> str:
        """Record path within the recording, without extension."""
        return f"{self.bed}/{self.started[:4]}-{self.started[4:6]}-{self.started[6:8]}/{self.name}"

    @property
    def started_ns(self) -> int:
        """When it started, to the second."""
        return round(datetime.strptime(self.started + "Z", "%Y%m%dT%H%M%S%z").timestamp()) * 1_000_000_000

    def header(self, folder: Path) -> Path:
        """Return its header file."""
        return folder / f"{self.place}.hea"

    def data(self, folder: Path, part: str = "") -> Path:
        """Return its signal file: the open one, or a part of the closed one."""
        return folder / f"{self.place}{part}.dat"
