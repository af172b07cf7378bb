"""The inference form against the training network: the same function."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from engine.checkpoint import load_checkpoint
from engine.errors import ModelError
from engine.models.config import NetworkConfig
from engine.models.inference.network import InferenceNetwork, compress
from engine.models.network import Outputs, RestorationNetwork, example_batch
from engine.models.network import compress as reference_compress
from engine.preprocess import MODEL_N, N_BEATS, input_of, stack
from engine.scorer import WEIGHTS
from training.dataset import keep_leads
from training.restoration import tensors

TOLERANCE = 1e-4
OTHER = NetworkConfig(
    width=16, stem=8, beat_width=8, n_global_blocks=2, n_local_blocks=1, n_masks=2, mask_n=24
)


def shipped() -> RestorationNetwork:
    checkpoint = load_checkpoint(WEIGHTS / "mcr.safetensors")
    network = RestorationNetwork(checkpoint.config)
    network.load_state_dict({name: torch.from_numpy(a.copy()) for name, a in checkpoint.weights.items()})
    return network.eval()


def untrained() -> RestorationNetwork:
    """Every parameter at random: norms that scale by negative numbers too."""
    torch.manual_seed(1)
    network = RestorationNetwork(OTHER)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.3)
    return network.eval()


def hold_equal(network: RestorationNetwork, inputs: tuple[torch.Tensor, ...]) -> None:
    with torch.no_grad():
        expected, found = network(*inputs), InferenceNetwork(network).eval()(*inputs)
    for name, one, other in zip(Outputs._fields, expected, found, strict=True):
        torch.testing.assert_close(
            other, one, atol=TOLERANCE, rtol=TOLERANCE, msg=lambda text, n=name: f"{n}: {text}"
        )


@pytest.fixture(params=[shipped, untrained], ids=["shipped", "untrained"])
def network(request) -> RestorationNetwork:
    return request.param()


def test_ecg_is_judged_the_same(network, ecg, judged):
    windows = [judged(ecg(seed)) for seed in range(3)]
    hold_equal(network, tensors(stack([input_of(*one) for one in windows])))


def test_missing_leads_and_beats_are_judged_the_same(network, ecg, judged):
    batch = stack([input_of(*judged(ecg(seed))) for seed in range(4)])
    keep = np.zeros((4, 12), np.bool_)
    keep[0, 1], keep[1, :6], keep[2, [1, 10]], keep[3] = True, True, True, True
    few = keep_leads(batch, keep)
    no_beats = replace(
        few,
        beats=few.beats * (np.arange(4) != 3)[:, None, None, None],
        beats_valid=few.beats_valid * (np.arange(4) != 3)[:, None, None, None],
    )
    hold_equal(network, tensors(no_beats))


def test_anything_is_judged_the_same(network):
    rng = torch.Generator().manual_seed(0)
    signal, valid, beats, beats_valid, _ = example_batch(3)
    hold_equal(
        network,
        (
            torch.randn(signal.shape, generator=rng),
            (torch.rand(valid.shape, generator=rng) < 0.9).float(),
            torch.randn(beats.shape, generator=rng),
            (torch.rand(beats_valid.shape, generator=rng) < 0.9).float(),
            torch.randint(-28, MODEL_N, (3, N_BEATS), generator=rng),
        ),
    )


def test_nothing_received_is_finite(network):
    nothing = [torch.zeros_like(one) for one in example_batch(2)]
    hold_equal(network, tuple(nothing))
    assert all(torch.isfinite(one).all() for one in InferenceNetwork(network)(*nothing))


def test_compression_is_the_same_at_every_size():
    mv = torch.cat([sign * torch.logspace(-9, 2, 500) for sign in (-1, 1)] + [torch.zeros(1)])
    torch.testing.assert_close(compress(mv), reference_compress(mv), atol=3e-5, rtol=1e-5)


def test_a_window_is_judged_the_same_in_any_batch(ecg, judged):
    inputs = tensors(stack([input_of(*judged(ecg(seed))) for seed in range(3)]))
    inference = InferenceNetwork(shipped()).eval()
    with torch.no_grad():
        together, alone = inference(*inputs), inference(*(one[1:2] for one in inputs))
    for many, single in zip(together, alone, strict=True):
        torch.testing.assert_close(many[1:2], single, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("change", [{"n_masks": 3}, {"mask_n": 12}])
def test_masks_that_split_a_stride_are_refused(change):
    network = RestorationNetwork(replace(OTHER, **change))
    with pytest.raises(ModelError, match="whole strides"):
        InferenceNetwork(network)
