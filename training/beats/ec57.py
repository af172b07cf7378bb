"""Beat-by-beat comparison as ANSI/AAMI EC57 does it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np

from engine.arrays import F64, I64

TOLERANCE_S: Final = 0.15
LEARNING_S: Final = 300.0
"""The first five minutes are the detector's to learn from; they are not judged."""

CLASS_OF: Final = {
    **dict.fromkeys("NLRejBn", "N"),
    **dict.fromkeys("AaJS", "S"),
    **dict.fromkeys("VEr", "V"),
    "F": "F",
    **dict.fromkeys("/fQ?", "Q"),
}
"""MIT-BIH beat codes to the five classes of EC57."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Counts of one kind of event."""

    hits: int = 0
    missed: int = 0
    false: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.hits + other.hits, self.missed + other.missed, self.false + other.false)

    @property
    def sensitivity(self) -> float:
        """Share of the true events that were found; NaN without any."""
        return _share(self.hits, self.hits + self.missed)

    @property
    def predictivity(self) -> float:
        """Share of the found events that are true; NaN without any."""
        return _share(self.hits, self.hits + self.false)

    @property
    def f1(self) -> float:
        """Harmonic mean of the two."""
        return _share(2 * self.hits, 2 * self.hits + self.missed + self.false)


def gross(tallies: Iterable[Tally]) -> Tally:
    """All events of all records together."""
    return sum(tallies, Tally())


def average(values: Iterable[float]) -> float:
    """Mean over the records that have a value."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")


def pair(truth_s: F64, found_s: F64) -> tuple[I64, I64]:
    """Match beats one to one, within `TOLERANCE_S`, in order of time.

    Of two neighbours that could match one beat, the nearer one does.

    Returns
    -------
    of_truth : (n_truth,) int64
        Index into `found_s`, -1 for a missed beat.
    of_found : (n_found,) int64
        Index into `truth_s`, -1 for a false beat.
    """
    of_truth, of_found = np.full(truth_s.size, -1), np.full(found_s.size, -1)
    i = j = 0
    while i < truth_s.size and j < found_s.size:
        distance = found_s[j] - truth_s[i]
        if distance > TOLERANCE_S:
            i += 1
        elif distance < -TOLERANCE_S:
            j += 1
        elif j + 1 < found_s.size and abs(found_s[j + 1] - truth_s[i]) < abs(distance):
            j += 1  # the next one is nearer
        elif i + 1 < truth_s.size and abs(found_s[j] - truth_s[i + 1]) < abs(distance):
            i += 1
        else:
            of_truth[i], of_found[j] = j, i
            i, j = i + 1, j + 1
    return of_truth, of_found


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
