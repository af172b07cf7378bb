"""One window asked of every backend of its model."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from engine.backends.backend import AbsentBackendError, Backend
from engine.backends.rungs import NAMES, Model, load_backend, rung_of
from engine.checkpoint import Checkpoint, load_checkpoint
from engine.errors import ConfigurationError, ModelError
from engine.grid import FS_HZ, WINDOW_N, WINDOW_S
from engine.localize import localize
from engine.scoremap import ScoreMap
from engine.scorer import WEIGHTS, Scorer
from engine.span import Span
from monitor.pipeline import Pipeline
from monitor.recording import Strip
from monitor.whatif.stored import strip_messages

MAP_STEP_N: Final = -(-FS_HZ // 100)
"""Spans lie on the map's grid of 10 ms."""


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """What one backend said of the window, or why it could not be asked."""

    backend: str
    absent: str | None = None
    """Why it could not be asked."""
    broken: bool = False
    """It should have been there, but does not work."""
    map: ScoreMap | None = None
    spans: tuple[Span, ...] = ()
    """Absolute samples of the alarm's run."""
    runs: Backend | None = None

    @property
    def score(self) -> float | None:
        """None where it was not assessed."""
        return float(self.map.score) if self.map is not None and self.map.assessed else None


def load(model: str) -> tuple[Checkpoint, Path]:
    """The checkpoint that `name@hash` of an alarm's evidence names, as it is installed now.

    Raises
    ------
    ConfigurationError
        If no model of that name is installed.
    """
    path = WEIGHTS / f"{model.split('@')[0]}.safetensors"
    if not path.is_file():
        raise ConfigurationError(
            f"the model {model or 'of this alarm'} is not installed: nothing can be asked again"
        )
    return load_checkpoint(path), path


def ask(checkpoint: Checkpoint, path: Path, strip: Strip, only: Sequence[str]) -> Iterator[Answer]:
    """Ask every backend (or those named) about a strip of one window, in the fixed order of backends.

    A backend that may first have to be built, which takes minutes, is asked only by name.
    """
    made_of = Model(checkpoint, path)
    for name in only or NAMES:
        if not only and rung_of(made_of, name).slow:
            yield Answer(name, f"may have to be built first: ask it with --backend {name}")
            continue
        try:
            backend = load_backend(made_of, name)
            found = score_strip(Scorer(backend, checkpoint.normality, path.stem), strip)
        except AbsentBackendError as error:
            yield Answer(name, str(error))
        except (ModelError, ImportError) as error:
            yield Answer(name, str(error), broken=True)
        else:
            shift = strip.start_sample
            spans = [
                replace(span, onset=span.onset + shift, offset=span.offset + shift)
                for span in localize(found)
            ]
            yield Answer(name, None, False, found, tuple(spans), backend)


def score_strip(scorer: Scorer, strip: Strip) -> ScoreMap:
    """Let a strip of one window take the way of live samples; its first sample counts as sample 0."""
    pipeline = Pipeline(scorer, float(WINDOW_S), learn_baselines=False)
    for message in strip_messages(strip):
        pipeline.receive_message(message, 0)
    hops = [outcome.hop for outcome in pipeline.step() if outcome.hop is not None]
    whole = [hop for hop in hops if hop.end_sample == WINDOW_N]
    if not whole:
        raise ModelError(f"no window of {WINDOW_S} s could be cut from what is stored")
    return whole[0].score


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the answers stand to each other, and to what was journalled."""

    asked: int
    score_apart: float
    """Largest difference between two backends' scores."""
    spans_agree: bool
    """Every backend marks the same leads, with edges within a step of the map."""
    journalled_apart: float | None
    """Between the first backend's score and the journalled one against all people; None without both."""

    @property
    def agree(self) -> bool:
        """Whether it does not matter which one is asked."""
        return self.score_apart <= SCORE_TOLERANCE and self.spans_agree


SCORE_TOLERANCE: Final = 0.01
"""Scores of two backends that differ by less are the same: reduced precision and rounding."""
STORED_TOLERANCE: Final = 0.05
"""The same against the journalled score: samples are stored in steps of a microvolt."""


def compare(answers: Sequence[Answer], journalled: float | None) -> Agreement:
    """Compare what was answered."""
    given = [answer for answer in answers if answer.map is not None]
    scores = [score for answer in given if (score := answer.score) is not None]
    apart = max(scores) - min(scores) if scores else 0.0
    mixed = bool(scores) and len(scores) < len(given)
    same = all(_same(given[0].spans, answer.spans) for answer in given[1:])
    against = abs(scores[0] - journalled) if scores and journalled is not None else None
    return Agreement(len(given), float("inf") if mixed else apart, same, against)


def _same(ones: Sequence[Span], others: Sequence[Span]) -> bool:
    if [span.lead for span in ones] != [span.lead for span in others]:
        return False
    return all(
        abs(one.onset - other.onset) <= MAP_STEP_N and abs(one.offset - other.offset) <= MAP_STEP_N
        for one, other in zip(ones, others, strict=True)
    )
