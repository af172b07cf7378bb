"""The published network behind the interface of the monitor's own scorer."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from engine.arrays import frozen
from engine.beats import Beats
from engine.errors import ConfigurationError, ModelError
from engine.models.mcr2023.checkpoint import Mcr2023Checkpoint, Scale, load_mcr2023
from engine.models.mcr2023.inputs import prepare_published
from engine.models.mcr2023.network import PublishedNetwork
from engine.models.mcr2023.passes import Assessed, assess
from engine.quality import Quality
from engine.scoremap import ScoreMap
from engine.scorer import MODEL_FAILING, THRESHOLD, Scorer, not_assessed_map
from engine.signals import Signals
from engine.window import Window


class Mcr2023Scorer(Scorer):
    """Scores windows with the published network: about 30 passes of 1.8 GFLOP each, in eager torch.

    It knows nothing of missing leads: they are zero, and only the others are scored, on a scale that was
    fitted with all 12.

    Parameters
    ----------
    network : PublishedNetwork
        Trained.
    scale : Scale
        Of the same checkpoint.
    model : str
        What alarms are journalled with: name and hash of the checkpoint.
    """

    def __init__(self, network: PublishedNetwork, scale: Scale, model: str = "mcr-2023") -> None:
        self._network = network.eval()
        self._scale = scale
        self.model = model
        self.backend = "torch"

    def _score_assessable(
        self, signals: Signals, qualities: Sequence[Quality], beats: Sequence[Beats]
    ) -> list[ScoreMap]:
        return [
            to_score_map(item[0], assess(self._network, prepare_published(*item)), self._scale)
            for item in zip(signals.windows, qualities, beats, strict=True)
        ]


def to_score_map(window: Window, assessed: Assessed, scale: Scale) -> ScoreMap:
    """What the network said of a window, on the monitor's scale."""
    score = (float(assessed.errors[int(scale.hidden)]) - scale.zero) / (scale.one - scale.zero)
    if not np.isfinite(score) or not np.isfinite(assessed.map).all():
        return not_assessed_map(window, MODEL_FAILING)
    relative = (assessed.map / scale.map_unit[:, None]).astype(np.float32)
    return ScoreMap(window.bed, window.end_sample, frozen(relative), score, THRESHOLD, None)


def load_mcr2023_scorer(path: Path, model: str, backend: str) -> Mcr2023Scorer:
    """Load a trained published network; see `engine.scorer.load_scorer`."""
    if backend != "torch":
        raise ConfigurationError(f"{model} runs only in torch, not in {backend!r}: choose --backend torch")
    checkpoint = load_mcr2023(path)
    return Mcr2023Scorer(network_of(checkpoint), checkpoint.scale, f"{path.stem}@{checkpoint.sha256[:12]}")


def network_of(checkpoint: Mcr2023Checkpoint) -> PublishedNetwork:
    """The network with the checkpoint's weights."""
    network = PublishedNetwork(checkpoint.config)
    state = {name: torch.from_numpy(array.copy()) for name, array in checkpoint.weights.items()}
    try:
        network.load_state_dict(state)
    except RuntimeError as error:
        raise ModelError(
            f"the checkpoint's weights do not fit the configuration it states ({error}): train it again"
        ) from error
    return network
