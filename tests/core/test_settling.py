"""What alarms are judged by: what passes at once, what stays once it has stayed."""

import numpy as np
import pytest
from baseline_windows import later, lbbb, windows
from hypothesis import given
from hypothesis import strategies as st

from engine.grid import FS_HZ
from engine.patient.comparison import STAYING_SPREADS, Comparison
from monitor.baseline import BaselineWatch
from monitor.baseline.lasting import LEAST_S, SPAN_S, Lasting
from monitor.baseline.settling import BEGINNING_S, Settling


def comparison(farthest=1.0, changed=0.0, n_beats=8):
    none = np.zeros((12, 1), np.float32)
    return Comparison(farthest, 1.0, changed * STAYING_SPREADS, 0.0, 0.0, n_beats, none)


def settled(readings, hop_s=1):
    """Scores of a patient whose baseline is known."""
    settling, found = Settling(), []
    for second, one in enumerate(readings):
        settling.against_own((10 + second * hop_s) * FS_HZ, one)
        found.append(settling.score)
    return found


def test_a_beat_that_passes_counts_at_once():
    strange = comparison(farthest=50.0)
    assert strange.score > 1
    assert settled([comparison()] * 5 + [strange])[-1] == pytest.approx(strange.passing)


@pytest.mark.parametrize("hop_s", [1, 5])
def test_a_change_counts_once_it_has_stayed_for_most_of_a_minute(hop_s):
    calm, moved = [comparison()] * (120 // hop_s), [comparison(changed=1.5)] * (120 // hop_s)
    found = settled([*calm, *moved, *calm], hop_s)
    above_s = [k * hop_s for k, score in enumerate(found) if score > 1]
    assert 120 + 28 <= above_s[0] <= 120 + 36
    assert above_s == list(range(above_s[0], above_s[-1] + 1, hop_s))
    assert 240 + 20 <= above_s[-1] <= 240 + 36
    short = [comparison(changed=9.0)] * (25 // hop_s)
    assert max(settled([*calm, *short, *calm], hop_s)) < 1


def weak(beats):
    """Seconds at which a weak anomaly counts, of windows with one (1) and without (0)."""
    one, none = comparison(farthest=23.0), comparison()
    assert 1 < one.passing < 1.25
    found = settled([one if beat == "1" else none for beat in beats])
    assert max(found) <= 1 or max(found) == pytest.approx(one.passing)
    return [k for k, score in enumerate(found) if score > 1]


@pytest.mark.parametrize(
    ("windows", "counts"),
    [
        ("00000000111111110000", [13, 14, 15]), ("00000000110111110000", [14, 15]),
        ("0000000011111000000", []), ("0000000010101010101010", []), ("00000000110110110110", [15, 18]),
        ("111111", [5]), ("11111", []),
    ],
)  # fmt: skip
def test_what_is_weak_counts_once_it_has_held(windows, counts):
    assert weak(windows) == counts


def test_what_cannot_be_compared_settles_nothing():
    assert settled([comparison(), comparison(n_beats=1)])[-1] is None


@given(st.lists(st.tuples(st.floats(0.1, 20), st.floats(-5, 5)), min_size=1, max_size=60))
def test_the_median_lies_between_what_the_last_minute_held(steps):
    lasting, end_s, seen = Lasting(), 0.0, []
    for step_s, reading in steps:
        end_s += step_s
        end = round(end_s * FS_HZ)
        seen = [(at, value) for at, value in [*seen, (end, reading)] if at > end - SPAN_S * FS_HZ]
        found = lasting.add(end, reading)
        values = [value for _, value in seen]
        if end - seen[0][0] < LEAST_S * FS_HZ:
            assert found is None
        else:
            assert min(values) <= found <= max(values)
            assert sum(value <= found for value in values) >= len(values) / 2
            assert sum(value >= found for value in values) >= len(values) / 2


def test_samples_that_are_counted_anew_begin_anew():
    lasting = Lasting()
    assert [lasting.add(second * FS_HZ, 1.0) for second in (100, 131)] == [None, 1.0]
    assert lasting.add(10 * FS_HZ, 5.0) is None


def test_the_beginning_looks_at_a_minute_and_ends():
    settling = Settling()
    found = {}
    for second in range(10, 10 + round(BEGINNING_S) + 20):
        settling.against_all(second * FS_HZ, 1.5)
        found[second] = (settling.beginning, settling.score)
    assert found[39] == (True, None)
    assert found[40] == found[609] == (True, 1.5)
    assert found[610] == (False, None)


def test_a_watch_settles_from_the_first_window_to_the_baseline_and_from_there():
    watch, states = BaselineWatch("model-1"), {}
    for one in windows(lbbb(310)):
        watch.judge(one, "", 0)
        states[one.end_sample // FS_HZ] = (watch.status.beginning, watch.status.settled)
    assert states[35] == (True, None)
    assert states[40] == states[295] == (True, 2.0)
    assert states[300] == (False, None)  # adopted: this window is still judged against normal ECG
    assert not states[305][0] and states[305][1] < 1
    watch.new_session(310 * FS_HZ)
    (one,) = later(windows(lbbb(20))[1:2], 310)
    watch.judge(one, "", 0)
    assert (watch.status.beginning, watch.status.settled) == (True, None)
