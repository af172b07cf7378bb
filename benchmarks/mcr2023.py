"""What the published network costs: parameters, operations and time of a pass and of a window, one thread."""

from collections.abc import Callable
from time import process_time

import numpy as np
import torch
from bench_tools import finish, seconds, spread
from torch.utils.flop_counter import FlopCounterMode

from engine.models.mcr2023.config import BEAT_N, WINDOW_N, Mcr2023Config
from engine.models.mcr2023.inputs import PublishedInput
from engine.models.mcr2023.masks import N_PASSES
from engine.models.mcr2023.network import PublishedNetwork
from engine.models.mcr2023.passes import assess

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


if __name__ == "__main__":
    seconds()
    torch.set_num_threads(1)
    network = PublishedNetwork(Mcr2023Config()).eval()
    one_pass = (torch.zeros(1, 12, WINDOW_N), torch.zeros(1, 12, BEAT_N), torch.zeros(1, 12, WINDOW_N))
    with FlopCounterMode(display=False) as counter:
        network(*one_pass)
    pass_gflop = counter.get_total_flops() / 1e9
    one = window()
    with FlopCounterMode(display=False) as counter:
        assess(network, one)
    shared_gflop = counter.get_total_flops() / 1e9
    finish(
        {
            "parameters": sum(each.numel() for each in network.parameters()),
            "gflop_pass": round(pass_gflop, 3),
            "passes": N_PASSES * N_BEATS,
            "gflop_window_as_published": round(pass_gflop * N_PASSES * N_BEATS, 1),
            "gflop_window_shared_latents": round(shared_gflop, 1),
            "pass_cpu_ms": spread(cpu_ms(lambda: network(*one_pass))),
            "window_cpu_ms": spread(cpu_ms(lambda: assess(network, one))),
        }
    )
