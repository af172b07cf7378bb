import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from engine.ring import Ring

CAPACITY_N = 20


class RingAgainstDictionary(RuleBasedStateMachine):
    """The ring behaves like a dictionary (lead, index) -> value that forgets what is too old."""

    def __init__(self):
        super().__init__()
        self.ring = Ring(CAPACITY_N)
        self.capacity_n = CAPACITY_N
        self.model: dict[tuple[int, int], np.float32] = {}
        self.head = 0

    @rule(back=st.integers(-15, 40), n=st.integers(0, 50), seed=st.integers(0, 2**31))
    def append(self, back, n, seed):
        rng = np.random.default_rng(seed)
        first = max(0, self.head - back)
        x = rng.normal(size=(12, n)).astype(np.float32)
        valid = rng.random(x.shape) > 0.3
        self.ring.append(first, x, valid)
        self.head = max(self.head, first + n)
        for (lead, column), real in np.ndenumerate(valid):
            if real and first + column >= self.head - self.capacity_n:
                self.model.setdefault((lead, first + column), x[lead, column])
        self.forget()

    @rule(capacity_n=st.integers(1, 40))
    def resize(self, capacity_n):
        self.ring, self.capacity_n = self.ring.resized(capacity_n), capacity_n
        self.forget()

    def forget(self):
        oldest = self.head - self.capacity_n
        self.model = {key: value for key, value in self.model.items() if key[1] >= oldest}

    @rule(ahead=st.integers(-30, 10), n=st.integers(1, 60))
    def read(self, ahead, n):
        end = self.head + ahead
        x, valid = self.ring.read(end, n)
        expected = np.zeros((12, n), np.float32)
        known = np.zeros((12, n), bool)
        for (lead, index), value in self.model.items():
            if end - n <= index < end:
                expected[lead, index - end + n], known[lead, index - end + n] = value, True
        np.testing.assert_array_equal(valid, known)
        np.testing.assert_array_equal(x, expected)

    @invariant()
    def head_is_newest(self):
        assert self.ring.head == self.head


TestRing = RingAgainstDictionary.TestCase


@given(st.integers(1, 30))
def test_reading_copies(n):
    ring = Ring(CAPACITY_N)
    ring.append(0, np.ones((12, n), np.float32), np.ones((12, n), bool))
    x, valid = ring.read(n, 5)
    x[:], valid[:] = 7, False
    again, still_valid = ring.read(n, min(n, 5))
    assert (again == 1).all()
    assert still_valid.all()


def test_nothing_received_is_nothing_valid():
    x, valid = Ring(CAPACITY_N).read(10, 30)
    assert not valid.any()
    assert not x.any()
