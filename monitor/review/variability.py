"""Heart-rate variability of a stretch, by heartpy's measures over its normal-to-normal intervals."""

import warnings
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from engine.amplitude import UsualSize
from engine.arrays import F64
from engine.beatclass import BeatClass
from engine.grid import FS_HZ, WINDOW_N
from monitor.pipeline.reading import read
from monitor.pipeline.rhythm_watch import RhythmWatch
from monitor.review.beatmarks import BeatMarks
from monitor.review.cut import cut_window, is_stored
from monitor.review.spot import S_NS
from monitor.review.tape import Tape
from monitor.review.unscored import Unscored

HOP_N: Final = 5 * FS_HZ
PIECE_N: Final = 30 * FS_HZ
MIN_INTERVALS: Final = 20
MIN_HF_S: Final = 60.0
MIN_LF_S: Final = 120.0
"""Task Force 1996: high frequencies need a minute, low ones two."""
BANDS_HZ: Final = {"lf": (0.04, 0.15), "hf": (0.15, 0.4)}


@dataclass(frozen=True, slots=True, eq=False)
class Variability:
    """What was measured between two samples of a run."""

    start: int
    end: int
    share: float
    """Of the stretch that was looked at so far."""
    n_beats: int = 0
    n_ectopic: int = 0
    n_broken: int = 0
    """Intervals across a moment without signal: left out."""
    rr_ms: F64 = field(default_factory=lambda: np.zeros(0))
    """Normal-to-normal intervals."""
    at_sample: F64 = field(default_factory=lambda: np.zeros(0))
    """The beat that ends each of them."""
    measures: dict[str, float] = field(default_factory=dict)
    """heartpy's names and values; empty with too few intervals."""


def variabilities(tape: Tape, bed: str, run: str, start: int, end: int) -> Iterator[Variability]:
    """Yield how far the stretch has been read, and at last its measures."""
    watch, usual_size, parts = RhythmWatch(), UsualSize(), []
    upto = start
    for at in range(start, end, PIECE_N):
        last = min(end, at + PIECE_N)
        strip = tape.read(bed, run, at - WINDOW_N, last + HOP_N)
        ends = [e for e in range(at + HOP_N, last + HOP_N + 1, HOP_N) if e >= WINDOW_N]
        windows = [usual_size.of(cut_window(strip, e)) for e in ends if is_stored(strip, e, HOP_N / FS_HZ)]
        if windows:
            read(windows, [watch] * len(windows), Unscored())
        parts.append(BeatMarks.of(watch.history).between(upto, last))
        upto = last
        yield Variability(start, end, (last - start) / (end - start))
    yield _measured(start, end, BeatMarks.joined(parts))


def _measured(start: int, end: int, beats: BeatMarks) -> Variability:
    rr_ms = np.diff(beats.r_peaks) * (1000 / FS_HZ)
    sinus = np.isin(beats.klass, (BeatClass.NORMAL, BeatClass.UNKNOWN))
    whole = beats.whole[1:]
    normal = whole & sinus[1:] & sinus[:-1]
    pairs = normal[1:] & normal[:-1]
    return Variability(
        start,
        end,
        1.0,
        n_beats=int(beats.r_peaks.size),
        n_ectopic=int((~sinus).sum()),
        n_broken=int((~whole).sum()),
        rr_ms=rr_ms[normal],
        at_sample=beats.r_peaks[1:][normal].astype(float),
        measures=_measures(rr_ms, normal, pairs) if pairs.sum() >= MIN_INTERVALS else {},
    )


def _measures(rr_ms: F64, normal: Any, pairs: Any) -> dict[str, float]:
    """Measures of heartpy; differences are taken between neighbours in time alone."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pkg_resources; short signal, which is said on the screen
        from heartpy import analysis

        good = rr_ms[normal]
        change = np.abs(np.diff(rr_ms))[pairs]
        work: dict[str, Any] = {
            "RR_list": rr_ms,
            "RR_masklist": (~normal).astype(int).tolist(),
            "RR_list_cor": good.tolist(),
        }
        found: dict[str, Any] = {}
        analysis.calc_ts_measures(good, change, change**2, found, work)
        analysis.calc_poincare(rr_ms, work["RR_masklist"], found, work)
        found.update(_bands(analysis, work, good.sum() / 1000))
    return {name: float(value) for name, value in found.items() if np.isfinite(value)}


def _bands(analysis: Any, work: dict[str, Any], seconds: float) -> dict[str, float]:
    """Power in the bands of heartpy's spectrum; its own sums need `np.trapz`, which numpy 2.4 dropped."""
    if seconds < MIN_HF_S:
        return {}
    with suppress(AttributeError):
        analysis.calc_fd_measures(measures={}, working_data=work)
    frequency, power = np.asarray(work["frq"]), np.asarray(work["psd"])
    found = {}
    for name, (low, high) in BANDS_HZ.items():
        inside = (frequency >= low) & (frequency < high)
        if seconds >= (MIN_LF_S if name == "lf" else MIN_HF_S) and inside.sum() > 1:
            values = power[inside]
            found[name] = float((values[1:] + values[:-1]).sum() / 2 * (frequency[1] - frequency[0]))
    if len(found) == len(BANDS_HZ) and found["hf"] > 0:
        found["lf/hf"] = found["lf"] / found["hf"]
    return found


def middle_ns(stretch: Variability, spot_sample: int, spot_ns: int) -> int:
    """Wall clock of the stretch's middle."""
    return spot_ns + ((stretch.start + stretch.end) // 2 - spot_sample) * S_NS // FS_HZ
