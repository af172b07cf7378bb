"""Stored waveforms as a device would send them again, so that they take the same way through the pipeline."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Final

import numpy as np

from engine.arrays import Bools
from engine.errors import RecordError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.recording import Recording, Strip
from monitor.wire import UNKNOWN_UNIT, Flag, Hello, Message, Session

READ_S: Final = 60
"""Waveform read from disk at once."""
CHUNK_N: Final = FS_HZ
"""Longest message; a change of the detached leads, or of what is stored, ends one early."""


def stored_messages(recording: Recording, bed: str, run: str, cuts: Sequence[int] = ()) -> Iterator[Message]:
    """Yield the hello and the data of what is stored of a run; the first stored sample is sample 0.

    What is not stored is a gap, as if it had been lost on its way; damaged segments are gaps as well. No
    message has samples from before and from after one of the `cuts`, samples of the run.
    """
    start, end = recording.bounds(bed, run) or (0, 0)
    session: Session | None = None
    for at in range(start, end, READ_S * FS_HZ):
        strip = recording.read(bed, at, min(end, at + READ_S * FS_HZ), run)
        if session is None:
            session = Session(_hello(strip, _leads(recording, bed, run)))
            yield session.announce()
        yield from _data(session, strip, cuts)
    if session is not None:
        yield session.bye("end of the recording")


def strip_messages(strip: Strip) -> Iterator[Message]:
    """Yield one strip that holds something; its first sample is sample 0, what is not stored is invalid."""
    session = Session(_hello(strip, strip.present))
    yield session.announce()
    yield from _data(session, strip, skips=False)
    yield session.bye("end of the strip")


def _leads(recording: Recording, bed: str, run: str) -> Bools:
    """(12,) bool: leads of any segment of the run."""
    present = np.zeros(len(LEADS), np.bool_)
    for segment in recording.segments(bed, run):
        try:
            present[list(recording.header(segment).leads)] = True
        except (RecordError, OSError):
            continue  # damaged: it will be a gap
    return present


def _hello(strip: Strip, present: Bools) -> Hello:
    about = strip.about
    return Hello(
        bed=strip.bed,
        publisher="",
        leads=tuple(lead for lead, there in zip(LEADS, present, strict=True) if there),
        fs_hz=float(FS_HZ),
        unit="mV" if strip.calibrated else UNKNOWN_UNIT,
        flags=Flag.REPLAYED,
        device=about.get("device", ""),
        patient=about.get("patient", ""),
    )


def _data(session: Session, strip: Strip, cuts: Sequence[int] = (), skips: bool = True) -> Iterator[Message]:
    """Yield runs of samples, none across a cut or a change of the detached leads or of what is stored."""
    rows = [LEADS.index(lead) for lead in session.hello.leads]
    off = strip.lead_off[rows]
    bits = (off.astype(np.int64) << np.arange(len(rows))[:, None]).sum(axis=0)
    changes = (np.diff(bits) != 0) | (np.diff(strip.stored.astype(np.int8)) != 0)
    inside = [cut - strip.start_sample for cut in cuts if strip.start_sample < cut < strip.end_sample]
    edges = sorted({0, strip.n, *inside, *(np.flatnonzero(changes) + 1).tolist()})
    for first, last in pairwise(edges):
        if skips and not strip.stored[first]:
            session.skip(last - first)
            continue
        for at in range(first, last, CHUNK_N):
            yield session.data(strip.x[rows, at : min(last, at + CHUNK_N)], int(bits[first]))
