"""One way of judging a recording: limits, threshold, model, hop."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from engine.beats import Beats
from engine.grid import HOP_S
from engine.quality import Quality
from engine.scoremap import ScoreMap
from engine.signals import Signals
from monitor.alarms.evidence import limits_json
from monitor.alarms.limits import Limits
from monitor.alarms.state import MachineState
from monitor.pipeline import Pipeline
from monitor.pipeline.reading import WindowScorer


@dataclass(frozen=True, slots=True)
class Setting:
    """What a bed is judged by."""

    limits: Limits = field(default_factory=Limits)
    threshold: float | None = None
    """Score above which a window counts as anomalous; None: the model's own, 1."""
    model: str = "mcr"
    """Name of a checkpoint, or the path of one."""
    hop_s: float = HOP_S
    own_baseline: bool = True
    """Whether the patient's usual ECG is learned and compared with."""
    tried: frozenset[str] = frozenset()
    """Limits that are tried out here: what operators made of them then changes nothing."""
    tried_off: frozenset[str] = frozenset()
    """Alarms that are tried switched off, likewise."""

    def document(self) -> dict[str, Any]:
        """JSON values."""
        return {
            "limits": limits_json(self.limits),
            "threshold": self.threshold,
            "model": self.model,
            "hop_s": self.hop_s,
            "own_baseline": self.own_baseline,
        }

    def pipeline(self, scorer: WindowScorer) -> Pipeline:
        """A pipeline that has seen nothing yet."""
        if self.threshold is not None:
            scorer = AtThreshold(scorer, self.threshold)
        restore = partial(MachineState, limits=self.limits)
        return Pipeline(scorer, self.hop_s, restore, learn_baselines=self.own_baseline)

    def limits_after(self, limits: Limits, asked: Mapping[str, Any]) -> Limits:
        """Limits once an operator has asked for some, but for those that are tried out here.

        Raises ConfigurationError where they do not go together.
        """
        taken = {name: value for name, value in asked.items() if name not in self.tried}
        if "off" in taken:
            taken["off"] = frozenset(taken["off"]) | self.tried_off
        return limits.changed(**taken)


@dataclass(frozen=True, slots=True, eq=False)
class _Held(ScoreMap):
    """A score whose threshold stays what was asked, whatever it is compared with on its way."""

    held: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "threshold", self.held)


class AtThreshold:
    """A model whose scores are held against another threshold."""

    def __init__(self, scorer: WindowScorer, threshold: float) -> None:
        self._scorer = scorer
        self._threshold = threshold
        self.model = f"{scorer.model} at {threshold:g}"
        self.backend = scorer.backend

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
        """Score as ever, with the other threshold."""
        return [self._held(score) for score in self._scorer.score(signals, qualities, beats)]

    def _held(self, score: ScoreMap) -> ScoreMap:
        values = {name: getattr(score, name) for name in ScoreMap.__dataclass_fields__}
        return _Held(**values, held=self._threshold)


def changed(setting: Setting, limits: dict[str, float], off: frozenset[str], **others: Any) -> Setting:
    """The setting with other limits; whatever is None in `others` stays."""
    news = {name: value for name, value in others.items() if value is not None}
    new_limits = setting.limits.changed(**limits, off=setting.limits.off | off)
    return replace(setting, limits=new_limits, tried=frozenset(limits), tried_off=off, **news)
