"""False alarms and sensitivity, counted on alarms and annotations that are written down here."""

import numpy as np
import pytest

from engine.errors import RecordError
from monitor.evaluation.alarm_rate import FROM_S, Tally, at_sensitivity, tally
from monitor.evaluation.alarm_report import alarm_document
from monitor.evaluation.truth import read_truth, truth_of
from monitor.evaluation.watched import Watched


def watched(*alarmed, seconds=1200.0):
    """Windows every second; the score is 2 in the given stretches, else 0."""
    end_s = np.arange(10.0, seconds + 1)
    score = np.zeros(end_s.size)
    for start, end in alarmed:
        score[(end_s >= start) & (end_s < end)] = 2.0
    return Watched(end_s, score, np.full(end_s.size, 2.0), 300.0, 2.0, ())


def truth(*marks, rhythms=()):
    """Normal beats every second, and other marks."""
    beats = [(float(t), "N", "") for t in range(1200)] + [(t, symbol, "") for t, symbol in marks]
    rows = sorted(beats + [(t, "+", f"({name}") for t, name in rhythms])
    at_s, symbols, notes = zip(*rows, strict=True)
    return truth_of(np.array(at_s), list(symbols), list(notes), 1200.0)


def test_premature_beats_are_abnormal_and_near_ones_one_episode():
    found = truth((400.5, "V"), (420.5, "A"), (500.5, "V"))
    assert found.episodes.round(1).tolist() == [[400.2, 420.8], [500.2, 500.8]]
    assert found.own == ("N",)


def test_what_is_constant_from_the_start_is_the_patients_own():
    paced = [(t + 0.5, "/") for t in range(0, 1200)]
    found = truth(*paced, (600.7, "L"), rhythms=[(0.0, "AFIB"), (700.0, "VT"), (710.0, "AFIB")])
    assert found.own == ("/", "N", "AFIB")
    assert found.episodes.round(1).tolist() == [[600.4, 601.0], [700.0, 710.0]]


def test_ventricular_beats_and_lethal_rhythms_are_never_own():
    found = truth(*[(t + 0.5, "V") for t in range(1200)], rhythms=[(0.0, "VF")])
    assert found.own == ("N",)
    assert found.episodes.tolist() == [[-0.0, 1200.0]] or found.episodes[0, 1] >= 1199


def test_alarms_are_false_without_anything_abnormal_before_them():
    case = watched((500, 520), (800, 820)), truth((498.5, "V"))
    found = tally(case, case[0].own, 1.0)
    assert (found.n_announced, found.n_false, found.n_episodes, found.n_found) == (2, 1, 1, 1)
    assert found.hours == pytest.approx((1200 - FROM_S) / 3600)
    assert 20 <= found.false_s <= 26 + 10


def test_an_alarm_that_stays_without_cause_is_counted_again_and_again():
    case = watched((400, 1200)), truth()
    found = tally(case, case[0].own, 1.0)
    assert found.n_false == found.n_announced == 7  # 402 s, and every 120 s to the end
    assert found.false_s == pytest.approx(798, abs=2)


def test_episodes_before_learning_ends_are_not_counted():
    case = watched(), truth((100.5, "V"), (400.5, "V"))
    found = tally(case, case[0].own, 1.0)
    assert (found.n_episodes, found.n_found, found.sensitivity) == (1, 0, 0.0)


def test_the_fewest_false_alarms_at_equal_sensitivity_are_compared():
    loose, right, strict = (
        Tally(t, 10, found, 9, false, 0.0, 1.0) for t, found, false in ((0.5, 10, 9), (1, 9, 4), (2, 5, 1))
    )
    assert at_sensitivity([loose, right, strict], 0.85) is right
    assert at_sensitivity([strict], 0.85) is None
    assert (right + right).sensitivity == 0.9


def test_the_document_compares_both_arms():
    case = watched((500, 520)), truth((498.5, "V"))
    document = alarm_document(["100"], [case], True)
    equal = document["at_equal_sensitivity"]
    assert equal["with_baseline"]["sensitivity"] == equal["without_baseline"]["sensitivity"] == 1
    assert equal["with_baseline"]["false_alarms"] == 0 < equal["without_baseline"]["false_alarms"]
    assert "with_baseline" not in alarm_document(["100"], [case], False)


def test_a_record_without_annotations_is_refused_with_the_cure(tmp_path):
    with pytest.raises(RecordError, match="choose an annotated one"):
        read_truth(tmp_path / "none", 10.0)
