import numpy as np
import pytest

from engine.grid import FS_HZ, WINDOW_N
from engine.quality import LeadState, quality_of

T_S = np.arange(WINDOW_N) / FS_HZ
REGULAR_S = np.arange(0.5, 9.8, 0.8)


def states(window):
    return list(quality_of(window).state)


def test_clean_ecg_is_clean(ecg, window_of):
    quality = quality_of(window_of(ecg(REGULAR_S)))
    assert quality.assessable.all()
    assert (quality.index > 0.3).all()


def test_every_technical_state_has_its_name(ecg, window_of):
    x = ecg(REGULAR_S)
    valid = np.ones(x.shape, bool)
    present, off = np.ones(12, bool), np.zeros(12, bool)
    present[0], valid[0] = False, False
    off[1] = True
    valid[2, 500:] = False
    x[3] = 0.7
    x[4, -3 * FS_HZ :] = x[4, -3 * FS_HZ]
    x[5] = np.clip(8 * x[5], -0.3, 0.9)
    x[5, 500:600] = 0.9
    expected = [LeadState.ABSENT, LeadState.OFF, LeadState.GAP, LeadState.FLAT, LeadState.FLAT]
    quality = quality_of(window_of(x, valid, present, off))
    assert list(quality.state) == [*expected, LeadState.SATURATED] + [LeadState.OK] * 6
    assert (quality.index[:6] == 0).all()


@pytest.mark.parametrize("gain", [0.2, 1, 4])
@pytest.mark.parametrize("f_hz", [2.8, 4, 6])
def test_fibrillation_and_fast_tachycardia_are_not_noise(window_of, f_hz, gain):
    phase = np.cumsum(f_hz + 0.4 * np.sin(2 * np.pi * 0.3 * T_S)) / FS_HZ
    x = gain * 0.4 * np.sin(2 * np.pi * phase) + np.random.default_rng(0).normal(0, 0.01, (12, WINDOW_N))
    assert set(states(window_of(x.astype(np.float32)))) == {LeadState.OK}


def test_asystole_with_wander_is_not_noise(ecg, window_of):
    x = ecg([], noise_mv=0.008) + (0.15 * np.sin(2 * np.pi * 0.3 * T_S)).astype(np.float32)
    assert set(states(window_of(x))) == {LeadState.OK}


def test_low_voltage_is_not_noise(ecg, window_of):
    assert set(states(window_of(ecg(REGULAR_S, scale=0.25)))) == {LeadState.OK}


def test_wander_under_clear_complexes_is_not_noise(ecg, window_of):
    x = ecg(REGULAR_S) + (1.5 * np.sin(2 * np.pi * 0.4 * T_S)).astype(np.float32)
    assert set(states(window_of(x))) == {LeadState.OK}


def test_muscle_noise_that_buries_the_complexes_is_noise(ecg, window_of):
    x = ecg(REGULAR_S, noise_mv=0.8, scale=0.3)
    assert set(states(window_of(x))) == {LeadState.NOISY}


def test_electrode_motion_that_buries_the_complexes_is_noise(ecg, window_of):
    steps = np.cumsum(np.random.default_rng(1).normal(0, 0.12, (12, WINDOW_N)), axis=1)
    assert (
        states(window_of((ecg(REGULAR_S, scale=0.2) + steps).astype(np.float32))).count(LeadState.NOISY) >= 9
    )
