"""Signal for the recorder, as the intake gives it out, and a writer on a test's desk."""

import numpy as np

from engine.arrays import frozen
from engine.leads import N_LEADS
from monitor.intake import Samples
from monitor.recording.ring import Keep
from monitor.recording.segment import run_name
from monitor.recording.writer import Writer

S = 1_000_000_000
START_NS = 1_700_000_000 * S
RUN = run_name(START_NS)
ROOMY = Keep(reserve_bytes=0)


def nothing_known(since_ns):
    """A journal without segments."""
    return frozenset()


def noise(n, seed=0, size_mv=1.0):
    """(12, n) float32: a random walk and some noise."""
    dice = np.random.default_rng(seed)
    walk = np.cumsum(dice.normal(0, 0.02, (N_LEADS, n)), axis=1)
    return (size_mv * (walk + dice.normal(0, 0.05, (N_LEADS, n)))).astype(np.float32)


def pieces(x, first=0, chunk_n=50, bed="ward.1", valid=None, lead_off=(), present=None):
    """Cut a signal into pieces that arrive in real time."""
    valid = np.ones(x.shape, bool) if valid is None else valid
    off = np.isin(np.arange(N_LEADS), lead_off)
    present = np.ones(N_LEADS, bool) if present is None else present
    return [
        Samples(
            bed,
            first + at,
            frozen(np.where(valid, x, 0)[:, at : at + chunk_n].astype(np.float32)),
            frozen(valid[:, at : at + chunk_n]),
            frozen(off),
            frozen(present),
            START_NS + (first + min(at + chunk_n, x.shape[1])) * S // 250,
        )
        for at in range(0, x.shape[1], chunk_n)
    ]


def writer_of(folder, keep=ROOMY, run=RUN, journalled=frozenset()):
    return Writer(folder, run, keep, lambda since_ns: journalled)
