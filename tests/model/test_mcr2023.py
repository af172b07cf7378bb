"""The published network: its size, its masks, its input and its score, against the definitions."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from engine.beats import beats_of
from engine.errors import ConfigurationError, ModelError
from engine.grid import WINDOW_N
from engine.models.mcr2023.checkpoint import Mcr2023Checkpoint, Scale, load_mcr2023, save_mcr2023
from engine.models.mcr2023.config import BEAT_N, BEFORE_R_N, Mcr2023Config
from engine.models.mcr2023.config import WINDOW_N as PUBLISHED_N
from engine.models.mcr2023.inputs import prepare_published
from engine.models.mcr2023.masks import scoring_masks, training_masks
from engine.models.mcr2023.network import PublishedNetwork
from engine.models.mcr2023.passes import assess
from engine.models.mcr2023.scorer import Mcr2023Scorer
from engine.models.mcr2023.trend import trend_of
from engine.preprocess import MAP_N
from engine.quality import quality_of
from engine.scorer import WEIGHTS, load_scorer
from engine.signals import condition
from engine.window import Window

TINY = Mcr2023Config(width=2, latent=4)
SCALE = Scale(hidden=False, zero=0.0, one=1.0, map_unit=np.ones(12))


@pytest.fixture(scope="module")
def network() -> PublishedNetwork:
    torch.manual_seed(0)
    return PublishedNetwork(TINY).eval()


@pytest.fixture(scope="module")
def scorer(network) -> Mcr2023Scorer:
    return Mcr2023Scorer(network, SCALE)


@pytest.fixture
def checkpoint(network, tmp_path):
    path = tmp_path / "mcr-2023.safetensors"
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    save_mcr2023(Mcr2023Checkpoint(TINY, weights, SCALE, {"seed": 3}), path)
    return path


def score(scorer, *found):
    windows, qualities, beats = zip(*found, strict=True)
    return scorer.score(condition(windows), qualities, beats)


def test_network_has_the_published_size():
    network = PublishedNetwork(Mcr2023Config()).eval()
    assert sum(one.numel() for one in network.parameters()) == 7_085_779
    window, beat = torch.zeros(1, 12, PUBLISHED_N), torch.zeros(1, 12, BEAT_N)
    with FlopCounterMode(display=False) as counter:
        restored = network(window, beat, window)
    assert counter.get_total_flops() == 1_815_529_600
    assert restored.window.shape == restored.trend.shape == window.shape
    assert restored.beat.shape == beat.shape
    assert restored.window_log_var.shape == (1, 1, PUBLISHED_N)
    assert restored.beat_log_var.shape == (1, 1, BEAT_N)


def test_the_branches_see_each_other(network):
    window, beat = torch.zeros(1, 12, PUBLISHED_N), torch.zeros(1, 12, BEAT_N)
    with torch.no_grad():
        base = network(window, beat, window)
        other_beat = network(window, beat + 0.5, window)
        other_window = network(window + 0.5, beat, window)
    assert not torch.equal(base.window, other_beat.window)
    assert not torch.equal(base.beat, other_window.beat)


def test_training_masks_hide_thirty_percent():
    for seed in range(20):
        window, beat = training_masks(np.random.default_rng(seed))
        patches = window.reshape(100, 48)
        assert set(patches.sum(axis=1).tolist()) == {0, 48}
        assert patches.any(axis=1).sum() == 30
        at = np.flatnonzero(beat)
        assert at.size == 144
        assert at[-1] - at[0] == 143
        assert at[0] > 0
        assert at[-1] < BEAT_N - 1


def test_scoring_masks_are_disjoint_and_hide_nine_tenths_together():
    window, beat = scoring_masks()
    assert window.sum(axis=0).max() == 1
    assert window.any(axis=0).mean() == pytest.approx(0.9)
    assert (beat.sum(axis=1) == 100).all()
    np.testing.assert_array_equal(np.flatnonzero(beat.any(axis=0)), np.arange(20, 220))


def test_trend_is_the_change_of_a_moving_average():
    x = np.random.default_rng(0).normal(size=(2, 12, 300)).astype(np.float32)
    found = trend_of(torch.from_numpy(x)).numpy()
    for one, trend in zip(x, found, strict=True):
        average = np.stack([np.convolve(row, np.ones(10) / 10, "valid") for row in one])
        steps = np.pad(np.diff(average, axis=1), ((0, 0), (5, 5)))
        expected = 2 * (steps - steps.min()) / (steps.max() - steps.min()) - 1
        np.testing.assert_allclose(trend, expected, atol=1e-5)
    assert not trend_of(torch.ones(1, 12, 300)).any()


def test_input_is_scaled_and_forgets_amplitude(ecg, judged):
    one = prepare_published(*judged(ecg(1)))
    assert one.window.shape == one.valid.shape == (12, PUBLISHED_N)
    np.testing.assert_allclose(one.whole.min(axis=1), -1)
    np.testing.assert_allclose(one.whole.max(axis=1), 1)
    assert (one.r_peaks.size, one.valid.all()) == (pytest.approx(10, abs=3), True)
    larger = prepare_published(*judged(2 * ecg(1)))
    np.testing.assert_allclose(larger.whole, one.whole, atol=1e-4)
    lead_ii = 1
    for k in range(one.r_peaks.size):
        beat = one.beat(k)
        assert (beat.min(), beat.max()) == (-1, 1)
        assert abs(int(beat[lead_ii].argmax()) - BEFORE_R_N) <= 10


@pytest.mark.parametrize(("f_hz", "share"), [(0.3, 0.008), (1, 0.5), (5, 1), (25, 0.5), (70, 0.013)], ids=str)
def test_input_keeps_the_published_band(ecg, judged, f_hz, share):
    t = np.arange(WINDOW_N) / 250
    one = np.sin(2 * np.pi * f_hz * t) + np.sin(2 * np.pi * 8 * t)
    window, quality, beats = judged(ecg(1))
    window = replace(window, x=np.tile(one.astype(np.float32), (12, 1)))
    whole = prepare_published(window, quality, beats).whole[0]
    spectrum = np.abs(np.fft.rfft(whole * np.hanning(whole.size)))
    assert spectrum[round(10 * f_hz)] / spectrum[80] == pytest.approx(share, rel=0.1)


def test_flat_and_missing_leads_are_zero(ecg, judged):
    x = ecg(1)
    x[3], x[7] = 0.25, np.nan
    one = prepare_published(*judged(x))
    assert not one.whole[[3, 7]].any()
    assert not one.whole_valid[[3, 7]].any()
    assert one.whole[[0, 1, 2]].any()
    assert not one.beat(0)[[3, 7]].any()


def test_without_an_r_peak_a_piece_of_the_middle_stands_for_a_beat(ecg, judged, scorer):
    window, quality, beats = judged(ecg(1))
    none = replace(beats, r_peaks=beats.r_peaks[:0], votes=beats.votes[:0])
    one = prepare_published(window, quality, none)
    assert one.beat(0).shape == (12, BEAT_N)
    (found,) = scorer.score(condition([window]), [quality], [none])
    assert np.isfinite(found.score)


def test_shared_latents_change_nothing(network, ecg, judged):
    one = prepare_published(*judged(ecg(4)))
    window = torch.from_numpy(one.window.copy())[None]
    every, hidden = [], []
    for k in range(one.r_peaks.size):
        beat = torch.from_numpy(one.beat(k))[None]
        for wm, bm in zip(*scoring_masks(), strict=True):
            with torch.no_grad():
                passed = network(
                    window * ~torch.from_numpy(wm), beat * ~torch.from_numpy(bm), trend_of(window)
                )
            of_window = ((passed.window - window) ** 2 * torch.exp(-passed.window_log_var)).numpy()
            of_beat = ((passed.beat - beat) ** 2 * torch.exp(-passed.beat_log_var)).numpy()
            of_trend = ((passed.trend - window) ** 2).numpy().mean()
            every.append(of_window.mean() + of_beat.mean() + of_trend)
            hidden.append(of_window[..., wm].mean() + of_beat[..., bm].mean() + of_trend)
    np.testing.assert_allclose(assess(network, one).errors, [np.mean(every), np.mean(hidden)], rtol=1e-4)


def test_what_was_not_received_does_not_count(network, ecg, judged):
    whole, few = ecg(5), ecg(5)
    few[6:] = np.nan
    few = assess(network, prepare_published(*judged(few)))
    assert not few.map[6:].any()
    assert few.map[:6].any()
    assert np.isfinite(few.errors).all()
    assert few.map.shape == assess(network, prepare_published(*judged(whole))).map.shape == (12, MAP_N)


@pytest.mark.parametrize("kind", ["gap", "flat", "lead off", "starting", "noise"])
def test_every_window_has_a_score_or_a_reason(scorer, ecg, judged, kind):
    window, _, _ = judged(ecg(1))
    x, valid, end, off = window.x.copy(), window.valid.copy(), WINDOW_N, np.zeros(12, np.bool_)
    match kind:
        case "gap":
            valid[:, : 7 * 250] = False  # a record of three seconds
        case "flat":
            x[:] = 0
        case "lead off":
            off[:] = True
        case "starting":
            end = 500
        case "noise":
            x[:] = np.random.default_rng(0).normal(0, 1, x.shape)
    window = Window("ward.1", end, np.where(valid, x, 0), valid, window.present, off)
    quality = quality_of(window)
    (found,) = scorer.score(condition([window]), [quality], [beats_of(window, quality)])
    assert (found.reason, np.isnan(found.score), found.map.any()) == (kind, True, False)


@pytest.mark.parametrize("leads", [(1,), (1, 6), (0, 1, 2, 3, 4, 5), tuple(range(12))])
def test_any_leads_give_a_finite_score(scorer, ecg, judged, leads):
    few = np.full((12, WINDOW_N), np.nan, np.float32)
    few[list(leads)] = ecg(1)[list(leads)]
    few[leads[0], 700:900] = np.nan
    (found,) = score(scorer, judged(few))
    assert found.assessed
    assert np.isfinite(found.score)
    assert np.isfinite(found.map).all()


def test_same_window_same_score_in_any_batch(scorer, ecg, judged):
    first, second = score(scorer, judged(ecg(1)), judged(ecg(2)))
    (alone,) = score(scorer, judged(ecg(2)))
    assert second.score == alone.score != first.score
    np.testing.assert_array_equal(second.map, alone.map)


def test_a_network_without_numbers_is_never_taken_for_normal(ecg, judged):
    broken = PublishedNetwork(TINY)
    with torch.no_grad():
        broken.norm.weight.fill_(torch.nan)
    (found,) = score(Mcr2023Scorer(broken, SCALE), judged(ecg(1)))
    assert found.reason == "model failing"


def test_checkpoint_goes_through_the_common_door(checkpoint, scorer, ecg, judged):
    loaded = load_scorer("mcr-2023", "torch", weights=checkpoint.parent)
    assert (loaded.model, loaded.backend) == (f"mcr-2023@{load_mcr2023(checkpoint).sha256[:12]}", "torch")
    assert score(loaded, judged(ecg(1)))[0].score == score(scorer, judged(ecg(1)))[0].score
    assert load_mcr2023(checkpoint).training == {"seed": 3}
    with pytest.raises(ConfigurationError, match="choose --backend torch"):
        load_scorer("mcr-2023", "onnx", weights=checkpoint.parent)


def test_checkpoints_of_other_models_and_shapes_are_refused(checkpoint, network):
    with pytest.raises(ModelError, match=r"format 'ecg-monitor mcr 1', expected 'ecg-monitor mcr-2023 1'"):
        load_mcr2023(WEIGHTS / "mcr.safetensors")
    found = load_mcr2023(checkpoint)
    save_mcr2023(replace(found, config=Mcr2023Config()), checkpoint)
    with pytest.raises(ModelError, match="do not fit the configuration"):
        load_scorer("mcr-2023", "torch", weights=checkpoint.parent)
    with pytest.raises(ModelError, match="positive integers"):
        Mcr2023Config.from_dict({"width": 0, "latent": 4, "heads": 2})
    with pytest.raises(ModelError, match="scale of its scores"):
        Scale.from_arrays({"score": np.zeros(2)})
