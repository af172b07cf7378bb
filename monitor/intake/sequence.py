"""Putting the frames of one publisher back into order."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from engine.arrays import frozen
from monitor.frame import Frame

MAX_HELD: Final = 4
"""Frames kept back while an earlier one is missing; then it counts as lost."""
RESTART_S: Final = 1.0
"""So much signal with old numbers in a row, and nothing new, is a device that counts from the start again."""
MAX_JUMP_S: Final = 3600.0
"""A jump ahead beyond this is a broken counter, not a gap."""

Count = Callable[[str, str], None]
"""Counter name and sentence."""


class Sequence:
    """Frames in, the same frames out in rising, non-overlapping order."""

    def __init__(self, count: Count) -> None:
        self._count = count
        self._next_seq: int | None = None
        self._next_sample = 0
        self._held: dict[int, Frame] = {}
        self._gaps: deque[tuple[int, int]] = deque(maxlen=64)
        self._stale_next = -1
        self._stale_n = 0

    def awaits(self, seq: int, first_sample: int) -> bool:
        """Tell whether a message is just the one that comes next."""
        return seq == self._next_seq and first_sample == self._next_sample and not self._held

    def restarted(self, frame: Frame) -> bool:
        """Tell whether the publisher has begun to count anew under its old name."""
        if self._next_seq is None:
            return False
        jump = frame.first_sample - self._next_sample
        if jump > MAX_JUMP_S * frame.fs_hz:
            return True
        if frame.seq >= self._next_seq:
            self._stale_n = 0
            return frame.end_sample <= self._next_sample
        self._stale_n = self._stale_n if frame.first_sample == self._stale_next else 0
        self._stale_n += frame.end_sample - frame.first_sample
        self._stale_next = frame.end_sample
        return self._stale_n >= RESTART_S * frame.fs_hz

    def push(self, frame: Frame) -> list[Frame]:
        """Return the frames that are now in order: none while an earlier one is awaited."""
        if self._next_seq is None:
            self._next_seq, self._next_sample = frame.seq, frame.first_sample
        if frame.seq < self._next_seq or frame.seq in self._held:
            self._count_stale(frame)
            return []
        if frame.seq == self._next_seq and self._held:
            self._count("reordered", f"message {frame.seq} came after later ones and was put in its place")
        self._held[frame.seq] = frame
        ready = self._in_order()
        return ready if len(self._held) <= MAX_HELD else ready + self.settle()

    def settle(self) -> list[Frame]:
        """Give up waiting: return all frames held back, with gaps between them."""
        ready: list[Frame] = []
        while self._held:
            seq = min(self._held)
            n_lost = seq - (self._next_seq or 0)
            self._count("messages_lost", f"{n_lost} message{'s' * (n_lost != 1)} lost before message {seq}")
            self._next_seq = seq
            ready += self._in_order()
        return ready

    def _in_order(self) -> list[Frame]:
        ready: list[Frame] = []
        while self._next_seq in self._held:
            frame = self._held.pop(self._next_seq)
            self._next_seq += frame.n_messages
            trimmed = self._trimmed(frame)
            if trimmed is not None:
                ready.append(trimmed)
        return ready

    def _trimmed(self, frame: Frame) -> Frame | None:
        overlap = self._next_sample - frame.first_sample
        if overlap < 0:
            self._gaps.append((self._next_sample, frame.first_sample))
            self._count("gap", f"{-overlap / frame.fs_hz:.2f} s of signal are missing")
        if overlap > 0:
            self._count("overlap", f"message {frame.seq} repeats {overlap / frame.fs_hz:.2f} s of signal")
        if overlap >= frame.end_sample - frame.first_sample:
            return None
        self._next_sample = frame.end_sample
        if overlap <= 0:
            return frame
        return replace(
            frame,
            first_sample=frame.first_sample + overlap,
            samples=frozen(frame.samples[:, overlap:]),
            valid=frozen(frame.valid[:, overlap:]),
        )

    def _count_stale(self, frame: Frame) -> None:
        missing = any(start <= frame.first_sample < end for start, end in self._gaps)
        if missing:
            self._count("late", f"message {frame.seq} came after its place had been given up")
        else:
            self._count("duplicate", f"message {frame.seq} came twice")
