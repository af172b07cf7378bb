"""Windows in, scores and score maps out: one network call for all of them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from engine.arrays import frozen
from engine.backends.backend import Backend
from engine.backends.ladder import Ladder
from engine.backends.rungs import AUTO, Model, load_backend, load_ladder
from engine.beats import Beats
from engine.checkpoint import load_checkpoint, read_format
from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import N_LEADS
from engine.models.errormap import ErrorMap
from engine.models.features import beat_shape
from engine.models.mcr2023.checkpoint import FORMAT as MCR2023_FORMAT
from engine.models.normality import Normality
from engine.preprocess import MAP_N, prepare
from engine.quality import LeadState, Quality
from engine.scoremap import ScoreMap
from engine.signals import Signals
from engine.window import Window

WEIGHTS: Final = Path(__file__).parent / "weights"
THRESHOLD: Final = 1.0
"""Scores are calibrated so that 1 is the false-alarm budget stated in the model card."""
MIN_SIGNAL_S: Final = 5.0
"""A window with less signal in its best lead is not assessed."""
MODEL_FAILING: Final = "model failing"
"""Why a window was not assessed although its signal was good: the network gave no number."""

_REASONS: Final = {
    LeadState.NOISY: "noise",
    LeadState.SATURATED: "saturated",
    LeadState.FLAT: "flat",
    LeadState.GAP: "gap",
    LeadState.OFF: "lead off",
    LeadState.ABSENT: "gap",
}


class Scorer:
    """The model of one monitor.

    Parameters
    ----------
    backend : Backend
        Runs the network.
    normality : Normality
        Statistics of the same checkpoint.
    model : str
        What alarms are journalled with: name and hash of the checkpoint.
    """

    ladder: Ladder | None = None
    """The backend, if it may change while the monitor runs."""

    def __init__(self, backend: Backend, normality: Normality, model: str = "mcr") -> None:
        self._backend = backend
        self.ladder = backend if isinstance(backend, Ladder) else None
        self._normality, self._error_map = normality, ErrorMap(normality)
        self.model = model
        self.backend = backend.name

    def score(self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]) -> list[ScoreMap]:
        """Assess windows, in one batch.

        Parameters
        ----------
        signals : Signals
            Windows of any beds.
        qualities : sequence of Quality
            One for each window.
        beats : sequence of Beats
            One for each window.

        Returns
        -------
        list of ScoreMap
            In the order of the windows; what cannot be assessed says why, has score NaN and an empty map.
        """
        reasons = [
            why_not_assessed(window, quality)
            for window, quality in zip(signals.windows, qualities, strict=True)
        ]
        rows = [row for row, reason in enumerate(reasons) if reason is None]
        scored = iter(
            self._score_assessable(
                signals.at(rows), [qualities[row] for row in rows], [beats[row] for row in rows]
            )
        )
        return [
            not_assessed_map(window, reason) if reason else next(scored)
            for window, reason in zip(signals.windows, reasons, strict=True)
        ]

    def _score_assessable(
        self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]
    ) -> list[ScoreMap]:
        if not len(signals):
            return []
        batch = prepare(signals, qualities, beats)
        outputs = self._backend.run(batch)
        shape = beat_shape(batch)
        scores = self._normality.scores(batch, outputs, shape)
        maps = self._error_map.of(batch, shape, outputs, scores)
        return [
            ScoreMap(window.bed, window.end_sample, frozen(one), score, THRESHOLD, None, prepared=batch.at(i))
            if np.isfinite(score)
            else not_assessed_map(window, MODEL_FAILING)
            for i, (window, one, score) in enumerate(zip(signals.windows, maps, scores.tolist(), strict=True))
        ]


def load_scorer(
    model: str = "mcr",
    backend: str = "onnx",
    threads: int = 1,
    weights: Path = WEIGHTS,
    precision: str = "fp32",
    step_down: bool = False,
) -> Scorer:
    """Load a trained model.

    Parameters
    ----------
    model : str
        Name of the checkpoint, without extension.
    backend : str
        "onnx" (no torch needed), "torch" (the reference, on the CPU), "torch-cuda", "compiled", "tensorrt",
        "tensorrt-rtx", or "auto": the best that this machine has, with `step_down`.
    threads : int
        Threads of one call on the CPU.
    weights : Path
        Folder of checkpoints; by default those that come with the package.
    precision : str
        "fp32", "tf32", "fp16" or "bf16", of engines that are built: TensorRT's.
    step_down : bool
        Let the next backend serve while one is being built, and when one cannot be had or fails; see
        `engine.backends.ladder`. Otherwise the one that was asked for, or an error.

    Raises
    ------
    ConfigurationError
        If there is no such model, backend or precision.
    ModelError
        If the files are damaged or do not belong together, or the backend cannot be had.
    """
    path = weights / f"{model}.safetensors"
    if not path.is_file():
        known = ", ".join(sorted(path.stem for path in weights.glob("*.safetensors"))) or "none"
        raise ConfigurationError(
            f"no model {model!r} in {weights} (there: {known}): name one of these, or train it"
        )
    if read_format(path) == MCR2023_FORMAT:
        from engine.models.mcr2023.scorer import load_mcr2023_scorer

        return load_mcr2023_scorer(path, model, "torch" if backend == AUTO else backend)
    checkpoint = load_checkpoint(path)
    made_of = Model(checkpoint, path, threads, precision)
    load = load_ladder if step_down or backend == AUTO else load_backend
    return Scorer(load(made_of, backend), checkpoint.normality, f"{model}@{checkpoint.sha256[:12]}")


def why_not_assessed(window: Window, quality: Quality) -> str | None:
    """Why a window cannot be judged; None if it can."""
    if window.start_sample < 0:
        return "starting"
    assessable = quality.assessable
    signal_s = window.valid[assessable].sum(axis=1).max() / FS_HZ if assessable.any() else 0.0
    if signal_s >= MIN_SIGNAL_S:
        return None
    states = Counter(
        _REASONS[state] for state in quality.state if state not in (LeadState.OK, LeadState.ABSENT)
    )
    return "gap" if assessable.any() or not states else states.most_common(1)[0][0]


def not_assessed_map(window: Window, reason: str) -> ScoreMap:
    """An empty map, score NaN, and the reason."""
    nothing = frozen(np.zeros((N_LEADS, MAP_N), np.float32))
    return ScoreMap(window.bed, window.end_sample, nothing, float("nan"), THRESHOLD, reason)
