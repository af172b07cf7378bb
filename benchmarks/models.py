"""What the published network and ours cost: parameters, operations and time of a window, one thread."""

from collections.abc import Callable
from time import process_time

import numpy as np
import torch
from bench_tools import finish, seconds, spread
from torch.utils.flop_counter import FlopCounterMode

from engine.backends.onnx import OnnxBackend
from engine.checkpoint import Checkpoint, load_checkpoint
from engine.models.mcr2023.config import BEAT_N, WINDOW_N, Mcr2023Config
from engine.models.mcr2023.inputs import PublishedInput
from engine.models.mcr2023.masks import N_PASSES
from engine.models.mcr2023.network import PublishedNetwork
from engine.models.mcr2023.passes import assess
from engine.models.network import RestorationNetwork, example_batch
from engine.preprocess import ModelInput
from engine.scorer import WEIGHTS

N_BEATS = 10
RUNS = 10


def window() -> PublishedInput:
    """Ten beats: 30 passes."""
    signal = np.random.default_rng(0).uniform(-1, 1, (12, 5000)).astype(np.float32)
    peaks = np.linspace(300, 4300, N_BEATS).astype(np.int64)
    return PublishedInput(signal, np.ones(signal.shape, np.bool_), peaks)


def cpu_ms(call: Callable[[], object]) -> list[float]:
    """Processor time of each run: other processes do not count."""
    taken = []
    with torch.no_grad():
        for _ in range(RUNS):
            start = process_time()
            call()
            taken.append(1e3 * (process_time() - start))
    return taken


def published() -> dict[str, object]:
    network = PublishedNetwork(Mcr2023Config()).eval()
    one_pass = (torch.zeros(1, 12, WINDOW_N), torch.zeros(1, 12, BEAT_N), torch.zeros(1, 12, WINDOW_N))
    with FlopCounterMode(display=False) as counter:
        network(*one_pass)
    pass_gflop = counter.get_total_flops() / 1e9
    one = window()
    with FlopCounterMode(display=False) as counter:
        assess(network, one)
    return {
        "parameters": sum(each.numel() for each in network.parameters()),
        "gflop_pass": round(pass_gflop, 3),
        "passes": N_PASSES * N_BEATS,
        "gflop_window": round(pass_gflop * N_PASSES * N_BEATS, 1),
        "gflop_window_shared_latents": round(counter.get_total_flops() / 1e9, 1),
        "pass_cpu_ms": spread(cpu_ms(lambda: network(*one_pass))),
        "window_cpu_ms": spread(cpu_ms(lambda: assess(network, one))),
    }


def ours() -> dict[str, object]:
    checkpoint = load_checkpoint(WEIGHTS / "mcr.safetensors")
    network = RestorationNetwork(checkpoint.config).eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        network(*example_batch(1))
    inputs = [tensor.numpy() for tensor in example_batch(1)]
    batch = ModelInput(*inputs[:2], np.ones((1, 12), np.float32), *inputs[2:], np.ones((1, 15), np.float32))
    backend = OnnxBackend(WEIGHTS / "mcr.onnx", checkpoint.sha256)
    statistics = statistics_gflop(checkpoint)
    return {
        "parameters": sum(each.numel() for each in network.parameters()),
        "statistics_numbers": sum(each.size for each in checkpoint.normality.to_arrays().values()),
        "gflop_window": round(counter.get_total_flops() / 1e9 + statistics, 4),
        "gflop_statistics": round(statistics, 4),
        "network_cpu_ms": spread(cpu_ms(lambda: backend.run(batch))),
    }


def statistics_gflop(checkpoint: Checkpoint) -> float:
    """Matrix products and systems of the distances, a multiplication and an addition each two operations."""
    total = 2 * checkpoint.normality.latent_whiten.size
    for model in checkpoint.normality.stretches:
        leads, _, k = model.loading.shape
        total += 2 * model.loading.size + 2 * (leads + 1) * k**2 + 2 * k**3 // 3
    return total / 1e9


if __name__ == "__main__":
    seconds()
    torch.set_num_threads(1)
    theirs, mine = published(), ours()
    ratio = theirs["gflop_window"] / mine["gflop_window"]  # type: ignore[operator]
    finish({"mcr-2023": theirs, "mcr": mine, "times_fewer_operations": round(ratio)})
