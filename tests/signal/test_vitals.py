import numpy as np
import pytest

from engine.beats import beats_of
from engine.grid import FS_HZ, WINDOW_N
from engine.quality import quality_of
from engine.signals import condition
from engine.vitals import measure_vitals, vitals_of


def measured(window):
    quality = quality_of(window)
    return vitals_of(beats_of(window, quality), window, quality)


@pytest.mark.parametrize("rate_bpm", [25, 45, 60, 100, 150, 220])
def test_rate(ecg, window_of, rate_bpm):
    vitals = measured(window_of(ecg(np.arange(0.3, 9.8, 60 / rate_bpm))))
    assert vitals.heart_rate_bpm == pytest.approx(rate_bpm, rel=0.02)
    assert vitals.rr_ms == pytest.approx(60_000 / rate_bpm, rel=0.02)


@pytest.mark.parametrize(("before_bpm", "after_bpm"), [(70, 150), (80, 145), (70, 35), (80, 30)])
def test_a_new_rate_is_shown_within_ten_seconds(ecg, window_of, before_bpm, after_bpm):
    change_s = 15.0
    before = np.arange(0.2, change_s, 60 / before_bpm)
    after = np.arange(before[-1] + 60 / after_bpm, 40, 60 / after_bpm)
    x = ecg(np.concatenate((before, after)), n=40 * FS_HZ)
    for end in range(WINDOW_N, x.shape[1] + 1, FS_HZ):
        rate = measured(window_of(x[:, end - WINDOW_N : end], end_sample=end)).heart_rate_bpm
        if rate is not None and (rate > 140 if after_bpm > 140 else rate < 40):
            assert end / FS_HZ - change_s <= 10
            return
    pytest.fail("the new rate was never shown")


def test_one_beat_is_no_rate(ecg, window_of):
    vitals = measured(window_of(ecg([4.0])))
    assert vitals.heart_rate_bpm is None
    assert vitals.rmssd_ms is None
    assert vitals.n_beats == 1
    assert vitals.since_last_beat_s == pytest.approx(6.0, abs=0.02)


def test_asystole_grows_to_the_whole_window(ecg, window_of):
    assert measured(window_of(ecg([]))).since_last_beat_s == WINDOW_N / FS_HZ


def test_a_gap_never_reads_as_asystole(ecg, window_of):
    x = ecg([0.5, 1.3, 2.1])
    valid = np.ones(x.shape, bool)
    valid[:, 700:2000] = False
    vitals = measured(window_of(x, valid))
    assert vitals.since_last_beat_s == pytest.approx(2.0)
    valid[:, 700:] = False
    x[:, :700] = ecg([0.5, 1.3, 2.1])[:, :700]
    assert measured(window_of(x, valid)).since_last_beat_s is None


def test_no_interval_is_measured_across_a_gap(ecg, window_of):
    x = ecg(np.arange(0.5, 9.8, 0.8))
    valid = np.ones(x.shape, bool)
    valid[:, 1000:1400] = False
    vitals = measured(window_of(x, valid))
    assert vitals.heart_rate_bpm == pytest.approx(75, rel=0.02)
    assert vitals.rmssd_ms < 20


def test_bigeminy_shows_the_mean_rate(ecg, window_of):
    vitals = measured(
        window_of(ecg(np.sort(np.concatenate((np.arange(0.4, 9.6, 1.6), np.arange(1, 9.6, 1.6))))))
    )
    assert vitals.heart_rate_bpm == pytest.approx(75, rel=0.02)


def test_rmssd_of_alternating_intervals(ecg, window_of):
    rr_s = np.tile([0.8, 0.9], 5)
    vitals = measured(window_of(ecg(0.4 + np.cumsum(rr_s))))
    assert vitals.rmssd_ms == pytest.approx(100, rel=0.05)


def test_a_window_is_measured_alike_in_any_company(ecg, window_of):
    gap = np.ones((12, WINDOW_N), bool)
    gap[:, 700:900] = False
    late = np.ones((12, WINDOW_N), bool)
    late[:, 2200:] = False
    x = ecg(np.arange(0.5, 9.8, 0.8))
    windows = [
        window_of(x),
        window_of(x, gap),
        window_of(ecg([4.0]), late, end_sample=77),
        window_of(ecg([])),
    ]
    qualities = [quality_of(window) for window in windows]
    beats = [beats_of(*of) for of in zip(windows, qualities, strict=True)]
    together = measure_vitals(beats, condition(windows), qualities)
    assert together == [vitals_of(*of) for of in zip(beats, windows, qualities, strict=True)]
    assert together[2].since_last_beat_s is None and together[1].heart_rate_bpm is not None
