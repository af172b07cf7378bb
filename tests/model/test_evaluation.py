import numpy as np
import pytest

from training.evaluation import Scored, auc, evaluate
from training.ptbxl import Entry


def entry(number, *classes):
    return Entry(number, 9, frozenset(classes), None)


def test_auc_counts_ties_half():
    scores = np.array([0.0, 1.0, 1.0, 2.0])
    assert auc(scores, np.array([False, False, True, True])) == 0.875
    assert np.isnan(auc(scores, np.zeros(4, np.bool_)))


@pytest.mark.parametrize("spoilt", ["NORM", "MI"])
def test_record_without_a_score_is_an_error_whatever_its_class(spoilt):
    found = [Scored(entry(i, "NORM"), 0.0, None, 0) for i in range(9)]
    found += [Scored(entry(i, "MI"), 2.0, None, 3) for i in range(9)]
    assert evaluate(found).auc == 1.0
    found.append(Scored(entry(99, spoilt), float("nan"), "gap", 0))
    result = evaluate(found)
    assert result.auc == pytest.approx(0.9)
    assert result.not_assessed == {"gap": 1}
    assert result.n_records == 19


def test_only_exactly_norm_is_normal():
    found = [Scored(entry(1, "NORM"), 0, None, 0), Scored(entry(2, "NORM", "CD"), 0, None, 0)]
    found.append(Scored(entry(3), 0, None, 1))
    result = evaluate(found)
    assert (result.n_normal, result.n_abnormal) == (1, 2)
    assert result.n_by_class == {"CD": 1, "none": 1}
    assert result.spans_per_minute_normal == 0
