"""The model card: what the model is, what it was trained on, what it can and cannot do."""

from pathlib import Path
from typing import Any, Final

from training.calibration import FALSE_ALARMS, MARKED
from training.evaluation import Evaluation

_TEXT: Final = """# Model card: mcr

Two-branch multi-scale cross-restoration for 12-lead ECG, after Jiang et al., MICCAI 2023 (arXiv
2308.01639), redesigned small, at 100 Hz. **Research software, not a medical device.**

## What it does
It scores ten seconds of ECG, from any subset of the 12 standard leads, by how far they lie from normal ECG,
and says in which lead and when. Score 0 is the median normal window, 1 the threshold. The score is a
weighted mean of distances from normal ECG, each on the scale of normal records with as many leads:
- the P wave, the QRS complex, the ST segment and the T wave of the typical beat of all leads together: four
  joint normal distributions with 60 factors (probabilistic principal components), with log amplitude and
  five RR statistics; leads that are missing are inferred from those there (local scale). Samples enter as
  signs, which tell an inverted T wave from an upright one, and as sizes; time after the QRS complex runs with
  the square root of the RR interval;
- Mahalanobis distance of the network's pooled latents of both branches (global scale);
- surprise (negative log likelihood: the restoration error weighted by the stated uncertainty, plus that
  uncertainty) of the window, and of its beats. Two disjoint masks hide every sample once; a sample is
  scored only by the pass that did not see it.

The score map joins seven readings of every sample: the restoration errors of window and beats, relative to
their usual size at that phase of the beat; each beat against normal beats, and against the window's own
typical beat; the typical beat against normal ones; how early and how late a beat came. Each is turned into
surprise (-log10 of the share of normal samples above it, lead by lead), and the map is their root mean
square. 1 is, per lead, what {marked:.2%} of the samples of normal ECG exceed.

## Threshold
{false_alarms:.0%} of normal windows lie above it, for each number of leads: that is what one window may do.
Measured on the normal records of folds 1-8, each judged by statistics fitted without its fold. A single
patient's windows resemble each other, so an alarm needs persistence (3 of 5) on top, and a
patient whose normal is unusual will be marked again and again.

## Data
PTB-XL 1.0.3 (Wagner et al., Scientific Data 2020; https://physionet.org/content/ptb-xl/1.0.3/), CC BY 4.0,
at 100 Hz, resampled and filtered here; no record is part of this package. Restoration was learned from all
records of folds 1-7 without labels; what normal ECG looks like, only from the normal ones among them
(superclass list exactly NORM). Fold 8 chose the epoch, the ingredients and their weights; their form was
compared on folds 6-8 with statistics of folds 1-5. Folds are patient-disjoint. Training: {training}

## Figures
A record that could not be scored counts as an error; everything that is not exactly NORM is abnormal.

| | fold 8 (choice) | fold 9 (test) |
|---|---|---|
{table}

## Limits
- The threshold may be looser on new records than its budget says: compare the specificity of fold 9.
- Trained on resting 12-lead ECG of adults, ten seconds each. Not on monitoring electrodes in motion,
  children, paced rhythms as a class of their own, or long recordings.
- The anomaly is statistical: rare but harmless ECG scores high, a common shape with a grave meaning may
  score low.
- Rhythm enters through RR intervals and restoration; it does not replace the alarms on heart rate and
  asystole.
- Without calibrated amplitude each lead is brought to its usual size: low and high voltage is not seen then.
"""


def write_card(path: Path, training: dict[str, Any], choice: Evaluation, test: Evaluation) -> None:
    """Write the card with the figures of both folds."""
    rows = [
        f"| {name} | {left} | {right} |"
        for (name, left), (_, right) in zip(figures(choice), figures(test), strict=False)
    ]
    facts = ", ".join(
        f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in training.items()
    )
    text = _TEXT.format(
        table="\n".join(rows),
        training=facts,
        false_alarms=FALSE_ALARMS,
        marked=MARKED,
    )
    path.write_text(text, encoding="utf-8")


def figures(evaluation: Evaluation) -> list[tuple[str, str]]:
    """What is reported, as text."""
    low, high = evaluation.auc_interval
    return [
        ("records (normal, abnormal)", f"{evaluation.n_normal}, {evaluation.n_abnormal}"),
        ("not assessed", str(sum(evaluation.not_assessed.values()))),
        ("**AUC** (95 % bootstrap interval)", f"**{evaluation.auc:.3f}** ({low:.3f}-{high:.3f})"),
        *(
            (f"AUC {name} against NORM", f"{value:.3f} (n {evaluation.n_by_class[name]})")
            for name, value in evaluation.auc_by_class.items()
        ),
        *(
            (f"sensitivity at {name} specificity", f"{value:.2f}")
            for name, value in evaluation.sensitivity.items()
        ),
        (
            "sensitivity, specificity at the threshold",
            f"{evaluation.threshold_sensitivity:.2f}, {evaluation.threshold_specificity:.3f}",
        ),
        ("spans per minute on normal records, all leads", f"{evaluation.spans_per_minute_normal:.2f}"),
        ("normal records with any span", f"{evaluation.normal_records_with_spans:.1%}"),
    ]
