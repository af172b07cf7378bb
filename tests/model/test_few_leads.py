"""Records as if only some leads were connected."""

import numpy as np
import pytest

from engine.leads import LEADS
from engine.scorer import load_scorer
from training.few_leads import scores_with, shares
from training.ptbxl import read_entries


def test_scores_with_all_leads_are_those_of_the_live_path_and_others_know_fewer(mini_ptbxl):
    entries = read_entries(mini_ptbxl)[:3]
    scorer = load_scorer()
    whole, two, none = (scores_with(scorer, entries, leads) for leads in (LEADS, ("II", "V1"), ()))
    assert np.isfinite(whole).all() and np.isfinite(two).all()
    assert (np.abs(whole - two) > 1e-3).all()
    assert np.isnan(none).all()


@pytest.mark.parametrize(
    ("scores", "above_1", "above_1_25"),
    [([0.5, 1.0, 1.1, 2.0], 0.5, 0.25), ([np.nan, 1.2], 1.0, 0.0), ([], 0.0, 0.0), ([np.nan], 0.0, 0.0)],
)
def test_shares_are_of_the_assessed(scores, above_1, above_1_25):
    found = shares(np.array(scores, np.float64))
    assert (found["above_1"], found["above_1.25"]) == (above_1, above_1_25)
    assert found["records"] == len(scores) >= found["assessed"]
