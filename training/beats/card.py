"""The model card of the fitted part of beat classification."""

from typing import Final

import numpy as np

from engine.classify.features import FEATURES
from engine.classify.network import OUTPUTS
from training.beats.fit import MAX_PER_KIND, N_EPOCHS, N_HIDDEN, N_MEMBERS, Example

_CARD: Final = """# Model card: beats

What turns the description of a beat into its class. **Research software, not a medical device.**

## What it does
{n_features} numbers describe each beat: its likeness to the patient's own beats over all assessable leads,
width, shape, T and P wave, RR intervals, and the family of similar beats it belongs to. They are measured
without fitting (`engine.classify`). {n_members} perceptrons ({layers}, tanh) turn them into chances of
{outputs}; the mean over the perceptrons decides. Two rules follow: a
beat neither premature nor wider than the patient's own is not ventricular; fast wide beats of which nothing
else is known are.

## Data
MIT-BIH Arrhythmia Database (Moody and Mark, IEEE Eng. Med. Biol. 20, 2001;
https://physionet.org/content/mitdb/1.0.0/), Open Data Commons Attribution License 1.0; no record is part of
this package. {n_records} records without a pacemaker (set DS1 of de Chazal): {counts}.
Left out: fusion beats, aberrated supraventricular beats, escape beats of the junction, beats within
ventricular flutter. At most {max_per_kind} beats of one class from one record; many count as their square
root. Epochs {n_epochs}, seed {seed}. Written by `ecg-monitor train beats`.

## Figures
Each perceptron was fitted without every sixth record. `ecg-monitor evaluate beats` judges a record only by
the one that never saw it, so its figures are inter-patient; the mean of all, which runs at the bedside,
cannot be judged on these records. The features, their limits and the two rules were made with all of them in
view.

## Limits
- Two leads, adults, {n_records} records with most of the ventricular beats in few of them.
- Aberrated supraventricular beats look ventricular and are often called so.
- The class supraventricular is weak: it marks early beats of the own shape, not their origin.
- Fusion beats are called by what they resemble more.
"""


def card(examples: list[Example], seed: int) -> str:
    """The card as Markdown."""
    total = np.sum([np.bincount(one.target, minlength=len(OUTPUTS)) for one in examples], axis=0)
    counts = ", ".join(f"{n} {name}" for name, n in zip(OUTPUTS, total.tolist(), strict=True))
    return _CARD.format(
        n_features=len(FEATURES),
        n_members=N_MEMBERS,
        layers=f"{len(FEATURES)}-{N_HIDDEN}-{N_HIDDEN}-{len(OUTPUTS)}",
        outputs=", ".join(OUTPUTS),
        n_records=len(examples),
        counts=counts,
        max_per_kind=MAX_PER_KIND,
        n_epochs=N_EPOCHS,
        seed=seed,
    )
