"""A recording as a row of segments on one time axis; an ordinary record is a row of one."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from engine.arrays import F32
from engine.errors import RecordError
from monitor.records.signals import Signals


@dataclass(frozen=True, slots=True)
class Segments:
    """Signals one after the other, with gaps between them."""

    fs_hz: float
    parts: tuple[tuple[int, Signals], ...]
    """(first frame, signals)."""
    n: int
    """Frames from the first to the last."""
    names: tuple[str, ...]
    """Every signal's name, in the order in which they first come."""

    @classmethod
    def open(cls, path: Path) -> "Segments":
        """Read the header at `path` and those of its segments."""
        header = _parse(path)
        if not hasattr(header, "seg_name"):
            signals = Signals.of(path, header)
            return cls(signals.fs_hz, ((0, signals),), signals.declared_n, signals.names)
        parts, at = [], 0
        for name, length in zip(header.seg_name, header.seg_len, strict=True):
            if name != "~" and length:
                parts.append((at, _segment(path, name, int(length))))
            at += int(length)
        names = _layout_names(path, header) + [name for _, part in parts for name in part.names]
        return cls(float(header.fs), tuple(parts), at, tuple(dict.fromkeys(names)))

    @property
    def missing_n(self) -> int:
        """Frames that headers promise and files do not hold."""
        return sum(part.declared_n - part.readable_n for _, part in self.parts)

    @property
    def single(self) -> Signals | None:
        """The only segment, if it begins at 0: its channels may share a name, and may be oversampled."""
        return self.parts[0][1] if len(self.parts) == 1 and self.parts[0][0] == 0 else None

    def unit(self, channel: int) -> str:
        """Unit of a signal where it first comes; empty if it never does."""
        found = self._first(channel)
        return found[0].units[found[1]] if found else ""

    def step_uv(self, channel: int) -> float:
        """Resolution of a signal where it first comes."""
        found = self._first(channel)
        return found[0].step_uv[found[1]] if found else 0.0

    def oversampling(self, channels: list[int]) -> int:
        """Samples per frame that `read` returns."""
        return self.single.oversampling(channels) if self.single else 1

    def read(self, channels: list[int], start: int, end: int) -> F32:
        """Return frames `start` to `end` of `channels`, mV, NaN where there is nothing."""
        if self.single:
            return self.single.read(channels, start, end, self.oversampling(channels))
        samples = np.full((len(channels), end - start), np.nan, np.float32)
        for at, part in self.parts:
            first, last = max(start, at), min(end, at + part.declared_n)
            found = {row: self._index(part, channel) for row, channel in enumerate(channels)}
            found = {row: index for row, index in found.items() if index >= 0}
            if last > first and found:
                piece = part.read(list(found.values()), first - at, last - at, 1)
                samples[list(found), first - start : last - start] = piece
        return samples

    def _first(self, channel: int) -> tuple[Signals, int] | None:
        found = ((part, self._index(part, channel)) for _, part in self.parts)
        return next(((part, index) for part, index in found if index >= 0), None)

    def _index(self, part: Signals, channel: int) -> int:
        if self.single:
            return channel
        name = self.names[channel]
        return part.names.index(name) if name in part.names else -1


def _segment(path: Path, name: str, length: int) -> Signals:
    segment = path.parent / f"{name}.hea"
    if not segment.is_file():
        raise RecordError(f"{path}: its segment {segment.name} is missing: put it beside the header")
    header = _parse(segment)
    header.sig_len = length
    return Signals.of(segment, header)


def _layout_names(path: Path, header: Any) -> list[str]:
    """Names in a variable-layout record's first, empty segment."""
    if header.seg_len[0] or header.seg_name[0] == "~":
        return []
    layout = path.parent / f"{header.seg_name[0]}.hea"
    return [name or "" for name in _parse(layout).sig_name] if layout.is_file() else []


def _parse(path: Path) -> Any:
    import wfdb

    if path.stat().st_size == 0:
        raise RecordError(f"{path} is empty: fetch the recording again")
    try:
        header = wfdb.rdheader(str(path.with_suffix("")))
    except Exception as error:  # wfdb raises whatever a damaged header makes it stumble over
        raise RecordError(f"{path} is not a WFDB header ({error}): fetch the recording again") from error
    if not header.n_sig:
        raise RecordError(f"{path} describes no signals: it is an annotation-only record, choose another")
    if not header.fs or not np.isfinite(header.fs):
        raise RecordError(f"{path} states no sampling rate: correct its first line")
    return header
