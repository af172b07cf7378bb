"""Fit the perceptrons that judge beats, each without some of the records."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray

from engine.arrays import F32, I64
from engine.classify.network import CLIP, OUTPUTS, BeatNetwork

N_MEMBERS: Final = 6
N_HIDDEN: Final = 24
N_EPOCHS: Final = 15
BATCH: Final = 256
LEARNING_RATE: Final = 4e-3
WEIGHT_DECAY: Final = 0.1
DROPOUT: Final = 0.4
MAX_PER_KIND: Final = 400
"""Beats of one class that one record contributes at most."""
NOT_MEASURED: Final = 0.1
"""Share of the features hidden at random in training: single leads and first beats lack some, too."""


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """The labelled beats of one record."""

    record: str
    features: F32
    """(n, n_features)"""
    target: I64
    """(n,) index into `OUTPUTS`."""


def fit(examples: list[Example], seed: int) -> BeatNetwork:
    """Fit the ensemble; the same examples and seed give the same network."""
    groups = [[one.record for one in examples[k::N_MEMBERS]] for k in range(N_MEMBERS)]
    members = [
        _fit_member([one for one in examples if one.record not in group], seed + k)
        for k, group in enumerate(groups)
    ]
    mean, scale, w1, b1, w2, b2, w3, b3 = (np.stack(arrays) for arrays in zip(*members, strict=True))
    left_out = np.array([" ".join(group) for group in groups])
    return BeatNetwork(mean, scale, w1, b1, w2, b2, w3, b3, left_out)


def _fit_member(examples: list[Example], seed: int) -> list[NDArray[Any]]:
    features, target, weight = _gathered(examples, np.random.default_rng(seed))
    mean, scale = np.nanmean(features, axis=0), np.nanstd(features, axis=0) + 1e-3
    standard = np.nan_to_num(np.clip((features - mean) / scale, -CLIP, CLIP))
    torch.manual_seed(seed)
    net = _layers(features.shape[1])
    _descend(net, torch.from_numpy(standard), torch.from_numpy(target), torch.from_numpy(weight), seed)
    linear = [layer for layer in net if isinstance(layer, torch.nn.Linear)]
    weights = [
        array
        for layer in linear
        for array in (layer.weight.detach().numpy().T.copy(), layer.bias.detach().numpy().copy())
    ]
    return [mean, scale, *weights]


def _gathered(examples: list[Example], rng: np.random.Generator) -> tuple[F32, I64, F32]:
    """All records' beats; many beats of one kind in one record count as their square root."""
    features, target, weight = [], [], []
    for one in examples:
        for kind in range(len(OUTPUTS)):
            places = np.flatnonzero(one.target == kind)
            chosen = np.sort(rng.permutation(places)[:MAX_PER_KIND])
            features.append(one.features[chosen])
            target.append(one.target[chosen])
            weight.append(np.full(chosen.size, 1 / np.sqrt(max(chosen.size, 1)), np.float32))
    joined = np.concatenate(weight)
    return np.concatenate(features), np.concatenate(target), (joined / joined.mean()).astype(np.float32)


def _layers(n_features: int) -> torch.nn.Sequential:
    return torch.nn.Sequential(
        torch.nn.Linear(n_features, N_HIDDEN),
        torch.nn.Tanh(),
        torch.nn.Dropout(DROPOUT),
        torch.nn.Linear(N_HIDDEN, N_HIDDEN),
        torch.nn.Tanh(),
        torch.nn.Linear(N_HIDDEN, len(OUTPUTS)),
    )


def _descend(
    net: torch.nn.Sequential, x: torch.Tensor, target: torch.Tensor, weight: torch.Tensor, seed: int
) -> None:
    generator = torch.Generator().manual_seed(seed)
    optimizer = torch.optim.AdamW(net.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    n_steps = N_EPOCHS * -(-len(x) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, n_steps)
    loss_of = torch.nn.CrossEntropyLoss(reduction="none")
    for _ in range(N_EPOCHS):
        for chosen in torch.split(torch.randperm(len(x), generator=generator), BATCH):
            seen = torch.rand(x[chosen].shape, generator=generator) > NOT_MEASURED
            loss = (loss_of(net(x[chosen] * seen), target[chosen]) * weight[chosen]).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    net.eval()
