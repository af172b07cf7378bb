"""What the published network and ours cost: parameters, operations and time of a window, one thread.

Both from the prepared input to score and map. The published network's 30 passes share what they can
(`engine.models.mcr2023.passes`); as published each computes everything anew.
"""

from collections.abc import Callable
from time import process_time

import numpy as np
import torch
from bench_tools import finish, seconds, spread
from torch.utils.flop_counter import FlopCounterMode

from engine.backends.onnx import OnnxBackend
from engine.backends.samples import sample_batch
from engine.checkpoint import Checkpoint, load_checkpoint
from engine.grid import WINDOW_N
from engine.localize import localize
from engine.models.errormap import ErrorMap
from engine.models.features import beat_shape
from engine.models.inference.network import InferenceNetwork
from engine.models.mcr2023.config import BEAT_N, Mcr2023Config
from engine.models.mcr2023.config import WINDOW_N as PUBLISHED_N
from engine.models.mcr2023.inputs import PublishedInput
from engine.models.mcr2023.masks import N_PASSES
from engine.models.mcr2023.network import PublishedNetwork
from engine.models.mcr2023.passes import assess
from engine.models.network import RestorationNetwork, example_batch
from engine.scoremap import ScoreMap
from engine.scorer import WEIGHTS

N_BEATS = 10
RUNS = 10
BATCHES = (1, 16)


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
    one_pass = (torch.zeros(1, 12, PUBLISHED_N), torch.zeros(1, 12, BEAT_N), torch.zeros(1, 12, PUBLISHED_N))
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
    network = RestorationNetwork(checkpoint.config)
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        InferenceNetwork(network)(*example_batch(1))
    statistics = statistics_gflop(checkpoint)
    return {
        "parameters": sum(each.numel() for each in network.parameters()),
        "statistics_numbers": sum(each.size for each in checkpoint.normality.to_arrays().values()),
        "gflop_window": round(counter.get_total_flops() / 1e9 + statistics, 4),
        "gflop_statistics": round(statistics, 4),
        "by_batch": {str(n): cost_of_batch(checkpoint, n) for n in BATCHES},
    }


def cost_of_batch(checkpoint: Checkpoint, n: int) -> dict[str, object]:
    """Processor time per window, by part."""
    backend = OnnxBackend(WEIGHTS / "mcr.onnx", checkpoint.sha256)
    normality, maps, batch = checkpoint.normality, ErrorMap(checkpoint.normality), sample_batch(n)
    outputs, shape = backend.run(batch), beat_shape(batch)
    scores = normality.scores(batch, outputs, shape)
    anomaly = maps.of(batch, shape, outputs, scores)
    found = [
        ScoreMap("", WINDOW_N, one, float(score), 1.0, None)
        for one, score in zip(anomaly, scores, strict=True)
    ]
    parts = {
        "network": lambda: backend.run(batch),
        "score": lambda: normality.scores(batch, outputs, beat_shape(batch)),
        "map": lambda: maps.of(batch, shape, outputs, scores),
        "spans": lambda: [localize(one) for one in found],
    }

    def whole() -> None:
        outputs, shape = backend.run(batch), beat_shape(batch)
        maps.of(batch, shape, outputs, normality.scores(batch, outputs, shape))

    return {
        "window_cpu_ms": spread([ms / n for ms in cpu_ms(whole)], 3),
        **{f"{name}_cpu_ms": spread([ms / n for ms in cpu_ms(part)], 3) for name, part in parts.items()},
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
    times = {
        n: round(theirs["window_cpu_ms"]["median"] / cost["window_cpu_ms"]["median"])  # type: ignore[index]
        for n, cost in mine["by_batch"].items()  # type: ignore[attr-defined]
    }
    ratio = theirs["gflop_window"] / mine["gflop_window"]  # type: ignore[operator]
    compared = {"times_fewer_operations": round(ratio), "times_faster_by_batch": times}
    finish({"mcr-2023": theirs, "mcr": mine, **compared})
