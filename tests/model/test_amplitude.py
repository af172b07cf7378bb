from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.amplitude import USUAL_MV, UsualSize, at_usual_size
from engine.beats import beats_of
from engine.leads import LEADS, LeadMap
from engine.preprocess import MIN_SCALE_MV, input_of
from engine.quality import LeadState, quality_of
from engine.scorer import load_scorer
from engine.signals import condition

GAINS = st.lists(st.floats(-4, 4).map(lambda e: 10.0**e), min_size=12, max_size=12)
OFFSETS = st.lists(st.floats(-50, 50), min_size=12, max_size=12)


@pytest.fixture(scope="module")
def scorer():
    return load_scorer()


def in_other_units(window, gains, offsets=(0.0,) * 12):
    gains = np.array(gains)[:, None]
    x = np.where(window.valid, gains * (window.x + np.array(offsets)[:, None]), 0)
    return replace(window, x=x.astype(np.float32), calibrated=False)


def score_of(scorer, window):
    sized = at_usual_size(window)
    quality = quality_of(sized)
    beats = beats_of(sized, quality)
    return scorer.score(condition([sized]), [quality], [beats])[0], quality, beats


@settings(max_examples=15, deadline=None)
@given(gains=GAINS, offsets=OFFSETS, seed=st.integers(0, 3))
def test_no_gain_or_offset_of_any_lead_changes_what_is_found(ecg, judged, scorer, gains, offsets, seed):
    window, _, _ = judged(ecg(seed))
    score, quality, beats = score_of(scorer, in_other_units(window, np.ones(12)))
    other, other_quality, other_beats = score_of(scorer, in_other_units(window, gains, offsets))
    assert score.assessed and other.score == pytest.approx(score.score, rel=1e-3, abs=1e-3)
    assert other_quality.state == quality.state
    assert np.array_equal(other_beats.r_peaks, beats.r_peaks)


def test_powers_of_two_change_not_one_bit(ecg, judged, scorer):
    window, _, _ = judged(ecg(5))
    one, _, _ = score_of(scorer, in_other_units(window, np.ones(12)))
    other, _, _ = score_of(scorer, in_other_units(window, 2.0 ** np.arange(-6, 6)))
    assert one.score == other.score and np.array_equal(one.map, other.map)


def test_every_lead_is_brought_to_its_usual_size(ecg, judged):
    window, _, _ = judged(ecg(1))
    sized = at_usual_size(in_other_units(window, np.linspace(0.01, 300, 12)))
    quality = quality_of(sized)
    prepared = input_of(sized, quality, beats_of(sized, quality))
    assert prepared.scale == pytest.approx(USUAL_MV, rel=1e-3)
    assert prepared.beats_valid.any() and prepared.scale.min() > MIN_SCALE_MV


def test_a_window_in_millivolts_is_left_as_it_is(ecg, judged):
    window, _, _ = judged(ecg(1))
    assert at_usual_size(window) is window


def test_a_lead_that_stands_still_stays_flat_whatever_its_level(ecg, judged):
    window, _, _ = judged(ecg(1))
    x = window.x.copy()
    x[3], x[4] = 12345.678, 0.0
    sized = at_usual_size(replace(window, x=x, calibrated=False))
    assert quality_of(sized).state[3:5] == (LeadState.FLAT,) * 2
    assert np.isfinite(sized.x).all()


def test_what_is_left_without_heartbeats_keeps_the_size_it_had(ecg, judged):
    window, _, _ = judged(ecg(1))
    noise = np.random.default_rng(0).normal(0, 0.01, window.x.shape)
    silent = replace(window, x=(500 * noise).astype(np.float32), calibrated=False)
    size = UsualSize()
    size.of(in_other_units(window, np.full(12, 500.0)))
    kept = size.of(silent)
    assert beats_of(kept, quality_of(kept)).r_peaks.size == 0
    assert np.std(kept.x, axis=1).min() > 0.005 and np.std(kept.x, axis=1).max() < 0.1


def test_after_a_reset_each_window_is_its_own_measure(ecg, judged):
    window, _, _ = judged(ecg(1))
    size = UsualSize()
    size.of(in_other_units(window, np.full(12, 500.0)))
    size.reset()
    other = in_other_units(window, np.full(12, 0.2))
    assert np.array_equal(size.of(other).x, at_usual_size(other).x)


def test_leads_of_unknown_gain_are_not_added_up():
    assert LeadMap.from_names(["I", "II"], derive=False).derived == ()
    absent = LeadMap.from_names(["I", "II"], derive=False).absent
    assert absent == tuple(lead for lead in LEADS if lead not in ("I", "II"))
