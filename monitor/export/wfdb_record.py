"""A strip as a WFDB record with annotations, for other viewers."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from engine.arrays import Bools
from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.export import words
from monitor.export.beats import SYMBOLS
from monitor.export.excerpt import Excerpt
from monitor.recording.scaling import Scaling, extremes
from monitor.wire import UNKNOWN_UNIT


def write_record(shown: Excerpt, path: Path) -> list[Path]:
    """Write PATH.hea, .dat and .atr; returns what was written."""
    import wfdb

    strip = shown.strip
    leads = np.flatnonzero(strip.valid.any(axis=1))
    if not leads.size:
        raise ConfigurationError(
            f"{'; '.join(shown.holes)}: there is no sample to write as WFDB; --format json holds the evidence"
        )
    x = np.nan_to_num(strip.x[leads])
    scaling = Scaling.holding(*extremes(x, strip.valid[leads]))
    steps = scaling.steps(x, strip.valid[leads]).astype(np.int64)
    comments = [words.headline(shown), words.patient_line(shown), words.time_line(shown)]
    comments += [words.measured_line(shown), *shown.holes, words.DISCLAIMER]
    start = datetime.fromtimestamp(strip.start_ns / 1e9, UTC).replace(tzinfo=None)
    wfdb.wrsamp(
        path.name,
        FS_HZ,
        ["mV" if strip.calibrated else UNKNOWN_UNIT] * len(leads),
        [LEADS[lead] for lead in leads],
        d_signal=steps.T,
        fmt=["16"] * len(leads),
        adc_gain=scaling.gain.tolist(),
        baseline=scaling.baseline.tolist(),
        comments=[_ascii(line) for line in comments],
        base_datetime=start.replace(microsecond=start.microsecond // 1000 * 1000),
        write_dir=str(path.parent),
    )
    notes = annotations(shown)
    wfdb.wrann(
        path.name,
        "atr",
        np.array([note[0] for note in notes]),
        [note[1] for note in notes],
        aux_note=[note[2] for note in notes],
        fs=FS_HZ,
        write_dir=str(path.parent),
    )
    return [path.with_name(path.name + extension) for extension in (".hea", ".dat", ".atr")]


def annotations(shown: Excerpt) -> list[tuple[int, str, str]]:
    """(sample, symbol, note) in order of time: beats by their class, alarm and spans as comments, holes as
    noise.
    """
    strip = shown.strip
    notes = [
        (peak - strip.start_sample, SYMBOLS[klass], "")
        for peak, klass in zip(shown.r_peaks, shown.classes, strict=True)
    ]
    for sample, says in ((shown.alarm.onset_sample, "onset"), (shown.alarm.raised_sample, "raised")):
        notes.append((sample - strip.start_sample, '"', f"{says}: {shown.alarm.text}"))
    for span in shown.spans:
        said = f"{span['lead']} anomaly {span['strength']:.2f}"
        notes.append((max(0, span["onset"] - strip.start_sample), '"', f"({said}"))
        notes.append((min(strip.n, span["offset"] - strip.start_sample) - 1, '"', f"){said}"))
    gone: Bools = ~np.logical_or.reduce(strip.valid, axis=0)
    changes = np.flatnonzero(np.diff(gone.astype(np.int8), prepend=0))
    notes += [(int(at), "~", "no signal" if gone[at] else "signal again") for at in changes]
    inside = [note for note in notes if 0 <= note[0] < strip.n]
    return sorted((at, symbol, _ascii(said)) for at, symbol, said in inside)


def _ascii(text: str) -> str:
    return text.encode("ascii", "replace").decode("ascii")
