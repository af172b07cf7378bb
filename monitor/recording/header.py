"""The WFDB header of a segment, written and read without the wfdb package: the core has no room for it."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from engine.errors import RecordError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.recording.scaling import I16, Scaling
from monitor.recording.segment import Segment
from monitor.recording.strip import AMPLITUDE_UNKNOWN
from monitor.wire import UNKNOWN_UNIT

MASK: Final = "leads_off"
"""The last signal: bit k is set while the device reports lead k (standard order) as detached."""
OPEN_FORMAT: Final = "16"
CLOSED_FORMAT: Final = "516"
"""FLAC in WFDB; a file holds up to 8 signals."""
PER_FILE: Final = 7

_RECORD: Final = re.compile(r"(\S+) (\d+) (\d+)/\d+\((\d+)\)(?: (\d+) \S+ \S+)?")
_SIGNAL: Final = re.compile(r"(\S+) (\d+) ([\d.]+)\((-?\d+)\)/\S+ 16 0 -?\d+ -?\d+ 0 (\S+)")


@dataclass(frozen=True, slots=True, eq=False)
class Header:
    """What a segment's header says."""

    name: str
    first_sample: int
    leads: tuple[int, ...]
    """Indices into `LEADS` of its signals; `MASK` follows them."""
    scaling: Scaling
    """Of the leads."""
    start_ns: int
    """Wall clock of the first sample, as received."""
    n: int | None = None
    """Samples; None while the segment is open."""
    about: dict[str, str] = field(default_factory=dict)
    """Where it comes from: bed, run, device, patient, source_hz, kind."""

    @property
    def files(self) -> tuple[tuple[str, int], ...]:
        """Signal files and how many signals each holds."""
        n_signals = len(self.leads) + 1
        if self.n is None:
            return ((f"{self.name}.dat", n_signals),)
        sizes = [min(PER_FILE, n_signals - at) for at in range(0, n_signals, PER_FILE)]
        return tuple((f"{self.name}_{chr(97 + k)}.dat", size) for k, size in enumerate(sizes))

    def text(self, steps: I16 | None = None) -> str:
        """Spell the header; `steps` (n_signals, n) give first values and checksums of a closed segment."""
        lines = [self._record_line()]
        names = [*(LEADS[lead] for lead in self.leads), MASK]
        gains = [*self.scaling.gain, 1.0]
        baselines = [*self.scaling.baseline, 0]
        unit = UNKNOWN_UNIT if self.about.get("amplitude") == AMPLITUDE_UNKNOWN else "mV"
        units = [*[unit] * len(self.leads), UNKNOWN_UNIT]
        file_of = [file for file, size in self.files for _ in range(size)]
        format_ = OPEN_FORMAT if self.n is None else CLOSED_FORMAT
        for k, name in enumerate(names):
            first, total = (0, 0) if steps is None else (int(steps[k, 0]), int(steps[k].sum(dtype=np.int64)))
            scale = f"{gains[k]:g}({baselines[k]})/{units[k]}"
            lines.append(f"{file_of[k]} {format_} {scale} 16 0 {first} {total % 65536} 0 {name}")
        about = {"start_ns": str(self.start_ns), **self.about}
        lines += [f"# {key}: {value}" for key, value in about.items() if value]
        return "\n".join(lines) + "\n"

    @classmethod
    def read(cls, folder: Path, segment: Segment) -> "Header":
        """Read a segment's header; raises `RecordError` if it is not this segment's."""
        header = cls.parse(segment.header(folder).read_text("ascii", "replace"))
        if header.name != segment.name or header.first_sample != segment.first_sample:
            raise RecordError(f"{segment.place}.hea belongs to another segment")
        return header

    @classmethod
    def parse(cls, text: str) -> "Header":
        """Read a header that `text` spelt; raises `RecordError` for anything else."""
        lines = [line for line in text.splitlines() if line and not line.startswith("#")]
        record = _RECORD.fullmatch(lines[0]) if lines else None
        signals = [_SIGNAL.fullmatch(line) for line in lines[1:]]
        found = [match for match in signals if match is not None]
        names = [match[5] for match in found]
        if record is None or int(record[2]) != len(found) != 0 or names[-1:] != [MASK]:
            raise RecordError("it is no header of a recorded segment")
        if not set(names[:-1]) <= set(LEADS):
            raise RecordError("its header names signals that are no leads")
        about = dict(re.findall(r"^# (\w+): (.*)$", text, re.MULTILINE))
        start_ns = int(about.pop("start_ns", "0"))
        scaling = Scaling(
            np.array([float(match[3]) for match in found[:-1]]),
            np.array([int(match[4]) for match in found[:-1]], np.int64),
        )
        n = None if record[5] is None else int(record[5])
        leads = tuple(LEADS.index(name) for name in names[:-1])
        return cls(record[1], int(record[4]), leads, scaling, start_ns, n, about)

    def _record_line(self) -> str:
        line = f"{self.name} {len(self.leads) + 1} {FS_HZ}/{FS_HZ}({self.first_sample})"
        if self.n is None:
            return line
        start = datetime.fromtimestamp(self.start_ns / 1e9, UTC)
        milliseconds = self.start_ns // 1_000_000 % 1000
        return f"{line} {self.n} {start:%H:%M:%S}.{milliseconds:03d} {start:%d/%m/%Y}"
