"""Records above the threshold, by the leads a monitor has: `python -m training.few_leads [--data FOLDER]`.

Records of one fold go through the live path with all other leads gone, so that beats and quality, too, know
these leads alone. The threshold is set for one normal window in twenty, whatever the number of leads.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import F64
from engine.beats import beats_of
from engine.leads import LEADS
from engine.quality import quality_of
from engine.scorer import Scorer, load_scorer
from engine.signals import condition
from training.dataset import window_of
from training.ptbxl import Entry, find_data, read_entries, read_signal

LEAD_SETS: Final = (LEADS, ("II", "V1"), ("II", "V5"), ("II",), LEADS[:6], (*LEADS[:6], "V1"))
"""All; what two-channel recorders, three and five electrodes give."""
_BATCH: Final = 16


def main() -> int:
    """Score and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, help="folder of PTB-XL (default: $ECG_MONITOR_DATA/ptbxl)")
    parser.add_argument("--fold", type=int, default=9, help="the fold that is reported on (default 9)")
    arguments = parser.parse_args()
    entries = [entry for entry in read_entries(find_data(arguments.data)) if entry.fold == arguments.fold]
    scorer = load_scorer()
    for leads in LEAD_SETS:
        normal, abnormal = (
            scores_with(scorer, [entry for entry in entries if entry.normal is kind], leads)
            for kind in (True, False)
        )
        json.dump(
            {"leads": " ".join(leads), "normal": shares(normal), "abnormal": shares(abnormal)}, sys.stdout
        )
        sys.stdout.write("\n")
    return 0


def scores_with(scorer: Scorer, entries: Sequence[Entry], leads: Iterable[str]) -> F64:
    """(n,) score of each record as if only these leads were connected; NaN where it was not assessed."""
    gone = ~np.isin(LEADS, list(leads))
    scores: list[float] = []
    for at in range(0, len(entries), _BATCH):
        windows = []
        for entry in entries[at : at + _BATCH]:
            samples, fs_hz = read_signal(entry)
            windows.append(window_of(np.where(gone[:, None], np.float32(np.nan), samples), fs_hz))
        qualities = [quality_of(window) for window in windows]
        beats = [beats_of(window, quality) for window, quality in zip(windows, qualities, strict=True)]
        scores += [one.score for one in scorer.score(condition(windows), qualities, beats)]
    return np.array(scores)


def shares(scores: F64) -> dict[str, float | int]:
    """Counts, and shares of the assessed above the threshold and above what is weak."""
    assessed = scores[np.isfinite(scores)]
    n = max(assessed.size, 1)
    return {
        "records": int(scores.size),
        "assessed": int(assessed.size),
        "above_1": round(int((assessed > 1).sum()) / n, 4),
        "above_1.25": round(int((assessed > 1.25).sum()) / n, 4),
    }


if __name__ == "__main__":
    sys.exit(main())
