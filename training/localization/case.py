from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np

from engine.arrays import F32, F64, Bools, frozen
from engine.grid import FS_HZ
from engine.window import Window

TRUTH_MV: Final = 0.05
"""A sample counts as changed from here on: half a millimetre on paper."""
CLOSE_S: Final = 0.08
"""Where a change crosses zero for no longer than this, it is one."""
LEAST_S: Final = 0.02
"""Shorter changes are not asked for."""

TRANSIENT, STEADY, ARTEFACT = "transient", "steady", "artefact"


@dataclass(frozen=True, slots=True, eq=False)
class Graft:
    """What is put into a record; arrays (12, WINDOW_N)."""

    delta: F64
    """mV, added to the signal."""
    truth: Bools
    """Where an anomaly is now."""
    ignored: Bools
    """Neither anomaly nor normal: what a sober reader might mark or not (a compensatory pause)."""
    disturbed: Bools
    """Where an artefact is now."""


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """One window with a known answer."""

    kind: str
    lasting: str
    """`TRANSIENT`, `STEADY` or `ARTEFACT`."""
    record: str
    window: Window
    truth: Bools
    ignored: Bools
    disturbed: Bools

    @property
    def name(self) -> str:
        """What a case is called in files: the same in every run."""
        return f"{self.kind}/{self.lasting}/{self.record}"

    @property
    def asked(self) -> Bools:
        """(12, WINDOW_N): what a mark is hoped for (anomaly) or feared (artefact)."""
        return self.disturbed if self.lasting == ARTEFACT else self.truth


def grafted(kind: str, lasting: str, record: str, window: Window, graft: Graft) -> Case:
    """Put a graft into a record's window; where nothing was received nothing is changed."""
    x: F32 = np.where(window.valid, window.x + graft.delta, window.x).astype(np.float32)
    changed = Window(window.bed, window.end_sample, frozen(x), window.valid, window.present, window.lead_off)
    truth, ignored = graft.truth & window.valid, graft.ignored & window.valid & ~graft.truth
    return Case(kind, lasting, record, changed, truth, ignored, graft.disturbed & window.valid)


def anomaly(delta: F64, truth: Bools | None = None, ignored: Bools | None = None) -> Graft:
    """A graft that is an anomaly, by default wherever it changes anything to speak of."""
    nothing = np.zeros(delta.shape, np.bool_)
    return Graft(
        delta,
        changed(delta) if truth is None else truth,
        nothing if ignored is None else ignored,
        nothing,
    )


def artefact(delta: F64) -> Graft:
    """A graft that is no anomaly of the heart."""
    nothing = np.zeros(delta.shape, np.bool_)
    return Graft(delta, nothing, nothing, changed(delta))


def changed(delta: F64) -> Bools:
    """Where a change reaches `TRUTH_MV`, small gaps closed."""
    mask = np.abs(delta) >= TRUTH_MV
    for row in mask:
        for (_, offset), (onset, _) in pairwise(list(runs(row))):
            if onset - offset <= CLOSE_S * FS_HZ:
                row[offset:onset] = True
        for onset, offset in list(runs(row)):
            if offset - onset < LEAST_S * FS_HZ:
                row[onset:offset] = False
    return mask


def runs(row: Bools) -> Iterator[tuple[int, int]]:
    """Onset and offset of each stretch that is true."""
    edges = np.flatnonzero(np.diff(np.pad(row.astype(np.int8), 1)))
    for onset, offset in edges.reshape(-1, 2):
        yield int(onset), int(offset)
