"""Stretches of signals, also where a window ends in the middle of one."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.filters import held
from engine.leads import N_LEADS
from engine.stretch import stretches

WINDOWS, N = 3, 40
SIGNALS = np.random.default_rng(0).normal(size=(WINDOWS, N_LEADS, N)).astype(np.float32)


@given(st.lists(st.tuples(st.integers(0, WINDOWS - 1), st.integers(-N, 2 * N))), st.integers(1, N))
def test_stretches_see_each_lead_held_beyond_its_ends(places, n):
    window, first = np.array(places, np.int64).reshape(-1, 2).T
    longer = held(SIGNALS, 3 * N)
    expected = [longer[one, :, 3 * N + at : 3 * N + at + n] for one, at in places]
    found = stretches(SIGNALS, window, first, n)
    assert found.shape == (len(places), N_LEADS, n)
    np.testing.assert_array_equal(found, np.reshape(expected, found.shape))
