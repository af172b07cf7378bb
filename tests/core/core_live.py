"""A recording replayed into a core over real sockets, and its alarms in a form to compare."""

import math
import time

from core_thread import core_running

from engine.grid import FS_HZ
from monitor.alarms.alarm import AlarmEvent
from monitor.feed import FeedReader
from monitor.records import hello_of
from monitor.update import BedUpdate
from simulators.publisher import Publisher

AHEAD_S = 2.0
"""The sender waits for the core when it is further ahead: one that falls behind skips windows."""


def live_alarms(record, scorer, journal):
    """Replay as fast as it is assessed; the last state of every alarm once all has been assessed."""
    end = math.ceil(record.duration_s * FS_HZ - 1e-6)
    latest, assessed = {}, 0

    def follow(feed, upto):
        """Read the feed until the core has assessed that sample."""
        nonlocal assessed
        deadline = time.monotonic() + 60
        while assessed < upto:
            assert time.monotonic() < deadline, "the recording was never assessed to its end"
            for value in feed.poll(0.5):
                if isinstance(value, AlarmEvent):
                    latest[value.alarm.id] = value.alarm
                if isinstance(value, BedUpdate):
                    assessed = max(assessed, value.end_sample)

    with core_running(scorer, journal) as core, FeedReader(core.feed) as feed:
        while not list(feed.poll(1.0)):
            pass
        hello = hello_of(record, "ward.1")
        with Publisher(core.data, leads=hello.leads, fs_hz=hello.fs_hz, lossless=True) as publisher:
            assert publisher.wait_for_monitor(20)
            for start in range(0, record.samples.shape[1], 20):
                publisher.send(record.samples[:, start : start + 20])
                follow(feed, ((start + 20) / hello.fs_hz - AHEAD_S) * FS_HZ)
        follow(feed, end)
    return list(latest.values())


def alarms_of(alarms):
    """Compare everything that counts samples; latency is the one thing live that a file does not have."""
    return sorted(
        (a.name, a.kind, a.onset_sample, a.raised_sample, a.ended_sample)
        for a in alarms
        if a.name != "not_keeping_up"
    )
