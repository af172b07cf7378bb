"""A recording as the pipeline assessed it, window by window, lean enough to judge again and again."""

from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from engine.arrays import F64, frozen
from engine.grid import FS_HZ
from engine.leads import N_LEADS
from engine.scoremap import ScoreMap
from engine.scorer import Scorer
from monitor.alarms.alarm import Transition
from monitor.alarms.conditions import BY_NAME
from monitor.alarms.machine import AlarmMachine
from monitor.alarms.observation import Observation
from monitor.alarms.state import MachineState
from monitor.analysis.analysis import BED, play
from monitor.pipeline import Pipeline
from monitor.records import Record
from monitor.update import Source

CONDITION: Final = "learned_anomaly"


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """What came of each window; NaN where it was not assessed."""

    end_s: F64
    own: F64
    """What the alarm is judged by: the patient's own once there is a baseline (`BaselineStatus.settled`)."""
    population: F64
    """Score against normal ECG of all people."""
    adopted_s: float | None
    """When a baseline was adopted."""
    usual_score: float | None
    notes: tuple[str, ...]
    """What became of the baseline."""

    def alarms(self, scores: F64, threshold: float) -> list[tuple[float, float]]:
        """(raised, ended) seconds of the learned anomaly, by the alarm machine's own rules."""
        machine, state = AlarmMachine((BY_NAME[CONDITION],)), MachineState(BED)
        found: list[tuple[float, float]] = []
        for end_s, score in zip(self.end_s.tolist(), scores.tolist(), strict=True):
            state, events = machine.step(state, _observation(end_s, score, threshold), round(end_s * 1e9))
            for event in events:
                if event.transition is Transition.RAISED:
                    found.append((end_s, float(self.end_s[-1])))
                elif event.transition is Transition.ENDED:
                    found[-1] = (found[-1][0], end_s)
        return found


def watch(record: Record, scorer: Scorer, hop_s: float, learn_baselines: bool = True) -> Watched:
    """Run a recording through the pipeline."""
    pipeline = Pipeline(scorer, hop_s, learn_baselines=learn_baselines)
    rows: list[tuple[float, float, float]] = []
    notes: list[str] = []
    adopted_s = usual = None
    for outcome in play(pipeline, record):
        if outcome.hop is None:
            continue
        score, end_s = outcome.hop.score, outcome.hop.end_sample / FS_HZ
        status = outcome.update.baseline
        settled = None if status is None or not status.learned else status.settled
        judged = score.score if settled is None else settled
        rows.append((end_s, judged, score.score if score.population is None else score.population))
        notes += [f"{end_s:.0f} s {note.what}: {note.text}" for note in outcome.notes]
        if status is not None and status.adopted:
            adopted_s, usual = adopted_s or end_s, usual or status.usual_score
    end, own, population = (frozen(column) for column in np.array(rows, np.float64).reshape(-1, 3).T)
    return Watched(end, own, population, adopted_s, usual, tuple(notes))


_NOTHING: Final = frozen(np.zeros((N_LEADS, 1), np.float32))
_LIVE: Final = Source("live")


def _observation(end_s: float, score: float, threshold: float) -> Observation:
    end_sample = round(end_s * FS_HZ)
    reason = None if np.isfinite(score) else "not assessed"
    judged = ScoreMap(BED, end_sample, _NOTHING, score, threshold, reason)
    return Observation(BED, end_sample, _LIVE, hop=True, score=judged)


def without_baseline(watched: Watched) -> Watched:
    """The same recording, judged against all people throughout."""
    return replace(watched, own=watched.population, adopted_s=None, usual_score=None)
