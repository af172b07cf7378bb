"""One fit of beat classification from the records to the files."""

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import Final, TypeVar

import numpy as np

from engine.arrays import F32, I64
from engine.classify.features import FEATURES
from engine.classify.network import OUTPUTS, BeatNetwork
from engine.grid import FS_HZ
from training.beats.card import card
from training.beats.ec57 import CLASS_OF, pair
from training.beats.fit import Example, fit
from training.beats.live import describe
from training.beats.recordings import PACED, Recording, data_root, names_of, read_recording

ABERRANT: Final = "aejr"
"""Supraventricular beats conducted as if ventricular, escapes and R-on-T beats teach nothing clear."""

R = TypeVar("R")


def train(data: Path | None, out: Path, seed: int, jobs: int, done: Callable[[str], None]) -> list[Example]:
    """Fit on all records without a pacemaker; write `beats.npz` and `beats.md` to `out`."""
    folder = data_root(data) / "mitdb"
    names = [name for name in names_of(folder) if name not in PACED]
    examples = []
    for one in each(partial(read_example, folder), names, jobs):
        examples.append(one)
        done(one.record)
    network = fit(examples, seed)
    out.mkdir(parents=True, exist_ok=True)
    save(network, out / "beats.npz")
    (out / "beats.md").write_text(card(examples, seed), encoding="utf-8")
    return examples


def each(work: Callable[[str], R], names: Iterable[str], jobs: int) -> Iterable[R]:
    """Do work for every record, in their order, `jobs` at a time."""
    if jobs == 1:
        yield from map(work, names)
        return
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        yield from pool.map(work, names)


def read_example(folder: Path, name: str) -> Example:
    """Describe the clearly labelled beats of one record."""
    recording = read_recording(folder, name)
    return labelled(recording, *describe(recording))


def labelled(recording: Recording, r_peaks: I64, features: F32) -> Example:
    """Beats that the annotators and the features say something clear about."""
    keep = recording.judged(r_peaks / FS_HZ, 0.0) & np.isfinite(features).any(axis=1)
    r_peaks, features = r_peaks[keep], features[keep]
    _, of_found = pair(recording.truth_s, r_peaks / FS_HZ)
    symbols = recording.symbols[of_found]
    target = np.array(["NSV".find(CLASS_OF[symbol]) for symbol in symbols])
    clear = (of_found >= 0) & (target >= 0) & ~np.isin(symbols, list(ABERRANT))
    return Example(recording.name, features[clear], target[clear])


def save(network: BeatNetwork, path: Path) -> None:
    """Write a network so that it says what it was made for."""
    arrays = {field.name: getattr(network, field.name) for field in fields(BeatNetwork)}
    np.savez(path, features=np.array(FEATURES), outputs=np.array(OUTPUTS), **arrays)
