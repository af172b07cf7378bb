"""Where the time of one bed-second goes, stage by stage, beside what the arithmetic alone would take.

16 beds of 12 leads at 500 Hz are taken through the pipeline's own functions in one thread, one window of each
a second, `--batch` windows at once: what a call costs whatever its size counts the more, the fewer there are.
A stage's limit is what its arithmetic must take on this machine: its multiplications and additions
at the rate of a matrix product, or one reading and one writing of its arrays at the rate of an addition of
arrays that lie in the cache, whichever is longer; both rates are measured in the same run.
"""

import argparse
import math
from collections.abc import Callable
from functools import partial
from time import perf_counter
from typing import Any

import numpy as np
from bench_tools import finish, spread

from engine.beats import find_beats
from engine.classify.classify import classify
from engine.classify.memory import BeatMemory
from engine.delineation.delineate import delineate
from engine.grid import FS_HZ, WINDOW_N, WINDOW_S
from engine.intervals import measure_intervals
from engine.leads import LEADS, N_LEADS
from engine.localize import localize
from engine.models.features import beat_shape
from engine.preprocess import BEAT_N, MODEL_N, N_BEATS, prepare
from engine.quality import assess_quality
from engine.rhythm.history import History
from engine.rhythm.rhythm import follow
from engine.scorer import load_scorer
from engine.signals import condition
from engine.vitals import measure_vitals
from engine.window import Window
from monitor.feed.codec import encode as encode_update
from monitor.memory import keep_freed_memory
from monitor.pipeline import Pipeline, pipeline
from monitor.wire import Hello, Session, encode
from monitor.wire.limits import CHUNK_S
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story

BEDS = 16
SOURCE_HZ = 500
CHUNK_N = round(CHUNK_S * SOURCE_HZ)
WARM_UP_S = 12
PATIENTS = ("sinus", "pvc", "af", "lbbb", "pac", "bigeminy", "sinus", "tachycardia")

SAMPLES = N_LEADS * WINDOW_N
NETWORK_FLOP = 0.037e9
"""Of the network as trained (`bench models`); the exported one needs less."""


def fft_flop(n: int) -> float:
    """Of one real transform."""
    return 2.5 * n * math.log2(n)


LIMITS = {
    # stage: floating point operations, and bytes that must be read and written at least once
    "intake": (N_LEADS * FS_HZ * 26 * 2, N_LEADS * SOURCE_HZ * (2 + 4) + N_LEADS * FS_HZ * 10),
    "condition": (SAMPLES * 12 + N_LEADS * 2 * fft_flop(2700), SAMPLES * (5 + 4 + 4 + 2)),
    "quality": (SAMPLES * 3 + N_LEADS * fft_flop(WINDOW_N), SAMPLES * 5),
    "beats": (SAMPLES / 2 * 8, SAMPLES * 2 + SAMPLES / 2),
    "delineate": (SAMPLES * 4 * 7, SAMPLES * 4 * 3),
    "classify": (1.4 * 8 * N_LEADS * 66 * 7 * 2, SAMPLES * 4),
    "rhythm": (N_LEADS * 3 * fft_flop(1500), N_LEADS * 1500 * 8),
    "intervals": (SAMPLES * 0.2, SAMPLES * 0.2 * 4),
    "vitals": (WINDOW_N, WINDOW_N),
    "prepare": (N_LEADS * (fft_flop(2750) + fft_flop(5500)), SAMPLES * 4 + N_LEADS * MODEL_N * 8),
    "network": (NETWORK_FLOP, 2 * N_LEADS * (MODEL_N + N_BEATS * BEAT_N) * 4 * 2),
    "typical beat": (0, N_LEADS * N_BEATS * BEAT_N * 4),
    "statistics": (2 * 184_000, 184_000 * 4 / BEDS),
    "error map": (7 * N_LEADS * MODEL_N * 12, 7 * N_LEADS * MODEL_N * 4 * 2),
    "localize": (0, N_LEADS * MODEL_N * 4),
}


def rates() -> tuple[float, float]:
    """Floating point operations and bytes a second that this core does at best."""
    a, b = (np.random.default_rng(0).normal(size=(512, 512)).astype(np.float32) for _ in range(2))
    short, out = np.ones(32_768, np.float32), np.empty(32_768, np.float32)
    product = fastest(lambda: a @ b)
    added = fastest(lambda: np.add(short, short, out=out))
    return 2 * 512**3 / product, 3 * short.nbytes / added


def fastest(call: Callable[[], Any], n: int = 50) -> float:
    """Shortest of some runs, s."""
    taken = []
    for _ in range(n):
        start = perf_counter()
        call()
        taken.append(perf_counter() - start)
    return min(taken)


class Stopwatch:
    """Times calls by stage, and adds up those of a second."""

    def __init__(self) -> None:
        self.taken: dict[str, list[float]] = {}
        self._now: dict[str, float] = {}

    def __call__(self, stage: str, call: Callable[[], Any]) -> Any:
        start = perf_counter()
        result = call()
        self._now[stage] = self._now.get(stage, 0.0) + 1e9 * (perf_counter() - start) / BEDS
        return result

    def lap(self) -> None:
        """Close a second."""
        for stage, taken in self._now.items():
            self.taken.setdefault(stage, []).append(taken)
        self._now.clear()

    def forget(self) -> None:
        """Warm now."""
        self.taken.clear()


