"""A device on a test's desk: messages of a known signal, whose sample k is k / 1000 in every lead."""

import numpy as np
import pytest

from monitor.intake import Intake
from monitor.wire import Hello, Session

BED = "ward.1"
S = 1_000_000_000


class Device:
    def __init__(self, name="boot-1", fs_hz=250.0, bed=BED, leads=("I", "II"), **about):
        self.session = Session(Hello(bed, name, tuple(leads), fs_hz, **about))

    def hello(self):
        return self.session.announce()

    def data(self, n=10, **about):
        first = self.session.next_sample
        row = np.arange(first, first + n, dtype=np.float32) / 1000
        return self.session.data(np.tile(row, (len(self.session.hello.leads), 1)), **about)


class Desk:
    """An intake with a hand-moved clock, and everything it gave out."""

    def __init__(self, **about):
        self.intake = Intake(**about)
        self.now_ns = 1000 * S
        self.pieces = []

    def take(self, *messages, after_s=0.04):
        for message in messages:
            self.now_ns += round(after_s * S)
            self.pieces += self.intake.accept_message(message, self.now_ns)
        return self

    def wait(self, seconds):
        self.now_ns += round(seconds * S)
        return self

    @property
    def counters(self):
        return self.source.counters

    @property
    def source(self):
        return self.intake.source(BED, self.now_ns)

    @property
    def found(self):
        return {finding.name for finding in self.intake.findings(BED, self.now_ns)}

    def signal(self, lead=1):
        """(index, value) of every valid sample given out."""
        return [
            (piece.first_sample + k, round(float(piece.x[lead, k]) * 1000))
            for piece in self.pieces
            for k in np.flatnonzero(piece.valid[lead])
        ]


@pytest.fixture(scope="session", name="new_device")
def device_class():
    return Device


@pytest.fixture(scope="session", name="new_desk")
def desk_class():
    return Desk


@pytest.fixture
def desk():
    return Desk()
