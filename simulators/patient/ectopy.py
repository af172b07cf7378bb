"""Premature beats between sinus beats."""

from dataclasses import dataclass, field

import numpy as np

from simulators.patient.beat import Beat

ECTOPY_KINDS = ("none", "pvc", "couplet", "run", "bigeminy", "pac")

COUPLING = 0.60
"""Interval from a sinus beat to the premature one, as a share of the RR interval; nearly constant."""
RUN_RR_S = 0.40
"""Interval between the beats of a couplet or run."""


@dataclass(slots=True)
class Ectopy:
    """When premature beats come, and how the sinus rhythm goes on after them."""

    kind: str
    per_minute: float
    _sinus_beats_since: int = field(default=0, init=False)

    def after(self, rng: np.random.Generator, time_s: float, rr_s: float) -> tuple[list[Beat], float]:
        """Premature beats that follow the sinus beat at `time_s`, and the time of the next sinus beat."""
        self._sinus_beats_since += 1
        if not self._due(rng, rr_s):
            return [], time_s + rr_s
        self._sinus_beats_since = 0
        first_s = time_s + rr_s * COUPLING * float(rng.normal(1.0, 0.015))
        if self.kind == "pac":  # it resets the sinus node: the pause is not compensatory
            return [Beat(first_s, "normal", "ectopic", "A", rr_s * COUPLING)], first_s + 1.08 * rr_s
        times = [first_s]
        for _ in range(self._length(rng) - 1):
            times.append(times[-1] + RUN_RR_S * float(rng.normal(1.0, 0.03)))
        beats = [Beat(t, "pvc", None, "V", rr_s * 0.9) for t in times]
        # The sinus node keeps its own time: the pause is compensatory.
        periods = max(2, int(np.ceil((times[-1] + 0.7 * rr_s - time_s) / rr_s)))
        return beats, time_s + periods * rr_s

    def _due(self, rng: np.random.Generator, rr_s: float) -> bool:
        if self.kind == "none":
            return False
        if self.kind == "bigeminy":
            return True
        drawn = float(rng.random())
        return self._sinus_beats_since >= 3 and drawn < self._chance(rr_s)

    def _chance(self, rr_s: float) -> float:
        """Chance per sinus beat from the third on that gives `per_minute` on average."""
        beats_between = max(60 / (self.per_minute * rr_s) - 3, 1.0)
        return 1 / beats_between

    def _length(self, rng: np.random.Generator) -> int:
        if self.kind == "couplet":
            return 2
        return int(rng.integers(3, 5)) if self.kind == "run" else 1
