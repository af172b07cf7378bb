"""What the published network does not see: masks of training and of scoring. They hide all leads alike."""

from typing import Final

import numpy as np

from engine.arrays import Bools
from engine.models.mcr2023.config import BEAT_N, WINDOW_N

N_PATCHES: Final = 100
PATCH_N: Final = WINDOW_N // N_PATCHES
HIDDEN_PERCENT: Final = 30
N_PASSES: Final = 3
"""Passes for each beat at scoring."""
HIDDEN_BEAT_N: Final = 100
BEAT_STARTS: Final = (20, 70, 120)


def training_masks(rng: np.random.Generator) -> tuple[Bools, Bools]:
    """Hidden samples of one training batch: (WINDOW_N,) 30 of 100 patches, and (BEAT_N,) one stretch of
    30 %.
    """
    window = np.zeros((N_PATCHES, PATCH_N), np.bool_)
    window[rng.permutation(N_PATCHES)[:HIDDEN_PERCENT]] = True
    beat = np.zeros(BEAT_N, np.bool_)
    hidden_n = BEAT_N * HIDDEN_PERCENT // 100
    start = int(rng.integers(1, BEAT_N - hidden_n - 1))
    beat[start : start + hidden_n] = True
    return window.reshape(-1), beat


def scoring_masks() -> tuple[Bools, Bools]:
    """Hidden samples of the passes that score one beat.

    Returns
    -------
    window : (N_PASSES, WINDOW_N) bool
        30 patches every 160 samples, in each pass one patch later: disjoint, together 90 % of all samples.
    beat : (N_PASSES, BEAT_N) bool
        A fifth of the beat; the three stretches overlap and cover samples 20 to 219.
    """
    window, beat = np.zeros((N_PASSES, WINDOW_N), np.bool_), np.zeros((N_PASSES, BEAT_N), np.bool_)
    for j in range(N_PASSES):
        for k in range(HIDDEN_PERCENT):
            start = PATCH_N * j + WINDOW_N // HIDDEN_PERCENT * k
            window[j, start : start + PATCH_N] = True
        beat[j, BEAT_STARTS[j] : BEAT_STARTS[j] + HIDDEN_BEAT_N] = True
    return window, beat
