"""Fibrillation told from the waves: what it must and must not be taken for, and what must not matter."""

from functools import cache

import numpy as np
import pytest
import wfdb
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.filters import qrs_envelope
from engine.grid import FS_HZ, WINDOW_N
from engine.leads import N_LEADS, LeadMap
from engine.quality import LeadState, Quality, quality_of
from engine.resample import resample_whole
from engine.rhythm.fibrillation import Waves, find_waves
from engine.rhythm.waveform import WAVE_HZ, crossings_bpm, features, repetition, wave_band
from engine.signals import condition
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story

ALL_OK = Quality((LeadState.OK,) * N_LEADS, np.ones(N_LEADS, np.float32))


@cache
def patient(preset, seed=3, seconds=12):
    samples = Patient(Story((PRESETS[preset],)), seed=seed, fs_hz=FS_HZ).read(seconds * FS_HZ).samples
    return samples.astype(np.float32)[:, -WINDOW_N:]


def waves_of(window_of, x, quality=None, **changes):
    window = window_of(x, **changes)
    return find_waves(condition([window]), [quality or quality_of(window)])[0]


@pytest.mark.parametrize("seed", range(6))
def test_fibrillation_is_found_in_every_patient(window_of, seed):
    found = waves_of(window_of, patient("vf", seed))
    assert found.fibrillation and not found.tachycardia
    assert found.evidence > 1 and found.crossings_bpm > 150


@pytest.mark.parametrize("seed", range(4))
def test_tachycardia_is_regular_and_its_rate_is_told(window_of, seed):
    found = waves_of(window_of, patient("vt", seed))
    assert found.tachycardia and not found.fibrillation
    assert found.rate_bpm == pytest.approx(172, abs=10)


@pytest.mark.parametrize(
    "preset", ["sinus", "tachycardia", "bradycardia", "af", "pvc", "bigeminy", "couplets", "lbbb", "rbbb",
               "st-elevation-anterior", "asystole", "standstill"],
)  # fmt: skip
def test_beats_and_silence_are_no_waves(window_of, preset):
    for seed in range(3):
        assert waves_of(window_of, patient(preset, seed)).evidence < -1


@pytest.mark.parametrize("noise_mv", [0.0005, 0.004, 0.02, 0.1, 0.3])
def test_a_noisy_flat_line_is_no_fibrillation(window_of, noise_mv):
    rng = np.random.default_rng(1)
    for shape in (np.diff, np.cumsum):
        noise = shape(rng.normal(0, 1, (N_LEADS, WINDOW_N + 1)), axis=1)[:, -WINDOW_N:]
        x = (noise_mv * (noise - noise.mean(axis=1, keepdims=True)) / noise.std()).astype(np.float32)
        assert not waves_of(window_of, x, ALL_OK).found


def test_hum_on_a_quiet_line_is_no_fibrillation(window_of):
    hum = 0.01 * np.sin(2 * np.pi * 6 * np.arange(WINDOW_N) / FS_HZ + np.arange(N_LEADS)[:, None])
    assert not waves_of(window_of, hum.astype(np.float32), ALL_OK).found


@given(st.floats(0.7, 2.0), st.booleans(), st.floats(-3, 3))
@settings(max_examples=15, deadline=None)
def test_sign_and_offset_do_not_matter_and_size_hardly(window_of, gain, inverted, offset_mv):
    x = patient("vf")
    plain = waves_of(window_of, x, ALL_OK)
    changed = waves_of(window_of, ((-gain if inverted else gain) * x + offset_mv).astype(np.float32), ALL_OK)
    assert changed.regularity == pytest.approx(plain.regularity, abs=1e-3)
    assert changed.evidence == pytest.approx(plain.evidence + 0.595 * np.log(gain), abs=0.35)


def test_one_noisy_lead_does_not_outvote_the_others(window_of):
    x = patient("sinus").copy()
    x[3] = patient("vf")[3]
    assert not waves_of(window_of, x, ALL_OK).found


BEDS = ("vf", "sinus", "vt", "af", "asystole", "bigeminy")


