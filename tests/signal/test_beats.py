import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.beats import beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import quality_of
from engine.resample import resample_whole

REGULAR_S = np.arange(0.5, 9.8, 0.8)


def peaks_s(window):
    return (beats_of(window, quality_of(window)).r_peaks - window.start_sample) / FS_HZ


@pytest.mark.parametrize("rate_bpm", [25, 40, 75, 120, 180, 220])
def test_every_beat_at_every_rate(ecg, window_of, rate_bpm):
    beats_s = np.arange(0.4, 9.7, 60 / rate_bpm)
    np.testing.assert_allclose(peaks_s(window_of(ecg(beats_s))), beats_s, atol=0.009)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.3, 3.0), st.integers(0, 100))
def test_gain_and_polarity_change_nothing(ecg, window_of, gain, seed):
    x = ecg(REGULAR_S, seed=seed)
    found = peaks_s(window_of(x))
    np.testing.assert_array_equal(peaks_s(window_of(np.float32(gain) * x)), found)
    np.testing.assert_array_equal(peaks_s(window_of(-x)), found)


@given(st.floats(-300, 300))
@settings(max_examples=20, deadline=None)
def test_electrode_offset_changes_nothing(ecg, window_of, offset_mv):
    x = ecg(REGULAR_S)
    found = peaks_s(window_of(x + np.float32(offset_mv)))
    np.testing.assert_allclose(found, REGULAR_S, atol=0.009)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.35, 1.6), min_size=20, max_size=20), st.integers(1, 8))
def test_overlapping_windows_agree_on_the_absolute_index(ecg, window_of, rr_s, hop_s):
    x = ecg(np.cumsum(rr_s), n=20 * FS_HZ)
    hop = hop_s * FS_HZ
    early = window_of(x[:, :WINDOW_N], end_sample=WINDOW_N)
    late = window_of(x[:, hop : hop + WINDOW_N], end_sample=hop + WINDOW_N)
    inner = [
        [peak for peak in beats_of(w, quality_of(w)).r_peaks if hop + 125 < peak < WINDOW_N - 125]
        for w in (early, late)
    ]
    np.testing.assert_allclose(*inner, atol=1)


@pytest.mark.parametrize("leads", [[1], [6], [0, 1], [1, 6], [6, 7, 8]])
def test_any_subset_of_leads(ecg, window_of, leads):
    present = np.isin(np.arange(12), leads)
    x = ecg(REGULAR_S) * present[:, None]
    valid = np.repeat(present[:, None], WINDOW_N, axis=1)
    window = window_of(x, valid, present)
    beats = beats_of(window, quality_of(window))
    assert beats.n_leads == len(leads)
    np.testing.assert_allclose((beats.r_peaks - window.start_sample) / FS_HZ, REGULAR_S, atol=0.009)
    assert (beats.votes == 1).all()


def test_bigeminy_finds_the_wide_and_the_narrow(ecg, window_of):
    x = ecg(np.arange(0.6, 9.5, 1.8))
    t = np.arange(WINDOW_N) / FS_HZ
    for premature in np.arange(1.1, 9.5, 1.8):
        x += 1.5 * np.exp(-0.5 * ((t - premature) / 0.05) ** 2).astype(np.float32)
    expected = np.sort(np.concatenate((np.arange(0.6, 9.5, 1.8), np.arange(1.1, 9.5, 1.8))))
    np.testing.assert_allclose(peaks_s(window_of(x)), expected, atol=0.03)


def test_asystole_has_no_beats_but_leads_that_would_have_seen_them(ecg, window_of):
    t = np.arange(WINDOW_N) / FS_HZ
    x = ecg([], noise_mv=0.01) + (0.2 * np.sin(2 * np.pi * 0.25 * t)).astype(np.float32)
    window = window_of(x)
    beats = beats_of(window, quality_of(window))
    assert beats.r_peaks.size == 0
    assert beats.n_leads == 12


def test_beats_before_an_arrest_and_none_after(ecg, window_of):
    np.testing.assert_allclose(peaks_s(window_of(ecg([0.5, 1.3, 2.1]))), [0.5, 1.3, 2.1], atol=0.009)


def test_one_lead_full_of_spikes_does_not_make_beats(ecg, window_of):
    x = ecg(REGULAR_S)
    x[3, 300:2400:300] += 20
    np.testing.assert_allclose(peaks_s(window_of(x)), REGULAR_S, atol=0.009)


def test_pacing_spikes_do_not_count_twice(ecg, window_of):
    x = ecg(REGULAR_S)
    spikes = np.round((REGULAR_S - 0.06) * FS_HZ).astype(int)
    x[:, spikes] += 2
    np.testing.assert_allclose(peaks_s(window_of(x)), REGULAR_S, atol=0.07)


def test_pacing_without_capture_is_no_heartbeat(ecg, window_of):
    spikes = np.zeros((12, 5000), np.float32)
    for at in range(200, 5000, 400):
        spikes[:, at : at + 2] = 2  # 4 ms at 500 Hz
    x, _ = resample_whole(spikes, np.ones(spikes.shape, bool), 500)
    window = window_of(x + ecg([]))
    assert beats_of(window, quality_of(window)).r_peaks.size == 0


def test_flat_or_absent_leads_do_not_vote(ecg, window_of):
    x = ecg(REGULAR_S)
    x[5] = 0.3
    off = np.zeros(12, bool)
    off[2] = True
    window = window_of(x, lead_off=off)
    assert beats_of(window, quality_of(window)).n_leads == 10


def test_no_assessable_lead_no_claim(window_of):
    window = window_of(np.zeros((12, WINDOW_N), np.float32), np.zeros((12, WINDOW_N), bool))
    beats = beats_of(window, quality_of(window))
    assert (beats.n_leads, beats.r_peaks.size, beats.votes.size) == (0, 0, 0)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, WINDOW_N - 1), st.integers(10, 1500), st.floats(-5, 5))
def test_the_edges_of_a_gap_are_no_beats(ecg, window_of, first, n, offset_mv):
    valid = np.ones((12, WINDOW_N), bool)
    valid[:, first : first + n] = False
    x = ecg(REGULAR_S)
    x[:, first + n :] += np.float32(offset_mv)  # the electrode comes back with another offset
    found = peaks_s(window_of(x, valid))
    distance_s = np.abs(found[:, None] - REGULAR_S[None, :]).min(axis=1, initial=np.inf)
    assert (distance_s < 0.03).all()
    gap_s = (first / FS_HZ - 0.25, (first + n) / FS_HZ + 0.25)
    clear = [beat for beat in REGULAR_S if not gap_s[0] < beat < gap_s[1]]
    assert len(found) >= len(clear)


def test_the_first_seconds_of_a_stream(ecg, window_of):
    valid = np.zeros((12, WINDOW_N), bool)
    valid[:, -4 * FS_HZ :] = True
    found = peaks_s(window_of(ecg(REGULAR_S), valid))
    np.testing.assert_allclose(found, REGULAR_S[REGULAR_S > 6.1], atol=0.009)
