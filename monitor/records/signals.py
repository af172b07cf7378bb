"""One WFDB header and its signal files: the arithmetic that the rest need not know."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.arrays import F32
from engine.errors import RecordError, WireError
from monitor.wire.layout import millivolts_per

_BYTES_PER_SAMPLE: Final = {
    **{fmt: Fraction(1) for fmt in ("8", "80")},
    **{fmt: Fraction(2) for fmt in ("16", "61", "160")},
    "24": Fraction(3),
    "32": Fraction(4),
    "212": Fraction(3, 2),
    **{fmt: Fraction(4, 3) for fmt in ("310", "311")},
}
"""Formats whose file size tells the number of samples; the others are compressed."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The signals that one header describes, none of them read yet."""

    path: Path
    fs_hz: float
    names: tuple[str, ...]
    units: tuple[str, ...]
    step_uv: tuple[float, ...]
    per_frame: tuple[int, ...]
    """Samples of each signal per frame; frames come at `fs_hz`."""
    declared_n: int
    """Frames that the header promises."""
    readable_n: int
    """Frames that its files hold."""

    @classmethod
    def of(cls, path: Path, header: Any) -> "Signals":
        """Describe a parsed header and the files that lie beside it."""
        n, units = int(header.n_sig), [unit or "mV" for unit in header.units]
        readable_n = _readable_n(path, header)
        declared_n = readable_n if header.sig_len is None else int(header.sig_len)
        return cls(
            path=path,
            fs_hz=float(header.fs),
            names=tuple(_name(header.sig_name[i], units[i]) for i in range(n)),
            units=tuple(units),
            step_uv=tuple(_step_uv(header.adc_gain[i], units[i]) for i in range(n)),
            per_frame=tuple(int(k or 1) for k in header.samps_per_frame),
            declared_n=declared_n,
            readable_n=min(declared_n, readable_n),
        )

    def read(self, channels: list[int], start: int, end: int, over: int) -> F32:
        """Return frames `start` to `end` of `channels` in mV: (n, frames x `over`), NaN where missing."""
        samples = np.full((len(channels), (end - start) * over), np.nan, np.float32)
        end = min(end, self.readable_n)
        if end <= start or not channels:
            return samples
        for row, signal in zip(samples, self._physical(channels, start, end, over), strict=True):
            row[: len(signal)] = signal
        scale = np.array([_millivolts(self.units[c]) for c in channels], np.float32)
        samples *= scale[:, None]
        return samples

    def oversampling(self, channels: list[int]) -> int:
        """Samples per frame of `channels`, if they all have the same; otherwise frames are averaged: 1."""
        counts = {self.per_frame[channel] for channel in channels}
        return counts.pop() if len(counts) == 1 else 1

    def _physical(self, channels: list[int], start: int, end: int, over: int) -> Any:
        import wfdb

        try:
            record = wfdb.rdrecord(
                str(self.path.with_suffix("")),
                sampfrom=start,
                sampto=end,
                channels=channels,
                smooth_frames=over == 1,
            )
        except Exception as error:  # wfdb raises whatever a damaged file makes it stumble over
            raise RecordError(
                f"{self.path}: its signal files cannot be read ({error}): fetch the recording again"
            ) from error
        return record.p_signal.T if over == 1 else record.e_p_signal


def known_unit(unit: str) -> bool:
    """Tell whether `unit` is one of voltage."""
    try:
        millivolts_per(unit)
    except WireError:
        return False
    return True


def _millivolts(unit: str) -> float:
    return millivolts_per(unit) if known_unit(unit) else 1.0


def _step_uv(gain: float | None, unit: str) -> float:
    return 1e3 * _millivolts(unit) / abs(float(gain)) if gain else 0.0


def _name(name: str | None, unit: str) -> str:
    """Return the signal's name; one without a name but in volts is taken for an ECG of unknown place."""
    return (name or "").strip() or ("ECG" if known_unit(unit) else "unnamed")


def _readable_n(path: Path, header: Any) -> int:
    """Count the frames that all signal files hold."""
    counts = [_frames_in(path, header, name) for name in dict.fromkeys(header.file_name)]
    return min(counts, default=0)


def _frames_in(path: Path, header: Any, file_name: str) -> int:
    if file_name == "~":
        return 0
    signal_file = path.parent / file_name
    if not signal_file.is_file():
        raise RecordError(f"{path}: its signal file {file_name} is missing: put it beside the header")
    mine = [i for i, name in enumerate(header.file_name) if name == file_name]
    fmt = str(header.fmt[mine[0]])
    if fmt not in _BYTES_PER_SAMPLE:
        return _compressed_frames(signal_file, int(header.samps_per_frame[mine[0]] or 1))
    per_frame = sum(int(header.samps_per_frame[i] or 1) for i in mine)
    n_bytes = signal_file.stat().st_size - int(header.byte_offset[mine[0]] or 0)
    return max(0, int(n_bytes / _BYTES_PER_SAMPLE[fmt])) // per_frame


def _compressed_frames(signal_file: Path, per_frame: int) -> int:
    import soundfile

    try:
        return int(soundfile.info(str(signal_file)).frames) // per_frame
    except Exception as error:  # a damaged file
        raise RecordError(f"{signal_file} is damaged ({error}): fetch the recording again") from error
