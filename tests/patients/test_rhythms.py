import numpy as np
import pytest

from engine.leads import LEADS


def rr_s(recording):
    return np.diff([beat.sample for beat in recording.truth.beats]) / 500


def spectrum(x):
    power = np.abs(np.fft.rfft((x - x.mean()) * np.hanning(len(x)))) ** 2
    return np.fft.rfftfreq(len(x), 1 / 500), power


@pytest.mark.parametrize(
    ("preset", "low", "high"),
    [
        ("sinus", 68, 76),
        ("bradycardia", 36, 40),
        ("tachycardia", 128, 140),
        ("af", 85, 105),
        ("vt", 150, 190),
    ],
)
def test_rates(clean, preset, low, high):
    assert low < 60 / rr_s(clean(preset, 60)).mean() < high


def test_sinus_rhythm_varies_with_breathing_and_slower(clean):
    rr = rr_s(clean("sinus", 300))
    assert 0.015 < rr.std() < 0.08
    t = np.cumsum(rr)
    even = np.arange(t[0], t[-1], 0.25)
    tachogram = np.interp(even, t, rr)
    power = np.abs(np.fft.rfft((tachogram - tachogram.mean()) * np.hanning(len(even)))) ** 2
    hz = np.fft.rfftfreq(len(even), 0.25)
    lf, hf = (power[(hz > a) & (hz < b)].sum() for a, b in ((0.05, 0.15), (0.18, 0.32)))
    between = power[(hz > 0.34) & (hz < 0.48)].sum()
    assert lf > 3 * between
    assert hf > 3 * between


def test_atrial_fibrillation_is_irregularly_irregular(clean):
    rr, sinus = rr_s(clean("af", 120)), rr_s(clean("sinus", 120))
    assert rr.std() / rr.mean() > 0.15 > 3 * sinus.std() / sinus.mean()
    assert rr.min() > 0.28
    assert abs(np.corrcoef(rr[:-1], rr[1:])[0, 1]) < 0.25  # each interval forgets the one before
    assert np.corrcoef(sinus[:-1], sinus[1:])[0, 1] > 0.4


def test_atrial_fibrillation_has_f_waves_for_p_waves(clean):
    recording = clean("af", 30, rate_bpm=60)

    def band_mv(name, low=4, high=9):
        diastole = [recording.lead(name)[k - 200 : k - 40] for k in recording.peaks() if k > 400]
        return np.mean([np.std(piece - piece.mean()) for piece in diastole])

    strength = {name: band_mv(name) for name in LEADS}
    assert max(strength, key=lambda name: strength[name] if name not in ("III", "aVF") else 0) == "V1"
    assert strength["V1"] > 1.3 * strength["V2"]
    aligned = np.mean([recording.lead("II")[k - 100 : k - 40] for k in recording.peaks()], axis=0)
    regular = np.mean(
        [clean("sinus", 30).lead("II")[k - 100 : k - 40] for k in clean("sinus", 30).peaks()], axis=0
    )
    assert np.ptp(aligned) < 0.7 * np.ptp(regular)


def test_pvcs_come_early_and_are_followed_by_a_compensatory_pause(clean):
    recording = clean("pvc", 120)
    beats = recording.truth.beats
    seen = 0
    for a, b, c in zip(beats, beats[1:], beats[2:], strict=False):
        if (a.symbol, b.symbol, c.symbol) == ("N", "V", "N"):
            seen += 1
            assert (b.sample - a.sample) / 500 < 0.68 * 60 / 72
            assert (c.sample - a.sample) / 500 == pytest.approx(2 * 60 / 72, rel=0.15)
    assert 12 <= seen <= 36


def test_bigeminy_alternates(clean):
    symbols = "".join(beat.symbol for beat in clean("bigeminy", 30).truth.beats)
    assert symbols.startswith("NVNVNVNV")


def test_couplets_and_runs(clean):
    couplets = "".join(beat.symbol for beat in clean("couplets", 120).truth.beats)
    assert {len(run) for run in couplets.split("N") if run} == {2}
    runs = "".join(beat.symbol for beat in clean("runs", 120).truth.beats)
    assert {len(run) for run in runs.strip("V").split("N") if run} <= {3, 4}


def test_premature_atrial_beats_are_narrow(clean):
    recording = clean("pac", 60)
    narrow, normal = recording.median_beat("A"), recording.median_beat("N")
    assert np.abs(narrow - normal)[:, 130:170].max() < 0.15
    assert narrow[LEADS.index("II"), 60:110].min() < normal[LEADS.index("II"), 60:110].min()


def test_vt_is_monomorphic_and_regular(clean):
    recording = clean("vt", 20)
    rr = rr_s(recording)
    assert rr.std() / rr.mean() < 0.03
    assert {beat.symbol for beat in recording.truth.beats} == {"V"}


def test_vt_dissociates_the_atria(story_of):
    """What is left of each beat after the median one is taken out repeats at the atria's rate."""
    recording = story_of({"duration_s": 40, "rhythm": "ventricular tachycardia"})
    beats = [recording.samples[:, k - 40 : k + 60] for k in recording.peaks("V")]
    spread = np.std(beats, axis=0).max()
    assert 0.01 < spread < 0.25


def test_vf_is_chaotic_and_differs_between_leads(clean):
    recording = clean("vf", 60)
    assert not recording.truth.beats
    for name in ("II", "V1", "V5"):
        hz, power = spectrum(recording.lead(name).astype(float))
        band = power[(hz > 3) & (hz < 8)].sum() / power.sum()
        assert band > 0.85
        assert 3.5 < hz[np.argmax(power)] < 7.5
        size = [np.ptp(piece) for piece in np.array_split(recording.lead(name), 30)]
        assert max(size) > 1.8 * min(size)
    assert abs(np.corrcoef(recording.lead("I"), recording.lead("aVF"))[0, 1]) < 0.5
    assert abs(np.corrcoef(recording.lead("V2"), recording.lead("V6"))[0, 1]) < 0.6


def test_asystole_is_silent_but_for_noise(clean):
    assert np.abs(clean("asystole", 10).samples).max() == 0
    noisy = clean("asystole", 10, wander_mv=0.04, muscle_mv=0.006).samples
    assert 0.003 < np.abs(np.diff(noisy)).mean() * 5 < 0.2
    assert np.abs(noisy).max() < 0.5


def test_standstill_has_p_waves_alone(clean):
    recording = clean("standstill", 10)
    assert not recording.truth.beats
    assert 0.04 < recording.lead("II").max() < 0.3


@pytest.mark.parametrize("rhythm", ["ventricular fibrillation", "atrial fibrillation"])
def test_fibrillation_goes_on_over_acts_of_the_same_rhythm(story_of, rhythm):
    act = {"rhythm": rhythm, "duration_s": 10, "rate_bpm": None}
    parts, whole = story_of(act, act), story_of({**act, "duration_s": 20})
    n = 5000 - 200 if rhythm == "atrial fibrillation" else 10000
    assert np.allclose(parts.samples[:, 300:n], whole.samples[:, 300:n], atol=1e-5)
    around = (
        parts.samples[:, 4700:5300] if rhythm == "ventricular fibrillation" else parts.samples[:6, 4700:5300]
    )
    assert around.std() > 0.02
