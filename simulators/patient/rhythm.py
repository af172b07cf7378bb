"""Rhythms: endless streams of beats from a starting time on."""

import heapq
from collections.abc import Iterator

import numpy as np

from simulators.patient.autonomic import Autonomic
from simulators.patient.beat import Beat
from simulators.patient.ectopy import Ectopy

SYMBOL_OF_CONDUCTION = {"normal": "N", "lbbb": "L", "rbbb": "R"}


def sinus(
    rng: np.random.Generator,
    autonomic: Autonomic,
    start_s: float,
    rate_bpm: float,
    conduction: str,
    ectopy: Ectopy,
) -> Iterator[Beat]:
    """Sinus rhythm with heart-rate variability, interrupted by ectopic beats."""
    mean_s = 60 / rate_bpm
    sway = 0.035 * min(mean_s / 0.85, 1.2)
    time_s, rr_s = start_s, mean_s
    while True:
        yield Beat(time_s, conduction, "sinus", SYMBOL_OF_CONDUCTION[conduction], rr_s)
        rr_s = mean_s * (1 + float(np.clip(sway * autonomic.rr_variation(time_s), -0.2, 0.2)))
        extra, next_s = ectopy.after(rng, time_s, rr_s)
        yield from extra
        time_s = next_s


def atrial_fibrillation(
    rng: np.random.Generator, start_s: float, rate_bpm: float, conduction: str
) -> Iterator[Beat]:
    """Irregularly irregular: independent RR intervals, skewed, above the AV node's refractory time."""
    mean_s = 60 / rate_bpm
    refractory_s = 0.45 * mean_s
    time_s = start_s
    while True:
        rr_s = refractory_s + float(rng.gamma(4.0, (mean_s - refractory_s) / 4.0))
        yield Beat(time_s, conduction, None, SYMBOL_OF_CONDUCTION[conduction], (rr_s + mean_s) / 2)
        time_s += rr_s


def ventricular_tachycardia(rng: np.random.Generator, start_s: float, rate_bpm: float) -> Iterator[Beat]:
    """Monomorphic ventricular tachycardia, the atria going on at their own pace."""
    return heapq.merge(
        _ventricular(rng, start_s, 60 / rate_bpm),
        lone_p_waves(start_s + 0.3, 88.0),
        key=lambda beat: beat.time_s,
    )


def _ventricular(rng: np.random.Generator, start_s: float, rr_s: float) -> Iterator[Beat]:
    time_s = start_s
    while True:
        yield Beat(time_s, "vt", None, "V", rr_s)
        time_s += rr_s * float(rng.normal(1.0, 0.012))


def lone_p_waves(start_s: float, rate_bpm: float) -> Iterator[Beat]:
    """P waves that no QRS follows."""
    time_s = start_s
    while True:
        yield Beat(time_s, None, "sinus", None, 60 / rate_bpm)
        time_s += 60 / rate_bpm
