from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.localize import HOLD, localize, merge_spans
from engine.scoremap import ScoreMap
from engine.span import Span

END = 12345


def score_map(values, reason=None):
    grid = np.zeros((12, 1000), np.float32)
    for lead, first, last, value in values:
        grid[lead, first:last] = value
    return ScoreMap("ward.1", END, grid, 2.0, 1.0, reason)


def test_a_marked_stretch_becomes_a_span_at_absolute_samples():
    assert localize(score_map([(3, 100, 140, 1.5)])) == (Span(3, END - 2500 + 250, END - 2500 + 350, 1.5),)


def test_short_gaps_are_closed_and_short_spans_dropped():
    found = localize(score_map([(0, 100, 120, 2), (0, 131, 150, 3), (0, 300, 305, 9), (1, 400, 420, HOLD)]))
    assert [(span.lead, span.onset - END + 2500, span.strength) for span in found] == [(0, 250, 3.0)]
    assert found[0].offset - found[0].onset == 125


def test_a_span_reaches_out_to_where_it_is_held():
    found = localize(score_map([(5, 200, 230, HOLD + 0.05), (5, 210, 220, 1.2)]))
    assert [(span.offset - span.onset) for span in found] == [75]


def test_what_was_not_assessed_has_no_spans():
    assert localize(score_map([(0, 0, 500, 9)], reason="gap")) == ()


spans = st.lists(
    st.builds(
        lambda lead, onset, n, strength: Span(lead, onset, onset + n, strength),
        st.integers(0, 11),
        st.integers(-500, 5000),
        st.integers(15, 400),
        st.floats(1, 9),
    ),
    max_size=12,
)


@given(spans, spans)
def test_merging_keeps_every_marked_sample_and_marks_nothing_twice(old, new):
    merged = merge_spans(old, new)
    for span in (*old, *new):
        assert any(
            one.lead == span.lead
            and one.onset <= span.onset
            and span.offset <= one.offset
            and one.strength >= span.strength
            for one in merged
        )
    for left, right in pairwise(merged):
        assert left.lead < right.lead or left.offset + 30 <= right.onset
    assert merge_spans(merged, new) == merged
    assert merge_spans(new, old) == merged
