import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.quality import LeadState, quality_of
from engine.resample import Resampler, resample_whole
from engine.window import Window

RATES_HZ = (100, 128, 200, 250, 257, 1000 / 3, 360, 499.7, 500, 1000, 2000)


def sine(fs_hz: float, f_hz: float, seconds: float = 4) -> np.ndarray:
    t = np.arange(round(seconds * fs_hz)) / fs_hz
    return np.tile(np.sin(2 * np.pi * f_hz * t).astype(np.float32), (12, 1))


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(RATES_HZ),
    st.lists(st.integers(0, 90), min_size=1, max_size=12),
    st.integers(0, 2**32 - 1),
)
def test_any_chunking_gives_the_same_bits(fs_hz, chunks, seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(12, sum(chunks))).astype(np.float32)
    valid = rng.random(x.shape) > 0.02
    x[~valid] = np.nan
    whole, whole_valid = resample_whole(x, valid, fs_hz)
    resampler = Resampler(fs_hz)
    cuts = np.cumsum(chunks)[:-1]
    parts = [
        resampler.push(*piece)
        for piece in zip(np.split(x, cuts, axis=1), np.split(valid, cuts, axis=1), strict=True)
    ]
    parts.append(resampler.flush())
    np.testing.assert_array_equal(np.concatenate([y for y, _ in parts], axis=1), whole)
    np.testing.assert_array_equal(np.concatenate([v for _, v in parts], axis=1), whole_valid)


@pytest.mark.parametrize("fs_hz", RATES_HZ)
def test_output_k_is_the_signal_at_k_over_250_s(fs_hz):
    for f_hz in (1, 10, min(0.39 * fs_hz, 85)):
        x = sine(fs_hz, f_hz)
        y, valid = resample_whole(x, np.ones(x.shape, bool), fs_hz)
        assert valid.all()
        inner = slice(50, y.shape[1] - 50)
        np.testing.assert_allclose(y[3, inner], sine(FS_HZ, f_hz)[3, : y.shape[1]][inner], atol=0.01)


@pytest.mark.parametrize(("fs_hz", "f_hz"), [(500, 160), (1000, 240), (2000, 700), (360, 160)])
def test_what_would_alias_is_removed(fs_hz, f_hz):
    x = sine(fs_hz, f_hz)
    y, _ = resample_whole(x, np.ones(x.shape, bool), fs_hz)
    assert np.abs(y[0, 50:-50]).max() < 10 ** (-48 / 20)


def test_no_image_of_a_slow_source():
    x = sine(100, 38, seconds=20)
    y, _ = resample_whole(x, np.ones(x.shape, bool), 100)
    spectrum = np.abs(np.fft.rfft(y[0, :5000] * np.hanning(5000)))
    f_hz = np.fft.rfftfreq(5000, 1 / FS_HZ)
    assert spectrum[f_hz > 55].max() < 10 ** (-45 / 20) * spectrum.max()


@pytest.mark.parametrize("fs_hz", RATES_HZ)
def test_an_electrode_offset_stays_a_constant(fs_hz):
    x = np.full((12, 300), 300.0, np.float32)
    y, _ = resample_whole(x, np.ones(x.shape, bool), fs_hz)
    assert np.ptp(y) < 0.001


@pytest.mark.parametrize("fs_hz", RATES_HZ)
def test_a_gap_is_never_interpolated(fs_hz):
    x = np.ones((12, 600), np.float32)
    valid = np.ones(x.shape, bool)
    valid[4, 300:303] = False
    x[4, 300:303] = np.nan
    y, y_valid = resample_whole(x, valid, fs_hz)
    lost_s = np.flatnonzero(~y_valid[4]) / FS_HZ
    assert y_valid[[0, 3, 5, 11]].all()
    assert lost_s.size
    reach_s = Resampler(fs_hz).delay_s + 1 / FS_HZ
    assert lost_s.min() >= 300 / fs_hz - reach_s
    assert lost_s.max() <= 302 / fs_hz + reach_s
    assert (y[~y_valid] == 0).all()
    np.testing.assert_allclose(y[y_valid], 1, atol=1e-6)


def test_250_hz_passes_unchanged_and_at_once():
    x = np.random.default_rng(0).normal(size=(12, 77)).astype(np.float32)
    y, valid = Resampler(250).push(x, np.ones(x.shape, bool))
    np.testing.assert_array_equal(y, x)
    assert valid.all()


def test_latency_is_what_it_says():
    resampler = Resampler(500)
    x = np.ones((12, 1000), np.float32)
    y, _ = resampler.push(x, np.ones(x.shape, bool))
    assert y.shape[1] / FS_HZ == pytest.approx(2 - resampler.delay_s, abs=1 / FS_HZ)
    assert resampler.delay_s < 0.03


@pytest.mark.parametrize("fs_hz", [50, 99.9, 2001, 5000, float("nan")])
def test_impossible_rates_are_refused(fs_hz):
    with pytest.raises(ConfigurationError, match=r"Hz cannot be monitored.*resample the source"):
        Resampler(fs_hz)


def clipped(fs_hz, rail_mv=5.0):
    """A heart under an electrode that drifts into both rails, in (12, n) mV; lead 1 on coarse steps."""
    t = np.arange(round(10 * fs_hz)) / fs_hz
    beats = sum(1.2 * np.exp(-(((t - at) / 0.02) ** 2)) for at in np.arange(0.5, 10, 0.8))
    x = np.tile(beats, (12, 1)) + np.random.default_rng(0).normal(0, 0.01, (12, t.size))
    x[0] += 6 * np.sin(2 * np.pi * 0.15 * t)
    x[1] = np.round(x[1] * 200) / 200
    return np.clip(x, -rail_mv, rail_mv).astype(np.float32)


@pytest.mark.parametrize("fs_hz", RATES_HZ)
def test_a_clipped_lead_stays_on_its_rails(fs_hz):
    x = clipped(fs_hz)
    y, valid = resample_whole(x, np.ones(x.shape, bool), fs_hz)
    states = quality_of(
        Window("ward.1", 2500, y[:, :2500], valid[:, :2500], np.ones(12, bool), np.zeros(12, bool))
    ).state
    assert (y[0].max(), y[0].min()) == (5.0, -5.0)
    assert states == (LeadState.SATURATED, *[LeadState.OK] * 11)


@pytest.mark.parametrize("fs_hz", [100, 360, 500])
def test_rails_are_the_same_in_any_chunking(fs_hz):
    x = clipped(fs_hz)
    whole, _ = resample_whole(x, np.ones(x.shape, bool), fs_hz)
    resampler = Resampler(fs_hz)
    parts = [resampler.push(piece, np.ones(piece.shape, bool))[0] for piece in np.array_split(x, 97, axis=1)]
    np.testing.assert_array_equal(np.concatenate([*parts, resampler.flush()[0]], axis=1), whole)


def test_coarse_steps_are_moved_by_less_than_one_of_them():
    x = np.round(sine(360, 1.3) * 200) / 200
    y, _ = resample_whole(x.astype(np.float32), np.ones(x.shape, bool), 360)
    np.testing.assert_allclose(y[3, 50:-50], sine(FS_HZ, 1.3)[3, : y.shape[1]][50:-50], atol=0.005)