def ward(duration_s: float) -> list[tuple[Session, np.ndarray]]:
    """A session and a signal for each bed."""
    beds = []
    for number in range(BEDS):
        story = Story((PRESETS[PATIENTS[number % len(PATIENTS)]],), loop=True)
        signal = Patient(story, seed=number, fs_hz=SOURCE_HZ).read(round(duration_s * SOURCE_HZ)).samples
        hello = Hello(f"bench.{number}", f"device-{number}", LEADS, float(SOURCE_HZ), payload="int16")
        beds.append((Session(hello), signal))
    return beds


def measure(duration_s: float, batch: int) -> Stopwatch:
    """Second by second: messages in, windows through every stage, updates out."""
    watch, scorer, beds = Stopwatch(), load_scorer(), ward(WARM_UP_S + duration_s)
    beds_watched = Pipeline(scorer)
    memories, histories = [BeatMemory.empty()] * BEDS, [History.empty()] * BEDS
    for session, _ in beds:
        beds_watched.receive(encode(session.announce()), 0)
    for second in range(int(WARM_UP_S + duration_s)):
        if second == WARM_UP_S:
            watch.forget()
        now_ns = (second + 1) * 1_000_000_000
        places = range(second * SOURCE_HZ, (second + 1) * SOURCE_HZ, CHUNK_N)
        messages = [
            encode(session.data(signal[:, at : at + CHUNK_N])) for at in places for session, signal in beds
        ]
        watch("intake", partial(take_in, beds_watched, messages, now_ns))
        if second >= WINDOW_S:
            windows = [newest_window(beds_watched, f"bench.{number}") for number in range(BEDS)]
            for some in (slice(first, first + batch) for first in range(0, BEDS, batch)):
                memories[some], histories[some] = stages(
                    watch, scorer, windows[some], memories[some], histories[some]
                )
        outcomes = watch("the whole step", partial(drain, beds_watched, now_ns))
        watch("updates", partial(publish, outcomes))
        watch.lap()
    return watch


def newest_window(pipeline: Pipeline, bed: str) -> Window:
    """The last ten seconds."""
    newest = pipeline.known(bed).stream.snapshot(WINDOW_N)
    return Window(bed, newest.end_sample, newest.x, newest.valid, newest.present, newest.lead_off)


def take_in(pipeline: Pipeline, messages: list[list[bytes]], now_ns: int) -> None:
    """Decode, join, resample, store."""
    for parts in messages:
        pipeline.receive(parts, now_ns)


def drain(pipeline: Pipeline, now_ns: int) -> list[Any]:
    """All that is due, as the core does it."""
    outcomes = []
    while some := pipeline.step(lambda: now_ns):
        outcomes += some
    return outcomes


def publish(outcomes: list[Any]) -> None:
    """What viewers get."""
    for outcome in outcomes:
        encode_update(outcome.update)


def stages(
    watch: Stopwatch, scorer: Any, windows: list[Any], memories: list[BeatMemory], histories: list[History]
) -> tuple[list[BeatMemory], list[History]]:
    """The stages of a step one by one, on the same windows."""
    signals = watch("condition", lambda: condition(windows))
    qualities = watch("quality", lambda: assess_quality(signals))
    beats = watch("beats", lambda: find_beats(signals, qualities))
    delineations = watch("delineate", lambda: delineate(signals, qualities, beats))
    classes, memories = watch("classify", lambda: classify(signals, qualities, beats, delineations, memories))
    _, histories = watch("rhythm", lambda: follow(signals, qualities, classes, histories))
    watch("intervals", lambda: measure_intervals(signals, delineations, classes))
    watch("vitals", lambda: measure_vitals(beats, signals, qualities))
    batch = watch("prepare", lambda: prepare(signals, qualities, beats))
    outputs = watch("network", lambda: scorer._backend.run(batch))
    shape = watch("typical beat", lambda: beat_shape(batch))
    scores = watch("statistics", lambda: scorer._normality.scores(batch, outputs, shape))
    watch("error map", lambda: scorer._error_map.of(batch, shape, outputs, scores))
    maps = scorer.score(signals, qualities, beats)
    watch("localize", lambda: [localize(one) for one in maps])
    return memories, histories


def arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--batch", type=int, default=BEDS, help=f"windows at once, 1 to {BEDS}")
    return parser.parse_args()


if __name__ == "__main__":
    keep_freed_memory()  # as the core does
    chosen = arguments()
    pipeline.BATCH = pipeline.MAX_BATCH = chosen.batch  # type: ignore[misc]
    found = measure(chosen.seconds, chosen.batch).taken
    flop_rate, byte_rate = rates()
    table = {}
    for stage, taken in found.items():
        limit = None
        if stage in LIMITS:
            flop, moved = LIMITS[stage]
            limit = round(1e9 * max(flop / flop_rate, moved / byte_rate))
        table[stage] = {"ns_per_bed_second": spread(taken, 0), "limit_ns": limit}
    parts = [stage for stage in LIMITS if stage in table and stage != "intake"]
    step = float(np.median(found["the whole step"]))
    rest = step - sum(float(np.median(found[stage])) for stage in parts)
    total = step + float(np.median(found["intake"])) + float(np.median(found["updates"]))
    finish(
        {
            "beds": BEDS,
            "batch": chosen.batch,
            "stages": table,
            "baseline_alarms_and_rest_ns": round(rest),
            "total_ns_per_bed_second": round(total),
            "beds_per_core_by_this": round(1e9 / total),
            "gflop_per_s": round(flop_rate / 1e9),
            "gbyte_per_s": round(byte_rate / 1e9),
        }
    )