@given(
    st.lists(st.tuples(st.sampled_from(BEDS), st.integers(0, 2), st.integers(0, 12)), min_size=1, max_size=6)
)
@settings(max_examples=20, deadline=None)
def test_a_window_is_judged_alike_in_any_company(window_of, beds):
    windows, qualities = [], []
    for preset, seed, n_off in beds:
        states = (LeadState.OFF,) * n_off + (LeadState.OK,) * (N_LEADS - n_off)
        windows.append(window_of(patient(preset, seed)))
        qualities.append(Quality(states, np.ones(N_LEADS, np.float32)))
    together = find_waves(condition(windows), qualities)
    for window, quality, waves in zip(windows, qualities, together, strict=True):
        assert waves == find_waves(condition([window]), [quality])[0]


def test_the_onset_is_where_the_waves_began(window_of):
    x = np.concatenate((patient("sinus")[:, -4 * FS_HZ :], patient("vf")[:, : 6 * FS_HZ]), axis=1)
    found = waves_of(window_of, x, ALL_OK, end_sample=10_000)
    assert found.fibrillation
    assert abs(found.onset_sample - (10_000 - 6 * FS_HZ)) <= 1.5 * FS_HZ


def test_no_assessable_lead_says_nothing(window_of):
    nothing = Quality((LeadState.NOISY,) * N_LEADS, np.zeros(N_LEADS, np.float32))
    assert waves_of(window_of, patient("vf"), nothing) == Waves(None)
    gap = np.ones((N_LEADS, WINDOW_N), bool)
    gap[:, -300:] = False
    assert waves_of(window_of, patient("vf"), ALL_OK, valid=gap).evidence is None


def test_features_of_known_waves():
    t = np.arange(0, 8, 1 / FS_HZ)
    sine = np.sin(2 * np.pi * 4 * t)[None]
    waves = wave_band(sine)[:, 250:750]
    leak, still, _, clarity, _ = features(waves, qrs_envelope(sine)[:, 250:750])[0]
    assert leak < 0.1 and still < 0.1 and clarity < 0.2
    regularity, rate_bpm = repetition(waves)
    assert regularity > 0.98 and rate_bpm == pytest.approx(240, abs=5)
    assert crossings_bpm(waves) == pytest.approx(240, abs=8)  # one crossing more or less is 7.5
    notched = wave_band(np.sin(2 * np.pi * 2 * t) + 0.35 * np.sin(2 * np.pi * 10 * t + 1))[None, 250:750]
    assert crossings_bpm(notched) == pytest.approx(120, abs=8)
    comb = np.zeros((1, t.size))
    comb[:, ::200] = 1.0
    leak, still, _, clarity, _ = features(wave_band(comb)[:, 250:750], qrs_envelope(comb)[:, 250:750])[0]
    assert leak > 0.7 and still > 0.7 and clarity > 2
    assert WAVE_HZ * 2 == FS_HZ


def stretch(root, name, start_s, seconds=WINDOW_N // FS_HZ):
    path = root / name
    if not path.with_suffix(".hea").exists():
        pytest.skip(f"no recording at {path} (ECG_MONITOR_DATA names another place)")
    fs = wfdb.rdheader(str(path)).fs
    record = wfdb.rdrecord(str(path), sampfrom=int(start_s * fs), sampto=int((start_s + seconds) * fs))
    names = record.sig_name if len(set(record.sig_name)) == len(record.sig_name) else ("II", "V1")
    leads = LeadMap.from_names(names)
    x = leads.apply(record.p_signal.T.astype(np.float32))
    x, valid = resample_whole(np.nan_to_num(x), np.isfinite(x) & leads.present[:, None], fs)
    return x[:, :WINDOW_N], valid[:, :WINDOW_N], leads.present


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "starts_s", "waves"),
    [
        ("cudb/cu01", range(230, 500, 30), True),
        ("vfdb/422", range(1545, 2020, 50), True),
        ("vfdb/609", (1026, 1030), True),
        ("mitdb/205", range(10, 1790, 200), False),
        ("mitdb/208", range(10, 1790, 200), False),
        ("cpsc2021-af/data_84_2", range(10, 340, 40), False),
        ("vfdb/614", range(20, 1200, 150), False),
    ],
)  # records that the weights were not fitted on
def test_real_rhythms(data_root, window_of, name, starts_s, waves):
    told = []
    for start_s in starts_s:
        x, valid, present = stretch(data_root, name, start_s)
        told.append(waves_of(window_of, x, valid=valid, present=present).found)
    assert np.mean(np.array(told) == waves) >= 0.9
