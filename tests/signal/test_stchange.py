"""ST levels against the patient's own."""

import numpy as np
import pytest

from engine.leads import LEADS, N_LEADS
from engine.stchange import LEARN_N, StMemory, follow_st

NAN = np.full(N_LEADS, np.nan, np.float32)


def levels(**by_lead):
    st_mv = np.zeros(N_LEADS, np.float32)
    for name, value in by_lead.items():
        st_mv[LEADS.index(name)] = value
    return st_mv


def learned(st_mv):
    memory = StMemory.empty()
    for _ in range(LEARN_N):
        change, memory = follow_st(st_mv, memory)
        assert change is None
    return memory


def named(change):
    return [LEADS[lead] for lead in change.leads]


def test_the_patients_own_level_is_the_zero():
    own = levels(V2=0.25, V3=0.2, III=-0.15)
    change, _ = follow_st(own, learned(own))
    assert named(change) == [] and np.allclose(change.change_mv, 0)
    change, _ = follow_st(own + levels(V2=0.12, V3=0.15), learned(own))
    assert (named(change), change.territory) == (["V2", "V3"], "anterior")


@pytest.mark.parametrize(
    ("change_mv", "leads", "territory"),
    [
        (
            {"II": 0.2, "III": 0.3, "aVF": 0.25, "aVL": -0.2, "I": -0.12},
            ["I", "II", "III", "aVL", "aVF"],
            "inferior",
        ),
        ({"V5": -0.15, "V6": -0.12}, ["V5", "V6"], "lateral"),
        ({"V2": 0.3}, [], ""),  # one lead alone
        ({"V2": 0.3, "V4": 0.3}, [], ""),  # not next to each other
        ({"V2": 0.3, "V3": -0.3}, [], ""),  # in opposite directions
        ({"V2": 0.09, "V3": 0.3}, [], ""),
    ],
)
def test_two_neighbours_in_the_same_direction(change_mv, leads, territory):
    change, _ = follow_st(levels(**change_mv), learned(levels()))
    assert named(change) == leads
    if leads:
        assert change.territory == territory


def test_what_cannot_be_measured_neither_teaches_nor_alarms():
    memory = StMemory.empty()
    for _ in range(3 * LEARN_N):
        change, memory = follow_st(NAN, memory)
        assert change is None
    assert len(memory.seen_mv) == 0
    partly = levels(V2=0.3)
    partly[LEADS.index("V3")] = np.nan
    change, after = follow_st(partly, learned(levels()))
    assert named(change) == [] and after.usual_mv is not None
    assert follow_st(NAN, learned(levels()))[0] is None


def test_a_disturbed_minute_is_learned_by_its_median():
    memory = StMemory.empty()
    for k in range(LEARN_N):
        _, memory = follow_st(levels(V2=2.0 if k % 5 == 0 else 0.1, V3=0.1), memory)
    assert memory.usual_mv[LEADS.index("V2")] == pytest.approx(0.1)
