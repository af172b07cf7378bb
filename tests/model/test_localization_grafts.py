"""Grafts: what is changed is what the truth says, and the same seed gives the same cases."""

import numpy as np
import pytest

from engine.grid import FS_HZ, WINDOW_N
from engine.leads import LEADS
from training.dataset import window_of
from training.localization.beatbank import in_twelve_leads
from training.localization.case import ARTEFACT, STEADY, TRANSIENT, TRUTH_MV, changed
from training.localization.graftplan import make_cases, plan
from training.localization.leadfield import DIPOLE_FIELD, ELECTRODE_FIELD
from training.localization.normalrecord import normal_record

BANK = [
    np.outer((1.0, -0.8), np.exp(-0.5 * ((np.arange(175) / FS_HZ - 0.2) / 0.03) ** 2)),
    np.outer((-0.6, 1.2), np.exp(-0.5 * ((np.arange(175) / FS_HZ - 0.2) / 0.04) ** 2)),
]


@pytest.fixture(scope="module")
def records(ecg):
    found = [normal_record(f"{seed}", window_of(ecg(seed), FS_HZ)) for seed in range(1, 7)]
    return [one for one in found if one is not None]


@pytest.fixture(scope="module")
def cases(records):
    return list(make_cases(plan(BANK), records, 3))


def original(records, case):
    return next(one.window.x for one in records if one.name == case.record)


def limbs_obey_einthoven(x):
    i, ii, iii, avr, avl, avf = x[:6]
    return np.abs([ii - i - iii, avr + (i + ii) / 2, avl - (i - iii) / 2, avf - (ii + iii) / 2]).max() < 1e-4


def test_every_kind_comes_and_none_twice(cases):
    names = [case.name for case in cases]
    assert len(set(names)) == len(names)
    kinds = {(kind, lasting) for kind, lasting, _ in plan(BANK)}
    assert {(case.kind, case.lasting) for case in cases} == kinds


def test_truth_is_where_the_signal_was_changed(records, cases):
    for case in (one for one in cases if one.lasting != ARTEFACT):
        delta = np.abs(case.window.x - original(records, case))
        outside = ~(case.truth | case.ignored)
        if case.kind not in ("pause", "premature beat"):
            assert delta[case.truth].max() > TRUTH_MV
            # What is left unmarked is too small, or too short, to ask for.
            assert (delta[outside] > TRUTH_MV + 1e-3).mean() < 0.001, case.name
        else:
            assert delta[outside].max() < TRUTH_MV + 1e-3, case.name
        assert not case.disturbed.any()
        assert case.truth.any()


def test_artefacts_carry_no_anomaly(cases):
    artefacts = [case for case in cases if case.lasting == ARTEFACT]
    assert len({case.kind for case in artefacts}) == 5
    for case in artefacts:
        assert case.disturbed.any()
        assert not case.truth.any()
        assert case.asked is case.disturbed


def test_size_zero_changes_nothing(records):
    for kind, lasting, make in plan(BANK):
        graft = make(records[0], lasting == STEADY, np.random.default_rng(3), 0.0)
        assert np.abs(graft.delta).max() == 0, kind
        assert not (graft.truth | graft.ignored | graft.disturbed).any(), kind


def test_same_seed_same_cases_and_another_seed_others(records, cases):
    again = list(make_cases(plan(BANK), records, 3))
    for one, two in zip(cases, again, strict=True):
        assert one.name == two.name
        np.testing.assert_array_equal(one.window.x, two.window.x)
        np.testing.assert_array_equal(one.truth, two.truth)
    others = list(make_cases(plan(BANK), records, 3, seed=1))
    assert any((one.window.x != two.window.x).any() for one, two in zip(cases, others, strict=False))


def test_fewer_cases_are_the_first_of_more(records, cases):
    few = {case.name: case for case in make_cases(plan(BANK), records, 1)}
    assert few.keys() <= {case.name for case in cases}
    for case in cases:
        if case.name in few:
            np.testing.assert_array_equal(case.window.x, few[case.name].window.x)


