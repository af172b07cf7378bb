from hypothesis import given
from hypothesis import strategies as st

from monitor.coverage import extended, start_assessed
from monitor.update import Coverage


@given(st.lists(st.tuples(st.integers(0, 20), st.sampled_from([None, "gap", "noise"]))))
def test_every_second_is_counted_once(seconds):
    coverage = Coverage()
    for duration, reason in seconds:
        coverage = extended(coverage, duration, reason)
    assert coverage.assessed_s == sum(d for d, reason in seconds if reason is None)
    assert coverage.not_assessed_s == sum(d for d, reason in seconds if reason is not None)
    assert coverage.not_assessed_s == sum(coverage.by_reason.values())


def test_the_first_window_assesses_the_seconds_it_saw():
    coverage = Coverage()
    for _ in range(9):
        coverage = extended(coverage, 1.0, "starting")
    coverage = start_assessed(extended(coverage, 1.0, None), 1.0)
    assert coverage == Coverage(10.0, 0.0, {})


def test_seconds_the_first_window_did_not_see_stay_unassessed():
    coverage = extended(Coverage(), 9.0, "starting")
    coverage = start_assessed(extended(coverage, 3.0, None), 3.0)
    assert coverage == Coverage(10.0, 2.0, {"starting": 2.0})
