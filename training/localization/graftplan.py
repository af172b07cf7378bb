"""Which grafts there are, and which record carries which."""

import zlib
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Final

import numpy as np

from engine.arrays import F64
from training.localization.artefacts import (
    arms_swapped,
    baseline_step,
    electrode_motion,
    mains_burst,
    spikes,
)
from training.localization.case import ARTEFACT, STEADY, TRANSIENT, Case, grafted
from training.localization.normalrecord import NormalRecord
from training.localization.rhythmgraft import pause, premature_beat
from training.localization.waveshape import Make, axis_jump, st_shift, t_inversion, wide_qrs

TERRITORIES: Final = ("anterior", "inferior", "lateral")
SEED: Final = 2308

Plan = tuple[tuple[str, str, Make], ...]
"""(kind, lasting, how to make it), in the order of the report."""


def plan(bank: Sequence[F64]) -> Plan:
    """Every kind of graft; ventricular beats are drawn from `bank`."""
    shapes = {
        **{f"ST {where}": st_shift(where) for where in TERRITORIES},
        **{f"T inversion {where}": t_inversion(where) for where in TERRITORIES},
        "wide QRS": wide_qrs,
        "axis": axis_jump,
    }
    artefacts = {
        "electrode motion": electrode_motion,
        "spikes": spikes,
        "baseline step": baseline_step,
        "mains burst": mains_burst,
        "arms swapped": arms_swapped,
    }
    return (
        *((("premature beat", TRANSIENT, premature_beat(bank)),) if bank else ()),
        ("pause", TRANSIENT, pause),
        *((kind, lasting, make) for kind, make in shapes.items() for lasting in (TRANSIENT, STEADY)),
        *((kind, ARTEFACT, make) for kind, make in artefacts.items()),
    )


def make_cases(grafts: Plan, records: Sequence[NormalRecord], n: int, seed: int = SEED) -> Iterator[Case]:
    """Up to `n` cases of each kind, each in another record; the same for the same records and seed.

    A record on which a kind changes nothing to speak of (no T wave to invert, no room for a pause) is passed
    over.
    """
    for kind, lasting, make in grafts:
        yield from islice(_of_kind(kind, lasting, make, records, seed), n)


def _of_kind(
    kind: str, lasting: str, make: Make, records: Sequence[NormalRecord], seed: int
) -> Iterator[Case]:
    draw = [seed, zlib.crc32(f"{kind}/{lasting}".encode())]
    for i in np.random.default_rng(draw).permutation(len(records)):
        record = records[i]
        rng = np.random.default_rng([*draw, zlib.crc32(record.name.encode())])
        case = grafted(kind, lasting, record.name, record.window, make(record, lasting == STEADY, rng, 1.0))
        if case.asked.any():
            yield case
