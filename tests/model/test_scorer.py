"""The shipped model: what it says of windows, good and bad."""

import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from engine.backends.backend import NetworkOutputs
from engine.beats import beats_of
from engine.checkpoint import load_checkpoint
from engine.grid import WINDOW_N
from engine.localize import localize
from engine.preprocess import MAP_N, ModelInput
from engine.quality import quality_of
from engine.scorer import WEIGHTS, Scorer, load_scorer
from engine.signals import condition
from engine.window import Window


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return load_scorer()


def score(scorer, *found):
    windows, qualities, beats = zip(*found, strict=True)
    return scorer.score(condition(windows), qualities, beats)


def test_windows_are_scored_in_one_call(scorer, ecg, judged):
    calls = []

    class Counting:
        name = "counting"

        def run(self, batch: ModelInput) -> NetworkOutputs:
            calls.append(len(batch.signal))
            return scorer._backend.run(batch)

    counting = Scorer(Counting(), scorer._normality)
    flat = judged(np.zeros((12, WINDOW_N), np.float32))
    maps = score(counting, judged(ecg(1)), flat, judged(ecg(2)))
    assert calls == [2]
    assert [one.reason for one in maps] == [None, "flat", None]
    alone = score(scorer, judged(ecg(2)))[0]
    assert maps[2].score == pytest.approx(alone.score, abs=1e-4)
    assert maps[0].map.shape == (12, MAP_N)
    assert maps[0].threshold == 1.0


def test_a_network_without_numbers_is_never_taken_for_normal(scorer, ecg, judged):
    class Broken:
        name = "broken"

        def run(self, batch: ModelInput) -> NetworkOutputs:
            sound = scorer._backend.run(batch)
            features = sound.features.copy()
            features[0] = np.nan
            return replace(sound, features=features)

    first, second = score(Scorer(Broken(), scorer._normality), judged(ecg(1)), judged(ecg(2)))
    assert (first.assessed, first.reason, first.map.any()) == (False, "model failing", False)
    assert second.assessed


def test_alarms_can_name_the_exact_weights(scorer):
    assert scorer.model == f"mcr@{load_checkpoint(WEIGHTS / 'mcr.safetensors').sha256[:12]}"


@pytest.mark.parametrize("kind", ["starting", "gap", "lead off", "flat"])
def test_what_cannot_be_assessed_says_why(scorer, ecg, judged, kind):
    x, valid, end, off = ecg(1), np.ones((12, WINDOW_N), np.bool_), WINDOW_N, np.zeros(12, np.bool_)
    match kind:
        case "starting":
            valid[:, :2000], end = False, 500
        case "gap":
            valid[:, 300:2300] = False
        case "lead off":
            off[:] = True
        case "flat":
            x = np.zeros_like(x)
    window = Window("ward.1", end, np.where(valid, x, 0), valid, np.ones(12, np.bool_), off)
    quality = quality_of(window)
    (found,) = scorer.score(condition([window]), [quality], [beats_of(window, quality)])
    assert found.reason == kind
    assert np.isnan(found.score)
    assert not found.anomalous
    assert not found.map.any()
    assert localize(found) == ()


@pytest.mark.parametrize("leads", [(1,), (1, 6), (0, 1, 2, 3, 4, 5), tuple(range(12))])
def test_missing_leads_alone_make_nothing_anomalous(scorer, ecg, judged, leads):
    whole = ecg(1)
    few = np.full_like(whole, np.nan)
    few[list(leads)] = whole[list(leads)]
    (found,) = score(scorer, judged(few))
    assert found.assessed
    absent = [lead for lead in range(12) if lead not in leads]
    assert not found.map[absent].any()


def test_absurd_amplitude_is_anomalous_and_finite(scorer, ecg, judged):
    normal, huge = score(scorer, judged(ecg(1)), judged(ecg(1) * 40))
    assert np.isfinite(huge.score)
    assert huge.score > normal.score
    assert huge.anomalous


def test_same_window_same_bits(scorer, ecg, judged):
    one, two = (score(scorer, judged(ecg(3)))[0] for _ in range(2))
    assert one.score == two.score
    np.testing.assert_array_equal(one.map, two.map)


def test_package_is_small_and_its_graph_belongs_to_its_checkpoint():
    files = [WEIGHTS / f"mcr.{extension}" for extension in ("safetensors", "onnx", "md")]
    assert sum(path.stat().st_size for path in files) < 10e6
    load_scorer()  # refuses a graph of another checkpoint
    assert load_checkpoint(files[0]).training["seed"] == 0


def test_monitor_scores_without_torch():
    code = "import sys; from engine.scorer import load_scorer; load_scorer(); print('torch' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"


def test_reference_backend_gives_the_same_scores(scorer, ecg, judged):
    reference = load_scorer(backend="torch")
    for seed in (1, 2):
        (left,), (right,) = score(scorer, judged(ecg(seed))), score(reference, judged(ecg(seed)))
        assert left.score == pytest.approx(right.score, abs=1e-3)
        np.testing.assert_allclose(left.map, right.map, atol=2e-3)
