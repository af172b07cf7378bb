"""Rhythm told from beats: memory over windows, ventricular runs, pauses, atrial fibrillation."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from engine.arrays import frozen
from engine.beatclass import BeatClass, BeatClasses
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS
from engine.quality import LeadState, Quality
from engine.rhythm.history import History
from engine.rhythm.irregularity import judge_irregularity, sample_entropy
from engine.rhythm.rhythm import follow
from engine.rhythm.ventricular import n_ventricular, newest_run, pattern
from engine.signals import condition
from engine.window import Window

N, V, S, P = BeatClass.NORMAL, BeatClass.VENTRICULAR, BeatClass.SUPRAVENTRICULAR, BeatClass.PACED
OK = Quality((LeadState.OK,) * N_LEADS, frozen(np.ones(N_LEADS, np.float32)))
X = frozen(np.zeros((N_LEADS, WINDOW_N), np.float32))


def window_at(end, valid=None):
    everywhere = frozen(np.ones((N_LEADS, WINDOW_N), np.bool_)) if valid is None else valid
    there = frozen(np.ones(N_LEADS, np.bool_))
    return Window("ward.1", end, X, everywhere, there, frozen(~there))


def classes_in(window, peaks, klass, p_wave):
    inside = (peaks >= window.start_sample) & (peaks < window.end_sample)
    nothing = frozen(np.full(int(inside.sum()), np.nan, np.float32))
    return BeatClasses(peaks[inside], klass[inside], nothing, p_wave[inside])


def beats_of(rr_s, letters="N", p_wave=0.9):
    """Peaks from interval to interval, classes from a repeating string of letters."""
    peaks = (FS_HZ * np.cumsum(np.asarray(rr_s, float))).astype(np.int64)
    klass = np.array([{"N": N, "V": V, "S": S, "P": P}[letters[i % len(letters)]] for i in range(peaks.size)])
    return peaks, klass.astype(np.int8), np.full(peaks.size, p_wave, np.float32)


def followed(peaks, klass, p_wave, hop_n=FS_HZ, lost=(0, 0)):
    """The rhythm after the last whole hop, as overlapping windows saw it."""
    history, rhythm = History.empty(), None
    for end in range(hop_n, int(peaks[-1]) + hop_n, hop_n):
        at = np.arange(end - WINDOW_N, end)
        valid = (at >= 0) & ~((at >= lost[0]) & (at < lost[1]))
        window = window_at(end, frozen(np.broadcast_to(valid, (N_LEADS, WINDOW_N)).copy()))
        classes = classes_in(window, peaks, klass, p_wave)
        (rhythm,), (history,) = follow(condition([window]), [OK], [classes], [history])
    return rhythm, history


@given(st.integers(0, 10**6), st.sampled_from([125, 250, 500, 1000]))
@settings(max_examples=8, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_history_is_the_last_minute_of_beats_whatever_the_hop(seed, hop_n):
    rr_s = np.random.default_rng(seed).uniform(0.3, 1.6, 60)
    peaks, klass, p_wave = beats_of(rr_s, "NNV")
    _, history = followed(peaks, klass, p_wave, hop_n)
    expected = peaks[peaks >= history.r_peaks[0]]
    assert history.r_peaks.tolist() == expected.tolist()
    assert history.klass.tolist() == klass[-expected.size :].tolist()
    end = -(-int(peaks[-1]) // hop_n) * hop_n
    assert end - 66 * FS_HZ <= history.r_peaks[0] <= max(end - 62 * FS_HZ, int(peaks[0]) + WINDOW_N)
    assert history.whole[1:].all()


def test_the_newest_window_has_the_last_word():
    peaks, klass, p_wave = beats_of([0.8] * 20)
    _, history = followed(peaks, klass, p_wave)
    end = -(-int(peaks[-1]) // FS_HZ) * FS_HZ + FS_HZ
    window = window_at(end)
    moved = classes_in(window, peaks + 3, np.full(peaks.size, V, np.int8), p_wave)
    _, (history,) = follow(condition([window]), [OK], [moved], [history])
    assert np.diff(history.r_peaks).min() > 0.7 * FS_HZ  # none twice
    inside = history.r_peaks > window.start_sample + FS_HZ
    assert (history.klass[inside] == V).all() and (history.klass[~inside] != V).any()


def test_a_gap_breaks_an_interval():
    peaks, klass, p_wave = beats_of([0.8] * 30)
    lost = (int(peaks[20]) + 20, int(peaks[20]) + 80)
    rhythm, history = followed(peaks, klass, p_wave, lost=lost)
    assert np.flatnonzero(~history.whole).tolist()[-1] == np.searchsorted(history.r_peaks, lost[1])
    assert rhythm.pause_s < 1


@pytest.mark.parametrize(
    ("letters", "rr_s", "n_beats"),
    [("NNNNNVVVVVV", 0.4, 6), ("NNNNNNNNVVV", 0.5, 3), ("NNNNNNNNNVV", 0.5, None), ("NV", 0.5, None)],
)
def test_runs_are_counted_in_a_row(letters, rr_s, n_beats):
    _, history = followed(*beats_of([rr_s] * 44, letters))
    run = newest_run(history, 3)
    assert (run.n_beats if run else None) == n_beats
    if run:
        assert run.rate_bpm == pytest.approx(60 / rr_s, rel=0.01)
        assert run.last_sample - run.first_sample == pytest.approx((n_beats - 1) * rr_s * FS_HZ, abs=2)


def test_ventricular_beats_across_a_gap_or_far_apart_are_no_run():
    peaks, klass, p_wave = beats_of([0.5] * 20 + [1.2] * 8, "N")
    klass[-8:] = V
    assert newest_run(followed(peaks, klass, p_wave)[1], 3) is None
    peaks, klass, p_wave = beats_of([0.5] * 30, "N")
    klass[-4:] = V
    lost = (int(peaks[-3]) + 20, int(peaks[-3]) + 60)
    assert newest_run(followed(peaks, klass, p_wave, lost=lost)[1], 3) is None


@pytest.mark.parametrize(("own_s", "is_tachycardia"), [(0.8, True), (0.5, False), (None, True)])
def test_a_run_as_fast_as_the_rhythm_it_breaks_is_no_tachycardia(own_s, is_tachycardia):
    own = [own_s] * 20 if own_s else []
    peaks, klass, p_wave = beats_of([*own, *[0.5] * 8])
    klass[len(own) :] = V
    run = newest_run(followed(peaks, klass, p_wave)[1], 3)
    assert run.n_beats >= 7 and run.is_tachycardia == is_tachycardia
    assert run.own_bpm == (pytest.approx(60 / own_s, rel=0.01) if own_s else None)


def test_what_was_counted_in_ventricular_waves_is_no_atrial_fibrillation():
    peaks, klass, p_wave = beats_of(irregular(), p_wave=0.05)
    _, history = followed(peaks, klass, p_wave)
    end = int(peaks[-1]) + 50
    assert judge_irregularity(history, end).found
    for ago_s, known in ((40, True), (10, False)):
        after = replace(history, waves_until=end - ago_s * FS_HZ)
        assert (judge_irregularity(after, end).evidence is not None) == known


@pytest.mark.parametrize(
    ("letters", "name", "per_min"),
    [("NV", "bigeminy", 37), ("NNV", "trigeminy", 25), ("NNNNV", "", 15), ("N", "", 0)],
)
def test_patterns_and_counts_per_minute(letters, name, per_min):
    peaks, klass, p_wave = beats_of([0.8] * 90, letters)
    rhythm, history = followed(peaks, klass, p_wave)
    end = -(-int(peaks[-1]) // FS_HZ) * FS_HZ
    assert pattern(history, end) == rhythm.pattern == name
    assert n_ventricular(history, end) == rhythm.pvc_per_min
    assert rhythm.pvc_per_min == pytest.approx(per_min, abs=1)


def test_a_pause_is_the_longest_recent_interval():
    peaks, klass, p_wave = beats_of([0.8] * 20 + [2.3] + [0.8] * 2)
    rhythm, _ = followed(peaks, klass, p_wave)
    assert rhythm.pause_s == pytest.approx(2.3, abs=0.01)
    assert rhythm.pause_sample == peaks[19]
    later, _ = followed(*beats_of([0.8] * 20 + [2.3] + [0.8] * 10))
    assert later.pause_s == pytest.approx(0.8, abs=0.01)


def irregular(seed=0, n=60, mean_s=0.65):
    return 0.4 * mean_s + np.random.default_rng(seed).gamma(4.0, 0.15 * mean_s, n)


@pytest.mark.parametrize("seed", range(5))
def test_irregular_intervals_without_p_waves_are_fibrillation(seed):
    rhythm, _ = followed(*beats_of(irregular(seed), p_wave=0.05))
    assert rhythm.irregularity.found and rhythm.irregularity.rmssd_share > 0.15


def sway(n=60):
    return 0.8 + 0.05 * np.sin(np.arange(n) / 2) + np.random.default_rng(1).normal(0, 0.01, n)


@pytest.mark.parametrize(
    ("rr_s", "letters", "p_wave"),
    [
        (sway(), "N", 0.9),
        (sway(), "N", np.nan),
        (np.tile([0.55, 1.05], 40) + np.random.default_rng(2).normal(0, 0.01, 80), "NV", 0.9),
        (np.tile([0.8, 0.8, 0.5, 1.1], 20) + np.random.default_rng(2).normal(0, 0.01, 80), "NNVN", 0.5),
        (np.tile([0.8, 0.55, 1.0], 25) + np.random.default_rng(2).normal(0, 0.01, 75), "NSN", 0.9),
    ],
)
def test_sway_bigeminy_and_ectopy_are_not(rr_s, letters, p_wave):
    rhythm, _ = followed(*beats_of(rr_s, letters, p_wave))
    assert not rhythm.irregularity.found


def test_it_begins_where_the_steady_rhythm_ended():
    rr_s = np.concatenate((np.full(25, 0.8), irregular(n=35)))
    peaks, klass, _ = beats_of(rr_s)
    p_wave = np.where(np.arange(peaks.size) < 25, 0.9, 0.05).astype(np.float32)
    rhythm, _ = followed(peaks, klass, p_wave)
    assert rhythm.irregularity.found
    assert abs(rhythm.irregularity.onset_sample - peaks[24]) <= 2 * FS_HZ


def test_too_little_to_judge_is_unknown():
    peaks, klass, p_wave = beats_of(irregular(n=30), p_wave=0.0)
    assert followed(peaks, klass, p_wave)[0].irregularity.evidence is None  # under half a minute
    peaks, klass, p_wave = beats_of([0.7] * 60, "VVN")
    assert followed(peaks, klass, p_wave)[0].irregularity.evidence is None  # hardly a normal interval
    assert judge_irregularity(History.empty(), 10_000).evidence is None


def test_sample_entropy_rises_with_disorder():
    sound = np.ones(60, np.bool_)
    steady, swaying, random = (
        sample_entropy(rr_s, sound) for rr_s in (np.full(60, 0.8), sway(), irregular())
    )
    assert steady < swaying < random
    assert sample_entropy(sway(), np.zeros(60, np.bool_)) is None
