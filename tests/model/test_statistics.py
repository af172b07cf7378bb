import numpy as np
import pytest

from engine.models.features import LEAD_FEATURES, RHYTHM_FEATURES, beat_shape, lead_features, rhythm_features
from engine.models.gaussian import LeadGroups, fit_whitening
from engine.preprocess import prepare, stack


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
    batch = stack([prepare(*judged(ecg(seed))) for seed in (1, 2)])
    expected = np.nanmedian(np.where(batch.beats_valid > 0, batch.beats, np.nan), axis=1)
    np.testing.assert_allclose(beat_shape(batch), expected, atol=1e-6)


def test_lead_without_beats_has_no_features(ecg, judged):
    x = ecg(1)
    x[5] = np.nan
    features = lead_features(stack([prepare(*judged(x))]))
    assert np.isnan(features[0, 5]).all()
    assert np.isfinite(np.delete(features[0], 5, axis=0)).all()


@pytest.mark.parametrize(("rr", "n_known"), [([], 0), ([0.8], 1), ([0.8, 0.8, 1.6], 5)])
def test_rhythm_is_measured_as_far_as_there_are_intervals(rr, n_known):
    row = np.full((1, 15), np.nan, np.float32)
    row[0, : len(rr)] = rr
    assert np.isfinite(rhythm_features(row)).sum() == n_known


def test_groups_with_a_missing_lead_have_no_distance():
    n_features = 2 * LEAD_FEATURES + RHYTHM_FEATURES
    groups = LeadGroups(
        np.array([[0.0, 1.0], [1.0, 2.0]]),
        np.zeros((2, n_features)),
        np.ones((2, n_features, 3)) / 100,
        np.zeros(2),
        np.ones(2),
    )
    per_lead = np.zeros((1, 12, LEAD_FEATURES))
    per_lead[0, 2] = np.nan
    found = groups.standard(per_lead, np.full((1, RHYTHM_FEATURES), np.nan))
    assert np.isfinite(found[0, 0])
    assert np.isnan(found[0, 1])
