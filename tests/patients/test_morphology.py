"""What a cardiologist would check on the printed page."""

import numpy as np
import pytest

from engine.leads import LEADS

R = round(0.3 * 500)  # the R peak's place in a median beat
SEEDS = (0, 3, 11)


def lead(beat, name):
    return beat[LEADS.index(name)]


def qrs_width_s(beat):
    """From the first to the last sample at which any lead moves faster than a slow wave does."""
    slope = np.abs(np.diff(beat, axis=1)).max(axis=0) * 500  # mV per second
    near = slope[R - 60 : R + 75]
    fast = np.flatnonzero(near > 0.12 * near.max())
    return (fast[-1] - fast[0] + 1) / 500


@pytest.mark.parametrize("preset", ["sinus", "pvc", "vt", "vf", "af", "st-elevation-anterior"])
def test_einthoven_and_goldberger_hold(clean, preset):
    recording = clean(preset, 5, wander_mv=0.1, muscle_mv=0.02, mains_mv=0.05)
    one, two = recording.lead("I"), recording.lead("II")
    assert np.allclose(recording.lead("III"), two - one, atol=1e-6)
    assert np.allclose(recording.lead("aVR"), -(one + two) / 2, atol=1e-6)
    assert np.allclose(recording.lead("aVL"), one - two / 2, atol=1e-6)
    assert np.allclose(recording.lead("aVF"), two - one / 2, atol=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_normal_beat(clean, seed):
    beat = clean("sinus", seed=seed).median_beat("N")
    qrs = beat[:, R - 30 : R + 30]
    area = dict(zip(LEADS, qrs.sum(axis=1), strict=True))
    axis_deg = np.degrees(np.arctan2(area["aVF"] * 2 / np.sqrt(3), area["I"]))
    assert -30 < axis_deg < 90
    assert area["aVR"] < 0
    assert area["I"] > 0
    assert area["II"] > 0
    for chest in ("V1", "V2"):  # rS
        assert 0.02 < lead(qrs, chest).max() < -lead(qrs, chest).min()
    for chest in ("V4", "V5", "V6"):
        assert lead(qrs, chest).max() > 2 * -lead(qrs, chest).min()
    r_waves = [lead(qrs, chest).max() for chest in ("V1", "V2", "V3", "V4")]
    assert r_waves == sorted(r_waves)
    s_waves = [-lead(qrs, chest).min() for chest in ("V2", "V3", "V4", "V5", "V6")]
    assert s_waves == sorted(s_waves, reverse=True)
    assert 0.08 <= qrs_width_s(beat) + 0.02 <= 0.11


@pytest.mark.parametrize("seed", SEEDS)
def test_normal_p_and_t_waves(clean, seed):
    beat = clean("sinus", seed=seed).median_beat("N")
    p, t = beat[:, R - 100 : R - 42], beat[:, R + 60 : R + 170]
    for name in ("I", "II", "aVF"):
        assert 0.03 < lead(p, name).max() < 0.25
    assert lead(p, "aVR").min() < -0.03
    for name in ("I", "II", "V2", "V3", "V4", "V5", "V6"):
        assert lead(t, name).max() > 0.1
        assert lead(t, name).min() > -0.05
    assert lead(t, "aVR").min() < -0.1


def test_pr_interval(clean):
    beat = clean("sinus").median_beat("N")
    two = lead(beat, "II")
    p_onset = np.flatnonzero(two[: R - 45] > 0.1 * two[: R - 45].max())[0]
    assert 0.12 <= (R - 0.044 * 500 - p_onset) / 500 <= 0.20


@pytest.mark.parametrize(("preset", "symbol"), [("lbbb", "L"), ("rbbb", "R"), ("pvc", "V"), ("vt", "V")])
def test_wide_beats_are_wide(clean, preset, symbol):
    assert qrs_width_s(clean(preset, 40).median_beat(symbol)) > 0.12


def test_rbbb(clean):
    beat = clean("rbbb").median_beat("R")
    v1 = lead(beat, "V1")[R - 25 : R + 55]
    first_r, s = v1[:25].max(), v1[:45].min()
    late_r = v1[np.argmin(v1[:45]) :].max()
    assert s < 0 < first_r < late_r  # rSR'
    for name in ("I", "V6"):
        terminal = lead(beat, name)[R + 12 : R + 45]
        assert terminal.min() < -0.1
        assert (terminal < -0.05).sum() / 500 > 0.04
    assert lead(beat, "V1")[R + 80 : R + 150].min() < -0.05  # T against the terminal force


def test_lbbb(clean):
    beat = clean("lbbb").median_beat("L")
    qrs, t = beat[:, R - 30 : R + 45], beat[:, R + 70 : R + 150]
    assert lead(qrs, "V1").min() < -1.0
    assert lead(qrs, "V1")[:40].max() < 0.1  # no r to speak of before the S
    for name in ("I", "V6"):
        assert lead(qrs, name).max() > 0.35
        assert lead(qrs, name)[:55].min() > -0.05  # neither q nor s
        assert lead(t, name).min() < -0.08  # discordant
    assert lead(t, "V1").max() > 0.2


def test_pvc(clean):
    beat = clean("pvc", 60).median_beat("V")
    normal = clean("pvc", 60).median_beat("N")
    assert lead(beat, "II")[R] * lead(beat, "II")[R + 100 : R + 160].min() < 0  # discordant T
    before = lead(beat, "II")[R - 95 : R - 45]
    p_wave = lead(normal, "II")[R - 95 : R - 45]
    assert np.ptp(before) < 0.25 * np.ptp(p_wave) + 0.15  # at most the end of the T wave before it
    assert abs(np.corrcoef(beat[:, R], normal[:, R])[0, 1]) < 0.9  # another axis


def test_tachycardia_shortens_qt_less_than_the_cycle(clean):
    def t_peak_s(preset):
        return np.argmax(lead(clean(preset).median_beat("N"), "V3")[R + 40 : R + 200]) / 500 + 0.08

    slow, usual, fast = (t_peak_s(name) for name in ("bradycardia", "sinus", "tachycardia"))
    assert fast < usual < slow
    assert fast / usual > 0.7
    assert slow / usual < 1.25


def test_patients_differ(clean):
    a, b = (clean("sinus", 20, seed=seed).median_beat("N") for seed in (1, 2))
    assert 0.01 < np.abs(a - b).max() < 0.6
