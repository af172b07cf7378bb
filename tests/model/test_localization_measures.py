"""Measures of localization against cases that can be counted by hand."""

import numpy as np
import pytest

from engine.grid import FS_HZ, WINDOW_N
from engine.preprocess import MAP_HZ, MAP_N
from engine.span import Span
from training.evaluation import auc
from training.localization.measures import (
    leads_named,
    marked,
    matches,
    mean_interval,
    on_map,
    pooled_auc,
    pooled_interval,
    sample_auc,
    tally,
    touches,
)

EVERYWHERE = np.ones((12, WINDOW_N), np.bool_)


@pytest.fixture
def truth():
    mask = np.zeros((12, WINDOW_N), np.bool_)
    mask[3, 500:750] = mask[4, 500:600] = True
    return mask


def test_a_perfect_map_has_auc_one_a_constant_one_half_an_inverted_one_zero(truth):
    perfect = on_map(truth).astype(np.float32)
    assert sample_auc(perfect, truth, EVERYWHERE) == 1
    assert sample_auc(np.ones_like(perfect), truth, EVERYWHERE) == 0.5
    assert sample_auc(-perfect, truth, EVERYWHERE) == 0


def test_what_is_not_asked_does_not_count(truth):
    wrong = on_map(truth).astype(np.float32)
    wrong[7] = 2
    assert sample_auc(wrong, truth, EVERYWHERE) < 1
    asked = EVERYWHERE.copy()
    asked[7] = False
    assert sample_auc(wrong, truth, asked) == 1


def test_the_right_time_in_the_wrong_lead_is_wrong(truth):
    assert sample_auc(np.roll(on_map(truth), 5, axis=0).astype(np.float32), truth, EVERYWHERE) < 0.5


def test_truth_and_map_share_their_time_axis():
    mask = np.zeros((12, WINDOW_N), np.bool_)
    mask[0, 5 * FS_HZ :] = True
    assert np.flatnonzero(on_map(mask)[0])[0] == 5 * MAP_HZ
    assert on_map(mask).shape == (12, MAP_N)


def test_counts_in_bins_give_the_auc_of_the_values():
    rng = np.random.default_rng(0)
    positive = rng.random(4000) < 0.2
    values = rng.gamma(2, 0.3 + 0.4 * positive)
    assert float(pooled_auc(tally(values, positive))) == pytest.approx(auc(values, positive), abs=1e-3)
    assert float(pooled_auc(tally(np.ones(50), np.arange(50) < 9))) == 0.5


def test_intervals_of_resampled_records_hold_the_figure():
    rng = np.random.default_rng(1)
    counts = np.array([tally(rng.gamma(2, 1, 200) + (rng.random(200) < 0.3), rng.random(200) < 0.3)] * 8)
    low, high = pooled_interval(counts)
    assert low == pytest.approx(high) == pytest.approx(float(pooled_auc(counts[0])))
    # Two cases of one record move together: the mean of 0 and 1 by halves is any share of records.
    low, high = mean_interval([0.0, 0.0, 1.0, 1.0], ["a", "a", "b", "b"])
    assert (low, high) == (0.0, 1.0)
    assert all(np.isnan(mean_interval([], [])))


def test_onset_and_offset_errors_are_signed_milliseconds(truth):
    spans = [Span(3, 490, 770, 2.0), Span(3, 740, 760, 3.0), Span(8, 500, 750, 2.0)]
    (found,) = matches(spans, truth)
    assert (found.onset_ms, found.offset_ms) == (-40.0, 80.0)
    assert found.overlap == pytest.approx(250 / 280)
    assert matches([Span(3, 750, 800, 1.5)], truth) == ()
    assert matches([Span(3, 100, 501, 1.5)], truth)[0].offset_ms == (501 - 750) * 4


def test_leads_named_at_the_time_of_the_truth(truth):
    assert leads_named([Span(3, 510, 520, 2.0), Span(9, 510, 520, 2.0)], truth) == (0.5, 0.5)
    assert leads_named([Span(3, 510, 520, 2.0), Span(9, 1510, 1520, 2.0)], truth) == (1.0, 0.5)
    assert leads_named([Span(3, 1510, 1520, 2.0)], truth) is None


def test_a_span_is_a_hit_only_in_its_lead_and_time(truth):
    assert touches([Span(4, 590, 640, 2.0)], truth)
    assert not touches([Span(4, 600, 640, 2.0), Span(5, 500, 600, 2.0)], truth)
    assert not touches([], truth)
    # A span that began before the window still covers its beginning.
    assert marked([Span(0, -20, 10, 1.0)], (12, WINDOW_N)).sum() == 10
