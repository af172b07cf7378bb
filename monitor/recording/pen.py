"""The pen of one bed: it opens a segment, adds to it, and turns the page when it must."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F64
from engine.grid import FS_HZ
from monitor.recording.files import write_whole
from monitor.recording.header import Header
from monitor.recording.scaling import I16, INVALID, Scaling, extremes
from monitor.recording.segment import SEGMENT_N, Segment
from monitor.recording.stretch import Stretch

MAX_GAP_N: Final = 10 * FS_HZ
"""A longer gap ends the segment; a shorter one is written as invalid samples."""


class OpenSegment:
    """A segment being written: at every moment a valid WFDB record whose length is not yet stated."""

    def __init__(self, folder: Path, segment: Segment, header: Header) -> None:
        self.segment = segment
        self.header = header
        self.end_sample = segment.first_sample
        path = segment.header(folder)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = segment.data(folder).open("xb", buffering=0)
        try:
            text = header.text().encode("ascii")
            write_whole(path, text, durable=False)  # the samples are left to the system, too
        except OSError:
            self._file.close()
            raise

    def append(self, steps: I16) -> None:
        """Add (n_signals, n) samples; they are the system's to keep when this returns."""
        left = memoryview(np.ascontiguousarray(steps.T, "<i2").tobytes())
        while left:
            left = left[self._file.write(left) :]
        self.end_sample += int(steps.shape[1])

    def close(self) -> None:
        """Let go of the file; sealing is another matter."""
        self._file.close()


class Pen:
    """Writes one bed; raises OSError where the disk refuses, and can go on after that."""

    def __init__(
        self, folder: Path, run: str, about: Mapping[str, str], finished: Callable[[Segment], None]
    ) -> None:
        self.about = dict(about)
        """For the headers of segments to come."""
        self._folder = folder
        self._run = run
        self._finished = finished
        self._open: OpenSegment | None = None
        self._started_ns = 0
        self._present: tuple[bool, ...] = ()
        self._low: F64 = np.zeros(0)
        self._high: F64 = np.zeros(0)

    def write(self, stretch: Stretch) -> None:
        """Add a stretch, over as many segments as it takes."""
        at, end = stretch.first_sample, stretch.first_sample + stretch.n
        while at < end:
            upto = min(end, (at // SEGMENT_N + 1) * SEGMENT_N)
            self._add(stretch.part(at, upto))
            at = upto

    def close(self) -> None:
        """End the open segment, if there is one, and hand it on to be sealed."""
        if self._open is None:
            return
        ended, self._open = self._open, None
        ended.close()
        self._finished(ended.segment)

    def _add(self, part: Stretch) -> None:
        leads = np.flatnonzero(part.present)
        low, high = extremes(part.x[leads], part.valid[leads])
        current = self._open
        if current is None or not self._continues(current, part):
            self.close()
            current = self._begin(part, low, high)
        else:
            low, high = np.minimum(low, self._low), np.maximum(high, self._high)
            if not current.header.scaling.fits(low, high):
                self.close()
                current = self._begin(part, low, high)
        self._low, self._high = low, high
        gap = part.first_sample - current.end_sample
        if gap:
            current.append(_nothing(len(leads), gap))
        steps = current.header.scaling.steps(part.x[leads], part.valid[leads])
        current.append(np.concatenate((steps, part.mask[None, :])))

    def _continues(self, current: OpenSegment, part: Stretch) -> bool:
        gap = part.first_sample - current.end_sample
        same_unit = current.header.about.get("amplitude", "") == self.about.get("amplitude", "")
        same_minute = part.first_sample // SEGMENT_N == current.segment.first_sample // SEGMENT_N
        same_leads = tuple(part.present.tolist()) == self._present
        return same_minute and same_unit and same_leads and 0 <= gap <= MAX_GAP_N

    def _begin(self, part: Stretch, low: F64, high: F64) -> OpenSegment:
        self._present = tuple(part.present.tolist())
        self._started_ns = max(self._started_ns, part.start_ns)  # so that names rise at any speed
        segment = Segment.starting(part.bed, self._run, part.first_sample, self._started_ns)
        header = Header(
            segment.name,
            part.first_sample,
            tuple(np.flatnonzero(part.present).tolist()),
            Scaling.holding(low, high),
            self._started_ns,
            about={"bed": part.bed, "run": self._run, **self.about},
        )
        self._open = OpenSegment(self._folder, segment, header)
        return self._open


def _nothing(n_leads: int, n: int) -> I16:
    steps = np.full((n_leads + 1, n), INVALID, np.int16)
    steps[-1] = 0
    return steps
