"""The beat chain over windows of many beds at once: each is judged as if it were alone."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.beatclass import BeatClass, BeatClasses
from engine.beats import Beats, find_beats
from engine.classify.classify import JUDGED_AGE_S, classify
from engine.classify.memory import BeatMemory
from engine.delineation.delineate import delineate
from engine.grid import FS_HZ, WINDOW_N
from engine.intervals import measure_intervals
from engine.leads import N_LEADS
from engine.quality import assess_quality
from engine.signals import condition


@pytest.fixture(scope="session")
def windows(patient, ecg, window_of):
    """Windows of very different beds, all of them ending at the same sample."""
    presets = ("sinus", "pvc", "vt", "af", "bradycardia", "tachycardia", "lbbb")
    found = [window_of(patient((name, 10))[0][:, :WINDOW_N]) for name in presets]
    x = patient(("sinus", 10))[0][:, :WINDOW_N]
    valid = np.ones((N_LEADS, WINDOW_N), bool)
    found.append(window_of(x, np.zeros((N_LEADS, WINDOW_N), bool)))  # no lead at all
    found.append(window_of(ecg([], noise_mv=0.01)))  # no beats
    found.append(window_of(ecg([5.0])))
    some = valid.copy()
    some[:, 4 * FS_HZ : 5 * FS_HZ] = False
    some[3, 1500:] = False
    found.append(window_of(x, some))
    few = valid & np.isin(np.arange(N_LEADS), (1, 6))[:, None]
    found.append(window_of(x, few, present=few.all(axis=1)))
    spiked = x.copy()
    spiked[:, 100::200] += 2.5
    found.append(window_of(spiked))
    return found


def prepared(windows):
    signals = condition(windows)
    qualities = assess_quality(signals)
    return signals, qualities, find_beats(signals, qualities)


CHOICE = st.lists(st.integers(0, 12), min_size=1, max_size=12)


@settings(max_examples=15, deadline=None)
@given(CHOICE)
def test_waves_are_marked_as_in_a_window_alone(windows, chosen):
    together = delineate(*prepared([windows[k] for k in chosen]))
    for k, found in zip(chosen, together, strict=True):
        (alone,) = delineate(*prepared([windows[k]]))
        np.testing.assert_array_equal(found.r_peaks, alone.r_peaks)
        np.testing.assert_array_equal(found.marks_ms, alone.marks_ms)
        np.testing.assert_array_equal(found.centres, alone.centres)
        np.testing.assert_allclose(found.p_coherence, alone.p_coherence, rtol=1e-5)
        assert found.marks_ms.flags.writeable is found.p_coherence.flags.writeable is False


def classified(windows, memories):
    prepared_ones = prepared(windows)
    return classify(*prepared_ones, delineate(*prepared_ones), memories)


def later(window):
    """The same signal, seen two seconds later."""
    return replace(window, end_sample=window.end_sample + 2 * FS_HZ)


@settings(max_examples=8, deadline=None)
@given(CHOICE)
def test_beats_are_classed_and_remembered_as_in_a_window_alone(windows, chosen):
    memories = [BeatMemory.empty()] * len(chosen)
    alone = dict.fromkeys(chosen, BeatMemory.empty())
    for seen in (windows, list(map(later, windows))):
        together, memories = classified([seen[k] for k in chosen], memories)
        expected = {}
        for k, memory in alone.items():
            (expected[k],), (alone[k],) = classified([seen[k]], [memory])
        for k, found, memory in zip(chosen, together, memories, strict=True):
            np.testing.assert_array_equal(found.klass, expected[k].klass)
            np.testing.assert_array_equal(found.qrs_ms, expected[k].qrs_ms)
            np.testing.assert_allclose(found.p_wave, expected[k].p_wave, rtol=1e-5)
            assert (memory.until, memory.own) == (alone[k].until, alone[k].own)
            np.testing.assert_allclose(memory.typical_rr_s, alone[k].typical_rr_s)
            for field in fields(memory.families):
                one, other = (getattr(of.families, field.name) for of in (memory, alone[k]))
                np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)


@settings(max_examples=15, deadline=None)
@given(CHOICE)
def test_intervals_are_those_of_a_window_alone(windows, chosen):
    unscaled = [replace(windows[k], calibrated=k != 1) for k in chosen]
    for one, found in zip(unscaled, measured(unscaled), strict=True):
        (alone,) = measured([one])
        for field in fields(found):
            np.testing.assert_array_equal(getattr(found, field.name), getattr(alone, field.name))
        assert found.st_mv.flags.writeable is False and found.st_mv.dtype == np.float32
        assert np.isnan(found.st_mv).all() or one.calibrated


def measured(windows):
    """Intervals of windows, every third beat of which is ventricular."""
    signals, qualities, beats = prepared(windows)
    delineations = delineate(signals, qualities, beats)
    classes = [BeatClasses.unknown(one.r_peaks) for one in beats]
    kinds = [np.where(np.arange(of.klass.size) % 3, 1, 3).astype(np.int8) for of in classes]
    named = [replace(of, klass=kind) for of, kind in zip(classes, kinds, strict=True)]
    return measure_intervals(signals, delineations, named)


def test_a_settled_beat_keeps_its_class_until_the_own_family_changes(windows):
    (first,), (memory,) = classified([windows[1]], [BeatMemory.empty()])
    settled = memory.judged.klass != BeatClass.UNKNOWN
    age_s = (windows[1].end_sample - memory.judged.r_peaks) / FS_HZ
    assert settled.sum() > 5
    np.testing.assert_array_equal(settled, (age_s > JUDGED_AGE_S) & (first.klass != BeatClass.UNKNOWN))
    ectopic = np.where(settled, np.int8(BeatClass.SUPRAVENTRICULAR), memory.judged.klass)
    for own, kept in ((memory.own, True), (memory.own + 1, False)):
        changed = replace(memory, judged=replace(memory.judged, klass=ectopic, own=own))
        (again,), _ = classified([windows[1]], [changed])
        assert (again.klass[settled] == BeatClass.SUPRAVENTRICULAR).all() == kept
        np.testing.assert_array_equal(again.klass[~settled], first.klass[~settled])


def test_beats_of_a_window_without_leads_are_marked_nowhere(windows):
    signals, qualities, beats = prepared([windows[0], windows[7]])
    blind = Beats(np.array([8000, 8200]), np.ones(2, np.float32), 0)
    _, found = delineate(signals, qualities, [beats[0], blind])
    assert np.isnan(found.marks_ms).all() and np.isnan(found.p_coherence).all()
    assert found.marks_ms.shape[2] == found.centres.size == 2
