"""The parts of the score map against plain, slow ways of computing the same."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.checkpoint import load_checkpoint
from engine.models.errormap import ErrorMap, join, raised, surprises
from engine.models.features import beat_shape, in_order, irregularity, rhythm_features, usual_interval_s
from engine.models.offbeat import offbeat
from engine.models.rarity import Rarity
from engine.models.readings import lay, overlap, read
from engine.models.smoothing import SMOOTH_N, Smoother
from engine.preprocess import MAP_N, ModelInput, input_of, stack
from engine.scorer import WEIGHTS, load_scorer


@pytest.fixture(scope="module")
def normality():
    return load_checkpoint(WEIGHTS / "mcr.safetensors").normality


@pytest.fixture(scope="module")
def batch(ecg, judged) -> ModelInput:
    few = ecg(3)
    few[[0, 7], 400:] = np.nan
    return stack([input_of(*judged(x)) for x in (ecg(1), ecg(2) * 3, few, ecg(4))])


def test_means_are_over_what_is_valid_even_after_another_window():
    rng = np.random.default_rng(0)
    smoother = Smoother(2)
    for share in (0.5, 1.0, 0.0):
        x = rng.gamma(1, size=(2, 12, MAP_N)).astype(np.float32)
        valid = (rng.random((12, MAP_N)) < share).astype(np.float32)
        smoother.rows[:] = x
        smoother.keep(valid)
        window = np.ones(SMOOTH_N)
        for row in range(2):
            for lead in range(12):
                total = np.convolve(x[row, lead] * valid[lead], window, "same")
                count = np.convolve(valid[lead], window, "same")
                expected = total / np.maximum(count, 1) * valid[lead]
                np.testing.assert_allclose(smoother.means(row)[lead], expected, rtol=1e-5, atol=1e-6)


def test_rarity_follows_its_table_and_grows_in_proportion_beyond(normality):
    rarity = Rarity(normality)
    values = np.concatenate((np.linspace(0, 1, 301), [1.5, 4.0])).astype(np.float32)
    for reading in range(7):
        found = rarity.of(
            reading, values * normality.surprise_top[reading, :, None] / rarity.unit[reading, :, None]
        )
        for lead in range(12):
            table = normality.surprise[reading, lead]
            inside = np.interp(np.sqrt(np.minimum(values, 1)), np.linspace(0, 1, len(table)), table)
            np.testing.assert_allclose(found[lead], inside * np.maximum(values, 1), rtol=1e-4, atol=1e-5)


def test_no_number_stays_none(normality):
    assert np.isnan(Rarity(normality).of(2, np.full((12, 5), np.nan, np.float32))).all()


def test_the_map_is_the_joined_surprise_of_the_readings(normality, batch):
    outputs = load_scorer()._backend.run(batch)
    scores = np.array([0.0, 2.0, 0.5, np.nan])
    found = ErrorMap(normality).of(batch, beat_shape(batch), outputs, scores)
    joined = join(surprises(normality, read(normality, batch, outputs)))
    expected = raised(joined / normality.map_unit.astype(np.float32)[:, None], scores)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    assert not found[batch.valid == 0].any()


def test_a_window_has_the_same_map_in_any_batch(normality, batch):
    outputs = load_scorer()._backend.run(batch)
    maps = ErrorMap(normality)
    together = maps.of(batch, beat_shape(batch), outputs, np.zeros(4))
    one = stack([batch.at(2)])
    alone = type(outputs)(*(getattr(outputs, name)[2:3] for name in type(outputs).__dataclass_fields__))
    np.testing.assert_array_equal(maps.of(one, beat_shape(one), alone, np.zeros(1))[0], together[2])


def test_an_early_beat_is_read_around_it_and_a_late_one_before_it(batch):
    rr_s = np.full((4, 15), 0.8, np.float32)
    rr_s[0, 3], rr_s[0, 6] = 0.5, 1.4
    starts = np.concatenate((np.zeros((4, 1)), np.cumsum(rr_s, axis=1)), axis=1) * 100
    changed = ModelInput(
        **{
            **{name: getattr(batch, name) for name in ModelInput.__dataclass_fields__},
            "beat_starts": np.rint(starts).astype(np.int64),
            "rr_s": rr_s,
        }
    )
    heights, which = offbeat(changed)
    early, late = (np.take_along_axis(heights[kind], which[kind], axis=1) for kind in range(2))
    r_peaks = changed.beat_starts[0] + 28
    assert early[0, r_peaks[4]] == pytest.approx(np.log(0.8 / 0.5), rel=1e-6)
    assert late[0, r_peaks[7] - 25] == pytest.approx(np.log(1.4 / 0.8), rel=1e-6)
    assert not late[0, r_peaks[7] :].any()
    assert not early[1:].any()
    assert not late[1:].any()


@settings(deadline=None)
@given(st.lists(st.one_of(st.just(np.nan), st.floats(0.25, 3, width=32)), min_size=15, max_size=15))
def test_rhythm_is_measured_of_the_intervals_there_are(rr_s):
    row = np.array([rr_s], np.float32)
    known = row[np.isfinite(row)].astype(np.float64)
    np.testing.assert_allclose(usual_interval_s(row)[0], np.median(known) if known.size else np.nan)
    found = rhythm_features(row)[0]
    if known.size < 2:
        assert np.isnan(found[1:]).all()
        return
    spread = (np.sqrt(np.mean(np.diff(known) ** 2)), known.std())
    parts = (known.min(), known.max(), *(np.array(spread) + 0.005 * np.median(known)))
    np.testing.assert_allclose(found[1:], np.log(np.array(parts) / np.median(known)), rtol=1e-9, atol=1e-12)


@settings(deadline=None)
@given(st.integers(-300, 1300), st.integers(1, 100))
def test_what_lies_in_the_window_of_something_longer_than_it(start, n):
    place, part = overlap(start, n)
    at = np.arange(start, start + n)
    inside = at[(at >= 0) & (at < MAP_N)]
    np.testing.assert_array_equal(np.arange(MAP_N)[place], inside)
    np.testing.assert_array_equal(at[part], inside)


@settings(deadline=None)
@given(st.lists(st.one_of(st.just(np.nan), st.floats(0.25, 3, width=32)), min_size=15, max_size=15))
def test_irregularity_alone_is_that_of_the_rhythms_features(rr_s):
    row = np.array(rr_s, np.float32)
    np.testing.assert_allclose(irregularity(row), rhythm_features(row[None])[0, 4], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("n", range(1, 34))
def test_arrays_are_sorted_element_by_element(n):
    rows = np.random.default_rng(n).integers(0, 9, (n, 4, 50)).astype(np.float32)
    np.testing.assert_array_equal(np.stack(in_order(list(rows))), np.sort(rows, axis=0))


@settings(deadline=None)
@given(st.lists(st.integers(-100, MAP_N + 50), max_size=16), st.integers(0, 2**16 - 1))
def test_where_beats_overlap_the_larger_stays(starts, there):
    starts = sorted(starts)
    rows = [row for row in range(len(starts)) if there >> row & 1]
    beats = np.random.default_rng(0).gamma(1, size=(2, len(starts), 12, 72)).astype(np.float32)
    found = np.full((2, 12, MAP_N), np.nan, np.float32)
    lay(found, beats, starts, rows)
    expected = np.zeros_like(found)
    for row in rows:
        for k in range(72):
            if 0 <= starts[row] + 4 + k < MAP_N:
                sample = expected[:, :, starts[row] + 4 + k]
                np.maximum(sample, beats[:, row, :, k], out=sample)
    np.testing.assert_array_equal(found, expected)
