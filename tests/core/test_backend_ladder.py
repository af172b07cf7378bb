"""A backend that fails while the core runs: a banner and an alarm, every window scored, all else the same."""

import numpy as np
from core_bedside import Device, signal
from core_thread import core_running
from test_core import send, watch

from engine.backends.ladder import Ladder, Rung
from engine.backends.rungs import Model, load_backend
from engine.checkpoint import load_checkpoint
from engine.scorer import WEIGHTS, Scorer
from monitor.alarms.alarm import AlarmEvent
from monitor.commands.listen import add_arguments, core_options
from monitor.feed import FeedReader
from monitor.pipeline import Pipeline
from monitor.readers.guarded import GuardedScorer
from monitor.update import BedUpdate, CoreStatus

FAILS_AT = 4


def failing_scorer(fails_at):
    """A scorer whose first backend fails from a batch on; ONNX Runtime is next."""
    path = WEIGHTS / "mcr.safetensors"
    checkpoint = load_checkpoint(path)
    sound = load_backend(Model(checkpoint, path), "onnx")

    class Faulty:
        name = "tensorrt"
        n_runs = 0

        def run(self, batch):
            self.n_runs += 1
            if self.n_runs >= fails_at:
                raise RuntimeError("CUDA error: device lost")
            return sound.run(batch)

    rungs = [Rung("tensorrt", lambda say: Faulty()), Rung("onnx", lambda say: sound)]
    ladder = Ladder(rungs, lambda backend, precision: None, asked="tensorrt")
    return Scorer(ladder, checkpoint.normality, "mcr")


def test_windows_and_alarms_are_those_of_a_backend_that_never_failed(scorer):
    guarded = GuardedScorer(failing_scorer(FAILS_AT))
    stepped = Device(Pipeline(guarded)).send(signal("tachycardia"))
    whole = Device(Pipeline(GuardedScorer(scorer))).send(signal("tachycardia"))
    assert guarded.backend == "onnx"
    assert guarded.state.failing is None and "device lost" in guarded.state.degraded
    scores = [[hop.score.score for hop in device.hops] for device in (stepped, whole)]
    assert np.isfinite(scores[0][10:]).all() and len(scores[0]) > FAILS_AT + 10
    np.testing.assert_array_equal(*scores)
    assert stepped.raised == whole.raised


def test_a_core_says_it_in_a_banner_and_an_alarm(tmp_path):
    with core_running(failing_scorer(1), tmp_path) as core, FeedReader(core.feed) as feed:
        first = watch(feed, lambda v: isinstance(v, CoreStatus))[-1]
        send(core, signal("tachycardia"))
        got = watch(feed, lambda v: isinstance(v, AlarmEvent) and v.alarm.name == "backend_degraded")
        status = watch(feed, lambda v: isinstance(v, CoreStatus) and v.backend == "onnx")[-1]
    assert first.backend == "tensorrt" and first.banners == ()
    sentence = "tensorrt failed: CUDA error: device lost; the model runs on onnx"
    assert f"BACKEND DEGRADED, alarms go on: {sentence}" in status.banners
    raised = {v.alarm.name: v.alarm for v in got if isinstance(v, AlarmEvent)}
    assert raised["backend_degraded"].text == f"BACKEND DEGRADED {sentence}"
    assert all(v.reason != "model failing" for v in got if isinstance(v, BedUpdate))


def test_the_choice_of_backend_reaches_the_core():
    import argparse

    parser = argparse.ArgumentParser()
    add_arguments(parser)
    chosen = parser.parse_args(["--backend", "tensorrt", "--precision", "bf16"])
    words = core_options(chosen)
    assert words[words.index("--backend") + 1] == "tensorrt"
    assert words[words.index("--precision") + 1] == "bf16"
    assert parser.parse_args([]).backend == "auto"


def test_a_core_without_a_gpu_starts_on_the_cpu_and_says_why(tmp_path, monkeypatch):
    """The whole path: an option, a process, its banner."""
    from monitor.core.child import CoreChild

    free = "tcp://127.0.0.1:0"
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    options = [free, "--feed", free, "--commands", free, "--journal", str(tmp_path), "--backend", "tensorrt"]
    with CoreChild(options) as core, FeedReader(core.feed) as feed:
        status = watch(feed, lambda v: isinstance(v, CoreStatus))[-1]
    assert status.backend == "onnx"
    (banner,) = status.banners
    assert banner.startswith("BACKEND DEGRADED, alarms go on: tensorrt cannot serve: no NVIDIA GPU")
