"""What a viewer keeps of one bed."""

from collections import deque
from dataclasses import dataclass
from typing import Final

from engine.grid import FS_HZ, WINDOW_N
from engine.ring import Ring
from monitor.alarms.alarm import Alarm, Kind, Phase, Priority
from monitor.tui.marks import Marks
from monitor.tui.playout import advance
from monitor.update import BedUpdate, WaveChunk

HISTORY_S: Final = 75
"""Signal kept for a frozen screen: the last minute and what is on the screen with it."""
TREND_S: Final = 3600


@dataclass(frozen=True, slots=True)
class TrendPoint:
    """The anomaly of one hop."""

    time_ns: int
    ratio: float | None
    """Score over threshold; None when not assessed."""


class BedView:
    """Waveform, marks, newest update and score trend of one bed; bounded."""

    def __init__(self, bed: str) -> None:
        self.bed = bed
        self.ring = Ring(HISTORY_S * FS_HZ)
        self.head = 0
        """End of the received signal."""
        self.shown = 0.0
        """Where the sweep stands."""
        self.marks = Marks()
        self.marks_version = 0
        self.update: BedUpdate | None = None
        self.trend: deque[TrendPoint] = deque(maxlen=TREND_S)
        self.wave_heard_ns = 0
        self.update_heard_ns = 0

    @property
    def calibrated(self) -> bool:
        """Whether the waves are in millivolts; otherwise their amplitude is unknown."""
        return self.update is None or self.update.source.calibrated

    def add_wave(self, chunk: WaveChunk, now_ns: int) -> None:
        """Take in signal; a stream that starts anew far back replaces what was there."""
        end = chunk.first_sample + chunk.x.shape[1]
        if end < self.head - HISTORY_S * FS_HZ:
            self.ring, self.shown, self.marks = Ring(HISTORY_S * FS_HZ), 0.0, Marks()
            self.marks_version += 1
            self.head = 0
        self.ring.append(chunk.first_sample, chunk.x, chunk.valid)
        self.head = max(self.head, end)
        self.wave_heard_ns = now_ns

    def add_update(self, update: BedUpdate, now_ns: int) -> None:
        """Take in the newest numbers; older ones only move the trend."""
        new_hop = self.update is None or update.end_sample != self.update.end_sample
        marks = self.marks.updated(
            update.spans, settled=update.end_sample - WINDOW_N, oldest=update.end_sample - HISTORY_S * FS_HZ
        )
        if marks.spans != self.marks.spans:
            self.marks = marks
            self.marks_version += 1
        if new_hop:
            ratio = None if update.score is None else update.score / max(update.threshold, 1e-9)
            self.trend.append(TrendPoint(update.time_ns, ratio))
        self.update = update
        self.update_heard_ns = now_ns

    def glide(self, elapsed_s: float) -> int:
        """Move the sweep on; return the sample it stands at."""
        self.shown = advance(self.shown, self.head, elapsed_s)
        return int(self.shown)

    def core_now(self, now_ns: int) -> int:
        """The core's wall clock now, whatever this machine's says."""
        return self.update.time_ns + now_ns - self.update_heard_ns if self.update else now_ns

    def paused_s(self, now_ns: int) -> float:
        """Seconds left of the audio pause; 0 without one."""
        until_ns = self.update.audio_paused_until_ns if self.update else 0
        return max(0.0, (until_ns - self.core_now(now_ns)) / 1e9)

    @property
    def alarms(self) -> tuple[Alarm, ...]:
        """Every alarm that stands, most urgent first."""
        return self.update.alarms if self.update else ()

    @property
    def loudest(self) -> Priority | None:
        """The highest priority among alarms that nobody has acknowledged."""
        return max((a.priority for a in self.alarms if a.phase is not Phase.ACKNOWLEDGED), default=None)

    @property
    def patient_priority(self) -> Priority | None:
        """The highest priority among alarms about the patient whose condition holds."""
        holding = (Phase.ACTIVE, Phase.ACKNOWLEDGED)
        return max(
            (a.priority for a in self.alarms if a.kind is Kind.PATIENT and a.phase in holding), default=None
        )
