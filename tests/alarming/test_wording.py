import pytest

from monitor.alarms.wording import against, lead_list, lead_names


@pytest.mark.parametrize(
    ("measured", "sign", "limit", "said"),
    [
        (134.2, ">", 120, "HR 134 > 120"),
        (49.7, "<", 50.0, "HR 49.7 < 50"),
        (120.4, ">", 120, "HR 120.4 > 120"),
    ],
)
def test_measured_against_limit(measured, sign, limit, said):
    assert against("HR", measured, sign, limit) == said


def test_leads_are_named_once_in_standard_order_and_counted_when_many():
    assert lead_list(lead_names([7, 6, 7])) == "V1 V2"
    assert lead_list(lead_names(range(9))) == "I II III aVR aVL aVF +3"
    assert lead_list(lead_names(range(12))) == "all leads"
