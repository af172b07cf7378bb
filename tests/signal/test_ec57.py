"""Beat-by-beat comparison, by hand."""

import numpy as np
import pytest

from engine.beatclass import BeatClass
from engine.grid import FS_HZ
from training.beats.classes import compare, summary
from training.beats.ec57 import Tally, average, gross, pair
from training.beats.live import LiveBeats
from training.beats.recordings import Recording


@pytest.mark.parametrize(
    ("truth_s", "found_s", "of_truth", "of_found"),
    [
        ([1, 2, 3], [1, 2, 3], [0, 1, 2], [0, 1, 2]),
        ([1, 2, 3], [1.149, 2.151, 3], [0, -1, 2], [0, -1, 2]),
        ([1, 2], [0.9, 1.02, 2], [1, 2], [-1, 0, 1]),  # the nearer of two
        ([1, 1.2], [1.19], [-1, 0], [1]),
        ([], [1.0], [], [-1]),
        ([1.0], [], [-1], []),
        ([1, 1.25, 1.5], [1.1, 1.35, 1.6], [0, 1, 2], [0, 1, 2]),
    ],
)
def test_pairs(truth_s, found_s, of_truth, of_found):
    mine = pair(np.array(truth_s, float), np.array(found_s, float))
    np.testing.assert_array_equal(mine[0], of_truth)
    np.testing.assert_array_equal(mine[1], of_found)


def test_rates():
    tally = Tally(hits=90, missed=10, false=30)
    assert (tally.sensitivity, tally.predictivity) == (0.9, 0.75)
    assert tally.f1 == pytest.approx(2 * 0.9 * 0.75 / (0.9 + 0.75))
    assert np.isnan(Tally(0, 0, 3).sensitivity) and np.isnan(Tally(0, 3, 0).predictivity)
    assert gross([tally, Tally(10, 0, 0)]) == Tally(100, 10, 30)
    assert average([0.5, float("nan"), 1.0]) == 0.75


def recording(beats, flutter_s=(), length_s=400):
    at_s, symbols = np.array([at for at, _ in beats], float), np.array([symbol for _, symbol in beats])
    nothing = np.zeros((12, length_s * FS_HZ), np.float32)
    return Recording("100", nothing, nothing > 0, np.ones(12, bool), at_s, symbols, tuple(flutter_s))


def found(beats):
    at = np.array([round(at_s * FS_HZ) for at_s, _ in beats], np.int64)
    return LiveBeats(at, np.array([klass for _, klass in beats], np.int8))


def test_classes_are_counted_as_ec57_does():
    v, s, n, paced = BeatClass.VENTRICULAR, BeatClass.SUPRAVENTRICULAR, BeatClass.NORMAL, BeatClass.PACED
    truth = [(310, "N"), (311, "V"), (312, "V"), (313, "A"), (314, "F"), (315, "Q"), (316, "L"), (317, "V")]
    mine = [(310, n), (311, v), (312, n), (313, v), (314, v), (315, v), (316, v), (318, v), (319, paced)]
    figures = compare(recording(truth), found(mine))
    assert figures.r_peaks == Tally(7, 1, 2)
    # Missed: one called normal, one not found. False: on A, on L, on no beat; on fusion and unclassed not.
    assert figures.ventricular == Tally(1, 2, 3)
    assert figures.supraventricular == Tally(0, 1, 0)
    assert figures.fusion_as_ventricular == 1
    assert compare(recording(truth), found([(313, s)])).supraventricular == Tally(1, 0, 0)


def test_learning_time_ends_and_flutter_are_not_judged():
    truth = [(100, "V"), (320, "V"), (350, "V"), (399, "V")]
    mine = [(100.0, BeatClass.VENTRICULAR), (351, BeatClass.VENTRICULAR), (398.5, BeatClass.VENTRICULAR)]
    figures = compare(recording(truth, [(349, 352)]), found(mine))
    assert figures.ventricular == Tally(0, 1, 0)
    assert figures.r_peaks == Tally(0, 1, 0)


def test_summary_is_gross_and_average():
    one = compare(recording([(310, "V"), (311, "N")]), found([(310, BeatClass.VENTRICULAR)]))
    two = compare(recording([(310, "V"), (311, "V")]), found([(312, BeatClass.VENTRICULAR)]))
    total = summary([one, two])["ventricular"]
    assert (total["hits"], total["missed"], total["false"]) == (1, 2, 1)
    assert total["sensitivity"] == pytest.approx(1 / 3)
    assert total["average_sensitivity"] == 0.5
