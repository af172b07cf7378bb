"""Fits of rhythm features: what is looked for is told from the rest; no record or lead outweighs another."""

from pathlib import Path

import numpy as np
import pytest

from training.rhythmfit import Described, Fit


def described(record, n, apart=2.0, n_leads=2, seed=0):
    """Half of the stretches are what is looked for; the first feature tells, the second is noise."""
    dice = np.random.default_rng(seed)
    truth = np.arange(n) % 2
    rows = dice.normal(0, 1, (n, n_leads, 2))
    rows[:, :, 0] += apart * (2 * truth[:, None] - 1)
    return Described(record, rows, np.ones((n, n_leads), bool), truth)


def fit_of(sets, fit_on, **more):
    by_name = {one.record: one for one in sets}
    values = {"penalty": 0.01, "most": 100, **more}
    fit = Fit({"folder": fit_on}, ("tells", "noise"), lambda path: by_name[path.stem], **values)
    return fit.report([fit.describe(Path(f"{one.record}.hea")) for one in sets])


def test_the_feature_that_tells_carries_the_weight_and_other_records_are_told_right():
    found = fit_of([described("a", 200), described("b", 200, seed=1)], ("a",))
    tells, noise = found["weight"]
    assert tells > 10 * abs(noise)
    assert [one["fitted"] for one in found["records"].values()] == [True, False]
    assert found["records"]["b"]["found"] > 0.95 and found["records"]["b"]["others_quiet"] > 0.95


def test_leads_that_are_not_known_and_stretches_that_do_not_count_have_no_voice():
    whole = described("a", 200)
    spoilt = np.concatenate((whole.rows, np.full((50, 2, 2), 99.0)))
    spoilt[:, 1] = -77.0
    known = np.ones(spoilt.shape[:2], bool)
    known[:, 1] = False
    one = Described("a", spoilt, known, np.concatenate((whole.truth, np.full(50, -1))))
    other = Described("a", whole.rows[:, :1], np.ones((200, 1), bool), whole.truth)
    assert fit_of([one], ("a",)) == fit_of([other], ("a",))


def test_a_long_record_counts_for_no_more_than_its_share():
    backwards = described("long", 4000, apart=-0.5, seed=2)
    short = [described(name, 200, apart=0.5, seed=seed) for seed, name in enumerate("abc", 3)]
    names = ("long", "a", "b", "c")
    assert fit_of([backwards, *short], names, most=100)["weight"][0] > 0
    assert fit_of([backwards, *short], names, most=10_000)["weight"][0] < 0


@pytest.mark.parametrize(("cap", "found"), [(np.inf, 0.0), (1.0, 1.0)])
def test_one_lead_alone_decides_only_as_far_as_its_vote_counts(cap, found):
    """Two leads see it faintly, the third is sure of the contrary."""
    taught = described("a", 200, n_leads=3)
    rows = np.tile(np.array([[0.8, 0.0], [0.8, 0.0], [-9.0, 0.0]]), (10, 1, 1))
    other = Described("b", rows, np.ones((10, 3), bool), np.ones(10, int))
    assert fit_of([taught, other], ("a",), cap=cap)["records"]["b"]["found"] == found