def test_transient_means_some_beats_and_steady_all(records, cases):
    for case in cases:
        n_beats = next(len(one.r_peaks) for one in records if one.name == case.record)
        if case.kind.startswith("ST"):
            lead = case.truth.sum(axis=1).argmax()
            n = np.count_nonzero(np.diff(np.pad(case.truth[lead].astype(int), 1)) == 1)
            assert n <= 3 if case.lasting == TRANSIENT else n >= n_beats - 1


@pytest.mark.parametrize(
    ("kind", "most", "never"),
    [
        ("ST anterior", {"V2", "V3"}, {"I", "II", "III", "V6"}),
        ("ST inferior", {"III", "aVF"}, {"V1", "V2", "V3", "V4", "V5", "V6"}),
        ("ST lateral", {"V5", "V6"}, {"V1", "V2", "V3"}),
        ("T inversion anterior", set(), {"I", "II", "III", "V6"}),
        ("T inversion inferior", {"II", "aVF"}, {"I", "V1", "V6"}),
        ("axis", set(), {"V1", "V3", "V6"}),
    ],
)
def test_territories_show_in_their_leads_and_no_other(cases, kind, most, never):
    for case in (one for one in cases if one.kind == kind):
        leads = {LEADS[lead] for lead in np.flatnonzero(case.truth.any(axis=1))}
        assert most <= leads
        assert not never & leads


def test_limb_leads_stay_one_body(records, ecg):
    x = ecg(1)
    i, ii = x[0], x[1]
    x[2:6] = ii - i, -(i + ii) / 2, i - ii / 2, ii - i / 2
    body = normal_record("body", window_of(x, FS_HZ))
    for kind, lasting, make in plan(BANK):
        delta = make(body, lasting == STEADY, np.random.default_rng(1), 1.0).delta
        assert limbs_obey_einthoven(delta), kind


def test_a_pause_is_two_to_three_seconds_without_a_beat(cases, judged):
    pauses = [case for case in cases if case.kind == "pause"]
    for case in pauses:
        _, _, beats = judged(case.window.x)
        assert 1.9 * FS_HZ <= np.diff(beats.r_peaks).max() <= 3.3 * FS_HZ
        assert case.truth.all(axis=0).any()


def test_a_premature_beat_is_early_and_seen_by_the_detector(records, cases, judged):
    for case in (one for one in cases if one.kind == "premature beat"):
        _, _, beats = judged(case.window.x)
        before = next(one for one in records if one.name == case.record)
        middle = np.flatnonzero(case.truth.any(axis=0))[[0, -1]]
        new = [r for r in beats.r_peaks if middle[0] <= r <= middle[1]]
        assert len(new) == 1
        assert np.diff(beats.r_peaks).min() < 0.85 * before.rr_s * FS_HZ


def test_projected_beat_gives_back_the_two_leads_it_came_from():
    for seed in range(4):
        leads = in_twelve_leads(BANK[0], np.random.default_rng(seed))
        np.testing.assert_allclose(leads[[LEADS.index("II"), LEADS.index("V1")]], BANK[0], atol=1e-9)
        assert limbs_obey_einthoven(leads)


def test_lead_fields_obey_einthoven():
    assert limbs_obey_einthoven(DIPOLE_FIELD)
    assert limbs_obey_einthoven(ELECTRODE_FIELD)
    assert ELECTRODE_FIELD[LEADS.index("V3")].sum() == pytest.approx(0, abs=1e-12)


def test_small_gaps_of_a_change_are_closed_and_specks_dropped():
    delta = np.zeros((12, WINDOW_N))
    delta[0, 100:120] = delta[0, 130:150] = 0.2
    delta[0, 400:403] = -0.2
    delta[1, 100:120] = delta[1, 200:220] = 0.2
    delta[2, 100:150] = 0.04
    truth = changed(delta)
    assert truth[0].sum() == 50 and truth[0, 100:150].all()
    assert truth[1].sum() == 40
    assert not truth[2].any()
