"""Intervals and levels of made-up hearts."""

import numpy as np
import pytest

from engine.beatclass import BeatClass, BeatClasses
from engine.beats import beats_of
from engine.delineation.delineate import delineation_of
from engine.delineation.delineation import Delineation
from engine.grid import FS_HZ
from engine.intervals import Intervals, intervals_of
from engine.leads import LEADS
from engine.quality import quality_of


def classes_of(beats, klass=BeatClass.NORMAL):
    nothing = np.full(beats.r_peaks.size, np.nan, np.float32)
    return BeatClasses(beats.r_peaks, np.full(beats.r_peaks.size, klass, np.int8), nothing, nothing)


def measured(x, hops):
    window, quality, beats = list(hops(x, 10))[-1]
    return intervals_of(window, delineation_of(window, quality, beats), classes_of(beats)), beats


def test_intervals_of_sinus_rhythm(patient, hops):
    x, _ = patient(("sinus", 20))
    found, beats = measured(x, hops)
    assert found.n_beats == beats.r_peaks.size
    assert found.pr_ms == pytest.approx(161, abs=20)
    assert found.qrs_ms == pytest.approx(94, abs=20)
    assert 320 < found.qt_ms < 460
    rr_s = float(np.median(np.diff(beats.r_peaks))) / FS_HZ
    assert found.qtc_bazett_ms == pytest.approx(found.qt_ms / rr_s**0.5, rel=0.02)
    assert found.qtc_fridericia_ms == pytest.approx(found.qt_ms / rr_s ** (1 / 3), rel=0.02)
    assert np.abs(found.st_mv[:6]).max() < 0.05
    assert np.abs(found.st_mv[6:]).max() < 0.2  # healthy ST segments rise in V2 and V3
    assert found.t_mv[LEADS.index("II")] > 0 > found.t_mv[LEADS.index("aVR")]


def test_a_bundle_branch_block_is_wide(patient, hops):
    for block in ("lbbb", "rbbb"):
        x, _ = patient((block, 20))
        assert measured(x, hops)[0].qrs_ms > 120


def test_st_elevation_is_where_and_as_large_as_made(patient, hops):
    x, truth = patient(("st-elevation-anterior", 60))
    last = x[:, -20 * FS_HZ :]
    found, _ = measured(last, hops)
    raised = {span.lead for span in truth.spans if span.label == "ST elevation"}
    assert raised
    for lead in raised:
        assert found.st_mv[LEADS.index(lead)] > 0.07, lead
    rest = [k for k, lead in enumerate(LEADS) if lead not in {span.lead for span in truth.spans}]
    assert np.abs(found.st_mv[rest]).max() < 0.12


def test_an_offset_moves_no_level_and_a_gain_scales_them(ecg, window_of):
    x = ecg(np.arange(0.6, 9.6, 0.8))
    found = []
    for signal in (x, x + np.float32(30), np.float32(2) * x):
        window = window_of(signal)
        quality = quality_of(window)
        beats = beats_of(window, quality)
        found.append(intervals_of(window, delineation_of(window, quality, beats), classes_of(beats)))
    plain, raised, doubled = found
    np.testing.assert_allclose(raised.t_mv, plain.t_mv, atol=0.02)
    np.testing.assert_allclose(doubled.t_mv, 2 * plain.t_mv, atol=0.02)
    assert raised.qt_ms == pytest.approx(plain.qt_ms, abs=8)


def test_ectopic_beats_take_no_part(ecg, window_of):
    window = window_of(ecg(np.arange(0.6, 9.6, 0.8)))
    quality = quality_of(window)
    beats = beats_of(window, quality)
    only_ectopic = classes_of(beats, BeatClass.VENTRICULAR)
    assert intervals_of(window, delineation_of(window, quality, beats), only_ectopic).n_beats == 0


def test_nothing_measurable_is_nan(ecg, window_of):
    window = window_of(ecg([], noise_mv=0.01))
    quality = quality_of(window)
    beats = beats_of(window, quality)
    found = intervals_of(window, Delineation.empty(beats.r_peaks), classes_of(beats))
    unknown = Intervals.unknown()
    assert found.n_beats == unknown.n_beats == 0
    assert np.isnan([found.pr_ms, found.qrs_ms, found.qt_ms, found.qtc_bazett_ms]).all()
    assert np.isnan(found.st_mv).all() and found.st_mv.shape == (12,)


def test_a_gap_over_the_st_segment_leaves_it_unmeasured_in_that_lead(ecg, window_of):
    beats_s = np.arange(0.6, 9.6, 0.8)
    valid = np.ones((12, 2500), bool)
    for beat_s in beats_s:
        first = round((beat_s + 0.06) * FS_HZ)
        valid[3, first : first + 20] = False
    window = window_of(ecg(beats_s), valid)
    quality = quality_of(window)
    beats = beats_of(window, quality)
    found = intervals_of(window, delineation_of(window, quality, beats), classes_of(beats))
    assert np.isnan(found.st_mv[3]) and np.isfinite(np.delete(found.st_mv, 3)).all()
