import numpy as np
import pytest

from engine.grid import FS_HZ, WINDOW_N
from engine.preprocess import BEFORE_R_N, MODEL_N, N_BEATS, ModelInput, input_of, stack
from engine.ring import Ring
from training.dataset import window_of


def test_input_is_band_limited_ecg_on_the_models_grid(ecg, judged):
    one = input_of(*judged(ecg(1)))
    assert one.signal.shape == (12, MODEL_N)
    assert one.valid.all()
    t = np.arange(MODEL_N) / 100
    wander = np.abs(one.signal[1] @ np.exp(2j * np.pi * 0.2 * t)) / MODEL_N
    assert wander < 0.005  # 0.025 before the high-pass
    assert 0.6 < one.signal[1].max() < 1.2


def test_beats_are_aligned_on_r(ecg, judged):
    one = input_of(*judged(ecg(2)))
    n = int(one.beats_valid.any(axis=(1, 2)).sum())
    assert n >= 9
    inner = one.beats[1 : n - 1, 1]
    assert set(inner.argmax(axis=1)) == {BEFORE_R_N}
    for start, beat in zip(one.beat_starts[1 : n - 1], inner, strict=True):
        same = one.signal[1, start : start + beat.size]
        assert abs(int(same.argmax()) - BEFORE_R_N) <= 1


def test_missing_leads_are_silent_and_touch_no_other(ecg, judged):
    x = ecg(3)
    x[[0, 7]] = np.nan
    one = input_of(*judged(x))
    whole = input_of(*judged(ecg(3)))
    assert not one.valid[[0, 7]].any()
    assert not one.signal[[0, 7]].any()
    assert not one.beats[:, [0, 7]].any()
    np.testing.assert_array_equal(one.signal[1], whole.signal[1])


@pytest.mark.parametrize("spoil", ["nan stretch", "absurd gain", "tiny", "spike", "infinite", "offset"])
def test_bad_signal_gives_finite_input(ecg, judged, spoil):
    x = ecg(4)
    match spoil:
        case "nan stretch":
            x[:, 700:1200] = np.nan
        case "absurd gain":
            x *= 1e6
        case "tiny":
            x *= 1e-6
        case "spike":
            x[3, 1000] = 30.0
        case "infinite":
            x[2, 5] = np.inf
        case "offset":
            x += 300.0
    one = input_of(*judged(x))
    for name in ("signal", "valid", "scale", "beats", "beats_valid"):
        assert np.isfinite(getattr(one, name)).all(), name


def test_no_beats_leave_the_places_of_beats_empty(judged):
    rng = np.random.default_rng(0)
    one = input_of(*judged(rng.normal(0, 0.01, (12, WINDOW_N)).astype(np.float32)))
    assert one.beats.shape[0] == N_BEATS
    assert not np.isfinite(one.rr_s).any() or one.beats_valid.any()


def test_training_and_live_path_prepare_the_same_bits(ecg, judged):
    x = ecg(5)
    ring = Ring(3 * WINDOW_N)
    for start in range(0, WINDOW_N, 137):
        piece = x[:, start : start + 137]
        ring.append(start, piece, np.isfinite(piece))
    live = input_of(*judged(*ring.read(WINDOW_N, WINDOW_N)))
    trained = input_of(*judged(window_of(x, FS_HZ).x))
    for name in ModelInput.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(live, name), getattr(trained, name), err_msg=name)


def test_stacking_adds_an_axis(ecg, judged):
    one = input_of(*judged(ecg(6)))
    both = stack([one, one])
    assert both.signal.shape == (2, 12, MODEL_N)
    assert both.leads.shape == (2, 12)
