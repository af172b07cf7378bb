"""Ventricular premature beats of MIT-BIH, seen in two leads, as the 12 leads might have seen them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F64, frozen
from engine.grid import FS_HZ
from engine.leads import LEADS
from training.localization.leadfield import DIPOLE_FIELD
from training.localization.mitdb import Recording, read_recording

BEFORE_S: Final = 0.2
AFTER_S: Final = 0.5
MINUTES: Final = 10.0
"""Of each recording."""
PER_RECORD: Final = 25
"""No patient fills the bank."""
MAX_STEP_MV: Final = 0.15
"""Of what a beat's ends may differ by: baseline wander is no part of it."""
HIDDEN: Final = (-0.3, 0.3)
"""Mean and standard deviation of how the direction that neither lead sees goes with each of them: as a rule
a beat away from V1 goes to the left."""

_SEEN: Final = (LEADS.index("II"), LEADS.index("V1"))


def read_bank(folder: Path, names: Sequence[str]) -> list[F64]:
    """Clean single ventricular beats of these records, each (2, n) mV at `FS_HZ` in II and V1."""
    bank: list[F64] = []
    for name in names:
        recording = read_recording(folder, name, MINUTES)
        if recording.present[list(_SEEN)].all():
            bank += _of_recording(recording)
    return bank


def _of_recording(recording: Recording) -> list[F64]:
    kinds, samples = recording.kinds, recording.samples
    single = [
        i for i in range(1, len(kinds) - 1) if kinds[i] == "V" and kinds[i - 1] == "N" and kinds[i + 1] == "N"
    ]
    pieces = [_cut(recording, int(samples[i])) for i in single]
    clean = [piece for piece in pieces if piece is not None]
    step = max(1, len(clean) // PER_RECORD)
    return clean[::step][:PER_RECORD]


def _cut(recording: Recording, r_peak: int) -> F64 | None:
    """A beat on a level line, its ends faded; None where the line is not level or something is missing."""
    start, end = r_peak - round(BEFORE_S * FS_HZ), r_peak + round(AFTER_S * FS_HZ)
    rows = list(_SEEN)
    if start < 0 or end > recording.x.shape[1] or not recording.valid[rows, start:end].all():
        return None
    piece = recording.x[rows, start:end].astype(np.float64)
    left, right = np.median(piece[:, :8], axis=1), np.median(piece[:, -8:], axis=1)
    if np.abs(left - right).max() > MAX_STEP_MV:
        return None
    piece -= left[:, None] + (right - left)[:, None] * np.linspace(0, 1, end - start)
    n = round(0.04 * FS_HZ)
    fade = np.minimum(1, np.minimum(np.arange(1, end - start + 1), np.arange(end - start, 0, -1)) / n)
    return frozen(piece * fade)


def in_twelve_leads(piece: F64, rng: np.random.Generator) -> F64:
    """(12, n) of a beat in II and V1: the smallest dipole that gives both, and a part that neither sees.

    The unseen part is a drawn mixture of the two leads, so that the loop stays in step with what was
    recorded. II and V1 come out as they went in.
    """
    seen = DIPOLE_FIELD[list(_SEEN)]
    hidden = np.cross(seen[0], seen[1])
    hidden *= np.sign(hidden[0]) / np.linalg.norm(hidden)
    mixture = rng.normal((0.0, HIDDEN[0]), HIDDEN[1])
    dipole = np.linalg.pinv(seen) @ piece + np.outer(hidden, mixture @ piece)
    leads: F64 = DIPOLE_FIELD @ dipole
    return leads
