import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import LeadError
from engine.leads import LEADS, LeadMap, canonical_lead

LIMB = LEADS[:6]


def limb_leads(n: int = 50, seed: int = 0) -> dict[str, np.ndarray]:
    """Limb leads of random electrode potentials, by their definitions."""
    right, left, foot = np.random.default_rng(seed).normal(size=(3, n)).astype(np.float32)
    return {
        "I": left - right,
        "II": foot - right,
        "III": foot - left,
        "aVR": right - (left + foot) / 2,
        "aVL": left - (right + foot) / 2,
        "aVF": foot - (right + left) / 2,
    }


@pytest.mark.parametrize(
    ("name", "lead"),
    [
        ("MLII", "II"),
        ("avr", "aVR"),
        ("AVF", "aVF"),
        (" v5 ", "V5"),
        ("ecg_lead_V5", "V5"),
        ("MDC_ECG_LEAD_V3", "V3"),
        ("MDC_ECG_ELEC_POTL_II", "II"),
        ("Lead II", "II"),
        ("ECG III", "III"),
        ("V", "V1"),
        ("MCL1", "V1"),
        ("C4", "V4"),
        ("ML5", "V5"),
        ("D II", "II"),
        ("-aVR", None),
        ("vx", None),
        ("PLETH", None),
        ("ABP", None),
        ("", None),
    ],
)
def test_spellings(name, lead):
    assert canonical_lead(name) == lead


@given(st.sampled_from(LEADS), st.sampled_from([str, str.upper, str.lower, lambda name: f"ECG_{name}"]))
def test_every_lead_is_known_in_every_case(lead, spell):
    assert canonical_lead(spell(lead)) == lead


@given(st.lists(st.sampled_from(LIMB), min_size=2, max_size=6, unique=True), st.integers(0, 100))
def test_any_two_limb_leads_give_the_other_four(given_leads, seed):
    truth = limb_leads(seed=seed)
    lead_map = LeadMap.from_names(given_leads)
    leads = lead_map.apply(np.stack([truth[lead] for lead in given_leads]))
    for row, lead in zip(leads, LIMB, strict=False):
        np.testing.assert_allclose(row, truth[lead], atol=2e-5)
    assert set(lead_map.derived) == set(LIMB) - set(given_leads)
    assert lead_map.absent == LEADS[6:]
    assert np.isnan(leads[6:]).all()


@given(st.permutations(LEADS))
def test_order_of_the_channels_does_not_matter(order):
    samples = np.arange(12, dtype=np.float32)[:, None]
    leads = LeadMap.from_names(order).apply(samples)
    assert [order[int(value)] for value in leads[:, 0]] == list(LEADS)


@given(st.integers(0, 2))
def test_nan_reaches_only_what_is_derived_from_its_channel(channel):
    names = ("I", "II", "V3")
    samples = np.ones((3, 4), np.float32)
    samples[channel, 1] = np.nan
    lead_map = LeadMap.from_names(names)
    lost = np.isnan(lead_map.apply(samples)[:, 1]) & lead_map.present
    expected = {0: {"I", "III", "aVR", "aVL", "aVF"}, 1: {"II", "III", "aVR", "aVL", "aVF"}, 2: {"V3"}}
    assert {lead for lead, gone in zip(LEADS, lost, strict=True) if gone} == expected[channel]


def test_leads_derived_from_a_detached_one_are_off():
    off = LeadMap.from_names(["I", "II", "V1"]).spread_lead_off(np.array([True, False, False]))
    assert [lead for lead, bit in zip(LEADS, off, strict=True) if bit] == ["I", "III", "aVR", "aVL", "aVF"]


def test_one_limb_lead_derives_nothing_and_foreign_channels_are_named():
    lead_map = LeadMap.from_names(["II", "V", "PLETH"])
    assert lead_map.derived == ()
    assert lead_map.ignored == ("PLETH",)
    assert lead_map.source == (None, 0, None, None, None, None, 1, None, None, None, None, None)


def test_channels_called_just_ecg_take_places_that_derive_nothing():
    lead_map = LeadMap.from_names(["ECG", "ECG", "ECG2", "ECG3"])
    assert lead_map.unnamed == ("II", "V1", "V5")
    assert lead_map.ignored == ("ECG3",)
    assert lead_map.derived == ()


@pytest.mark.parametrize("names", [[], ["PLETH", "ABP"]])
def test_no_lead_is_refused_with_the_cure(names):
    with pytest.raises(LeadError, match=r"no ECG lead.*name at least one of I, II"):
        LeadMap.from_names(names)


def test_a_lead_named_twice_is_refused():
    with pytest.raises(LeadError, match=r"lead II comes twice: channel 1 \(II\) and channel 2 \(MLII\)"):
        LeadMap.from_names(["II", "MLII"])
