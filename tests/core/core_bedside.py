"""Signals of synthetic patients, and a device that sends them straight into a pipeline."""

from functools import cache

import numpy as np

from engine.leads import LEADS
from monitor.wire import Hello, Session
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story

S = 1_000_000_000
BED = "ward.1"


@cache
def signal(*rhythms, fs_hz=250, seconds=20.0, seed=1):
    """(12, n) mV: each rhythm for `seconds`, one after the other."""
    pieces = [
        Patient(Story((PRESETS[name],)), fs_hz=fs_hz, seed=seed).read(round(seconds * fs_hz)).samples
        for name in rhythms
    ]
    return np.concatenate(pieces, axis=1)


class Device:
    """Sends into a pipeline in stream time: a message arrives when its last sample was taken."""

    def __init__(self, pipeline, bed=BED, leads=LEADS, fs_hz=250.0, name="boot-1", start_ns=1000 * S):
        self.pipeline = pipeline
        self.session = Session(Hello(bed, name, tuple(leads), fs_hz))
        self.now_ns = start_ns
        self.outcomes = []
        self.pipeline.receive_message(self.session.announce(), self.now_ns)

    def send(self, samples, chunk_n=10, lead_off=0):
        for start in range(0, samples.shape[1], chunk_n):
            chunk = samples[:, start : start + chunk_n]
            self.now_ns += round(1e9 * chunk.shape[1] / self.session.hello.fs_hz)
            self.pipeline.receive_message(self.session.data(chunk, lead_off), self.now_ns)
            self.step()
        return self

    def step(self):
        while outcomes := self.pipeline.step(lambda: self.now_ns):
            self.outcomes += outcomes

    def wait(self, seconds):
        """Let wall-clock time pass without samples."""
        for _ in range(round(seconds)):
            self.now_ns += S
            self.outcomes += self.pipeline.tick(self.now_ns)
        return self

    def skip(self, seconds):
        """Lose samples."""
        n = round(seconds * self.session.hello.fs_hz)
        self.session.skip(n)
        self.now_ns += round(seconds * S)
        return self

    def bye(self):
        self.pipeline.receive_message(self.session.bye(), self.now_ns)
        self.step()
        return self

    @property
    def hops(self):
        return [outcome.hop for outcome in self.outcomes if outcome.hop is not None]

    @property
    def raised(self):
        return [e.alarm.name for o in self.outcomes for e in o.events if e.transition == "raised"]
