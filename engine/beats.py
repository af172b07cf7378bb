"""R peaks: every assessable lead is asked, weighted by how clearly its QRS complexes stand out."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F32, F64, I64, Bools, frozen
from engine.filters import ENVELOPE_HZ, bridge, qrs_envelope, qrs_level
from engine.grid import FS_HZ
from engine.quality import Quality
from engine.window import Window

REFRACTORY_S: Final = 0.2
"""No two beats closer than this (300/min)."""
VOTE_S: Final = 0.07
"""A lead votes for a beat if its own envelope is high within this time of it."""
BEAT_SHARE: Final = 0.4
"""A beat reaches this share of the typical QRS level."""
T_WAVE_S: Final = 0.36
T_WAVE_SHARE: Final = 0.5
"""What follows a beat within `T_WAVE_S` and stays below this share of it is its T wave."""
QRS_FLOOR_MV: Final = 0.1
"""Typical QRS level (envelope) below which noise is no longer scaled up: a QRS complex of some 0.22 mV."""
CAP: Final = 3.0
"""Envelopes count up to this multiple of their lead's typical level: no artefact outshouts the rest."""
EDGE_S: Final = 0.06
"""No beat is looked for this close to the window's edges or a gap: half a QRS complex can be anything."""
REFINE_S: Final = 0.06
MAX_CLARITY: Final = 20.0
"""Leads count by the square of how far their QRS complexes stand out of the background, up to this."""


@dataclass(frozen=True, slots=True, eq=False)
class Beats:
    """R peaks of one window, found by voting over its assessable leads."""

    r_peaks: I64
    """(n,) int64, absolute sample indices at `FS_HZ`, ascending."""
    votes: F32
    """(n,) float32, share of the assessable leads that saw the beat, 0 to 1."""
    n_leads: int
    """Number of leads that voted; with 0 the absence of beats means nothing."""


def find_beats(window: Window, quality: Quality) -> Beats:
    """Find the R peaks of a window by lead voting."""
    leads = np.flatnonzero(quality.assessable & window.valid.any(axis=1))
    if not leads.size:
        return _no_beats(0)
    valid = window.valid[leads]
    x = bridge(window.x[leads], valid)
    usable = _away_from_edges(valid)[:, ::2]
    levels = np.where(usable, qrs_envelope(x), 0.0)
    level, background = qrs_level(levels, usable)
    weight = np.minimum(level / np.maximum(background, 1e-6), MAX_CLARITY) ** 2
    relative = np.minimum(levels / np.maximum(level, QRS_FLOOR_MV)[:, None], CAP)
    fused = _fuse(relative, weight, usable)
    peaks = _select(fused, _maxima(fused))
    if not peaks.size:
        return _no_beats(leads.size)
    votes = _votes(relative, peaks)
    r_peaks = _refine(x, valid, 2 * peaks) + window.start_sample
    return Beats(frozen(r_peaks), frozen(votes), int(leads.size))


def _no_beats(n_leads: int) -> Beats:
    return Beats(frozen(np.zeros(0, np.int64)), frozen(np.zeros(0, np.float32)), n_leads)


def _away_from_edges(valid: Bools) -> Bools:
    """Valid samples with nothing but valid ones within `EDGE_S`; the window's own edges count as gaps."""
    reach = round(EDGE_S * FS_HZ)
    gaps = np.pad(np.cumsum(~valid, axis=1), ((0, 0), (1, 0)))
    usable = np.zeros(valid.shape, np.bool_)
    usable[:, reach:-reach] = gaps[:, 2 * reach + 1 :] == gaps[:, : -2 * reach - 1]
    return usable


def _fuse(relative: F64, weight: F64, usable: Bools) -> F64:
    weights = weight[:, None] * usable
    fused: F64 = np.sqrt((weights * relative**2).sum(axis=0) / np.maximum(weights.sum(axis=0), 1e-9))
    return fused


def _maxima(fused: F64) -> I64:
    """Local maxima that are the largest within `REFRACTORY_S` on either side."""
    inner = fused[1:-1]
    at = np.flatnonzero((inner > fused[:-2]) & (inner >= fused[2:]) & (inner > 0.15)) + 1
    kept: list[int] = []
    blocked = np.zeros(fused.size, np.bool_)
    reach = round(REFRACTORY_S * ENVELOPE_HZ)
    for peak in at[np.argsort(-fused[at], kind="stable")]:
        if not blocked[peak]:
            kept.append(int(peak))
            blocked[max(0, peak - reach + 1) : peak + reach] = True
    return np.array(sorted(kept), np.int64)


def _select(fused: F64, peaks: I64) -> I64:
    """Peaks that are beats: high enough, and not the T wave of the one before."""
    chosen: list[int] = []
    for peak in peaks[fused[peaks] >= BEAT_SHARE]:
        near = chosen and peak - chosen[-1] < T_WAVE_S * ENVELOPE_HZ
        if near and fused[peak] < T_WAVE_SHARE * fused[chosen[-1]]:
            continue
        chosen.append(int(peak))
    return np.array(chosen, np.int64)


def _votes(relative: F64, peaks: I64) -> F32:
    reach = round(VOTE_S * ENVELOPE_HZ)
    around = np.clip(peaks[:, None] + np.arange(-reach, reach + 1), 0, relative.shape[1] - 1)
    seen = relative[:, around].max(axis=2) >= BEAT_SHARE
    share: F32 = seen.mean(axis=0).astype(np.float32)
    return share


def _refine(x: F64, valid: Bools, peaks: I64) -> I64:
    """Move each peak to the largest deflection, summed over all leads, within `REFINE_S`."""
    reach = round(REFINE_S * FS_HZ)
    around = np.clip(peaks[:, None] + np.arange(-2 * reach, 2 * reach + 1), 0, x.shape[1] - 1)
    deflection = np.where(valid[:, around], x[:, around], 0.0)
    deflection = deflection - np.median(deflection, axis=2, keepdims=True)
    power = (deflection**2).sum(axis=0)[:, reach : 3 * reach + 1]
    refined: I64 = np.clip(peaks - reach + power.argmax(axis=1), 0, x.shape[1] - 1)
    return refined
