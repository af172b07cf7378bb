import numpy as np
import pytest

from engine.models.features import at_rate_60, beat_shape, rhythm_features, stretch_features
from engine.models.gaussian import fit_factors, fit_whitening
from engine.preprocess import BEFORE_R_N, input_of, stack


def test_whitened_features_are_independent_with_variance_one():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(500, 8)) @ rng.normal(size=(8, 8)) + 3
    mean, whiten = fit_whitening(x, 5)
    z = (x - mean) @ whiten
    np.testing.assert_allclose(z.T @ z / len(z), np.eye(5), atol=1e-9)


def test_components_without_variance_are_left_out():
    x = np.repeat(np.random.default_rng(0).normal(size=(50, 2)), 3, axis=1)
    assert fit_whitening(x, 6)[1].shape == (6, 2)


def test_typical_beat_is_the_median_of_real_samples(ecg, judged):
    batch = stack([input_of(*judged(ecg(seed))) for seed in (1, 2)])
    expected = np.nanmedian(np.where(batch.beats_valid > 0, batch.beats, np.nan), axis=1)
    np.testing.assert_allclose(beat_shape(batch), expected, atol=1e-6)


def test_lead_without_beats_has_no_features(ecg, judged):
    x = ecg(1)
    x[5] = np.nan
    for features in stretch_features(stack([input_of(*judged(x))])):
        assert np.isnan(features[0, 5, :-1]).all()
        assert np.isfinite(np.delete(features[0], 5, axis=0)).all()


@pytest.mark.parametrize("rr_s", [0.5, 0.7, 1.3])
def test_t_waves_of_fast_and_slow_hearts_come_to_lie_on_one_another(rr_s):
    t_s = (np.arange(80) - BEFORE_R_N) / 100
    qrs = np.exp(-0.5 * (t_s / 0.015) ** 2)
    peak_s = 0.06 + 0.24 * np.sqrt(rr_s)
    shape = np.tile(qrs + 0.3 * np.exp(-0.5 * ((t_s - peak_s) / 0.04) ** 2), (1, 12, 1))
    rated = at_rate_60(shape, np.full((1, 15), rr_s, np.float32))
    assert t_s[40:][rated[0, 3, 40:].argmax()] == pytest.approx(0.30, abs=0.015)
    np.testing.assert_allclose(rated[..., : BEFORE_R_N + 6], shape[..., : BEFORE_R_N + 6])


def test_beat_without_intervals_keeps_its_time():
    shape = np.random.default_rng(0).normal(size=(1, 12, 80))
    np.testing.assert_allclose(at_rate_60(shape, np.full((1, 15), np.nan, np.float32)), shape)


@pytest.mark.parametrize(("rr", "n_known"), [([], 0), ([0.8], 1), ([0.8, 0.8, 1.6], 5)])
def test_rhythm_is_measured_as_far_as_there_are_intervals(rr, n_known):
    row = np.full((1, 15), np.nan, np.float32)
    row[0, : len(rr)] = rr
    assert np.isfinite(rhythm_features(row)).sum() == n_known


def correlated(n: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Features of `n` records with three factors behind all leads and the rhythm."""
    rng = np.random.default_rng(seed)
    image = np.random.default_rng(7).normal(size=(3, 12 * 4 + 2))
    x = rng.normal(size=(n, 3)) @ image + 0.1 * rng.normal(size=(n, 50))
    return x[:, :48].reshape(n, 12, 4), x[:, 48:]


def test_distance_counts_the_factors_that_are_far_from_normal():
    model = fit_factors(*correlated(400, 0), k=3)
    per_lead, rhythm = correlated(400, 1)
    assert model.distances(per_lead, rhythm).mean() == pytest.approx(3, rel=0.15)
    thrice = model.mean + 3 * (per_lead - model.mean), model.rhythm_mean + 3 * (rhythm - model.rhythm_mean)
    np.testing.assert_allclose(model.distances(*thrice), 9 * model.distances(per_lead, rhythm))


def test_missing_leads_are_inferred_from_those_that_are_there():
    model = fit_factors(*correlated(400, 0), k=3)
    per_lead, rhythm = correlated(50, 1)
    whole = model.distances(per_lead, rhythm)
    few = per_lead.copy()
    few[:, 3:] = np.nan
    np.testing.assert_allclose(model.distances(few, rhythm), whole, rtol=0.35, atol=0.2)
    assert np.isfinite(model.distances(few, np.full_like(rhythm, np.nan))).all()
    assert np.isnan(model.distances(np.full_like(few, np.nan), rhythm)).all()


def test_factors_are_fewer_than_a_handful_of_records():
    per_lead, rhythm = correlated(8, 0)
    assert np.isfinite(fit_factors(per_lead, rhythm, k=80).distances(per_lead, rhythm)).all()
