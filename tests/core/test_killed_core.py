"""A whole core is killed at random moments, while alarms are raised, acknowledged and latched.

The moments are drawn from a seed: after so many windows on the feed, and then so many milliseconds later
from another thread, in the middle of whatever goes on. Nothing may be lost.
"""

import itertools
import json
import random
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field

import pytest
from core_bedside import signal

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.alarms.alarm import AlarmEvent, Phase
from monitor.feed import FeedReader
from monitor.feed.client import CommandClient
from monitor.journal.entry import EntryKind, event_of
from monitor.journal.reader import JournalReader
from monitor.recording import Recording
from monitor.recording.verification import verify
from monitor.update import BedUpdate
from simulators.publisher import Publisher

FREE = "tcp://127.0.0.1:0"
PATIENCE_S = 40.0
MOST_HOPS = 25
"""Windows of a short life, before the fuse is lit."""
MOST_FUSE_S = 0.06
RECORDED_S = 2.5  # waveforms are handed to the recorder every second of the wall clock
CHUNK_N = 100


@dataclass
class Memory:
    """What the outside world knows: it must all be in the journal, after every kill."""

    events: set = field(default_factory=set)
    alarms: set = field(default_factory=set)
    commands: set = field(default_factory=set)
    n_kills: int = 0
    n_restored: int = 0

    def see(self, value):
        if isinstance(value, AlarmEvent):
            self.events.add((value.transition, state_of(value.alarm), value.time_ns))
        if isinstance(value, BedUpdate):
            self.alarms |= {state_of(alarm) for alarm in value.alarms}


def state_of(alarm):
    return alarm.bed, alarm.id, alarm.raised_ns, alarm.name, alarm.phase, alarm.acknowledged_by


def core(journal):
    words = ["listen", FREE, "--headless", "--feed", FREE, "--commands", FREE, "--journal", str(journal)]
    return subprocess.Popen(
        [sys.executable, "-m", "monitor", *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def live_and_die(journal, dice, memory):
    """One life: take up what was, watch a patient, obey, and be killed."""
    child = core(journal)
    try:
        where = json.loads(child.stdout.readline())
        with (
            FeedReader(where["feed"]) as feed,
            CommandClient(where["commands"], timeout_s=PATIENCE_S) as commands,
            JournalReader(journal) as reader,
        ):
            expected = {state_of(e.alarm) for events in reader.open_alarms().values() for e in events}
            updates = [value for value in commands.snapshot() if isinstance(value, BedUpdate)]
            assert {state_of(alarm) for update in updates for alarm in update.alarms} == expected
            memory.n_restored += len(expected)
            commands.timeout_s = 0.5
            fuse = busy_until_killed(child, where["data"], feed, commands, dice, memory)
            fuse.join()
            for value in feed.poll(0.0):
                memory.see(value)
        assert child.wait(PATIENCE_S) == -9
        assert child.stderr.read() == ""
    finally:
        child.kill()
        child.communicate()
    memory.n_kills += 1


def busy_until_killed(child, data, feed, commands, dice, memory):
    """Send, watch and acknowledge until the core is gone; returns the thread that killed it."""
    long_life = memory.n_kills % 4 == 0  # a whole round of rhythms, and nobody acknowledges the asystole
    hops_left, fuse, standing = 55 if long_life else dice.randint(0, MOST_HOPS), None, ()
    deadline = time.monotonic() + PATIENCE_S
    with Publisher(data, leads=LEADS, fs_hz=FS_HZ, lossless=True) as publisher:
        assert publisher.wait_for_monitor(PATIENCE_S)
        for chunk, off in patient(dice):
            publisher.send(chunk, off)
            for value in feed.poll(0.001):
                memory.see(value)
                if isinstance(value, BedUpdate):
                    hops_left -= 1
                    standing = [a for a in value.alarms if not (long_life and a.name == "asystole")]
            if fuse is None and hops_left <= 0:
                fuse = threading.Timer(RECORDED_S * long_life + dice.uniform(0, MOST_FUSE_S), child.kill)
                fuse.start()
            if child.poll() is not None:
                return fuse
            if standing and dice.random() < 0.15:
                acknowledge(commands, dice.choice(standing), memory)
            assert time.monotonic() < deadline, "the core says nothing"
    raise AssertionError


def acknowledge(commands, alarm, memory):
    """Only what the core confirmed counts as acknowledged."""
    commands.operator = f"nurse {memory.n_kills}.{len(memory.commands)}"
    try:
        commands.acknowledge(alarm.bed, alarm.id)
    except ConfigurationError:
        return
    memory.commands.add((commands.operator, alarm.id))


def patient(dice):
    """Rhythms that raise, end and latch alarms, with leads that fall off; for ever, in pieces."""
    x = signal("tachycardia", "asystole", "sinus", seconds=14.0)
    first = dice.randrange(0, x.shape[1], CHUNK_N)
    for at in itertools.count(first, CHUNK_N):
        place = at % x.shape[1]
        lead = at // (6 * FS_HZ)
        yield x[:, place : place + CHUNK_N], (1 << lead % 12) if lead % 2 else 0


def check(journal, memory):
    """Everything that was shown or confirmed stands in an intact journal, and the waveforms are intact."""
    with JournalReader(journal) as reader:
        verdict = verify(reader, journal / "waveforms")
        assert verdict.faults == []
        events = [event_of(entry) for entry in reader.entries(EntryKind.ALARM)]
        commands = {(e.body["operator"], e.body["alarm_id"]) for e in reader.entries(EntryKind.COMMAND)}
        starts = list(reader.entries(EntryKind.START))
        assert list(reader.entries(EntryKind.STOP)) == [] and len(starts) == memory.n_kills
    assert memory.events <= {(e.transition, state_of(e.alarm), e.time_ns) for e in events}
    assert memory.alarms <= {state_of(e.alarm) for e in events}
    assert memory.commands <= commands
    assert len({(e.alarm.id, e.alarm.raised_ns) for e in events}) == len({e.alarm.id for e in events})


def kill_often(journal, n_kills, seed):
    dice, memory = random.Random(seed), Memory()
    for _ in range(n_kills):
        live_and_die(journal, dice, memory)
        check(journal, memory)
    return memory


@pytest.mark.timeout(300)
def test_a_core_killed_at_random_moments_loses_nothing(tmp_path):
    memory = kill_often(tmp_path, n_kills=8, seed=5)
    assert len(memory.events) > 10 and memory.commands and memory.n_restored
    assert any(state[4] is Phase.LATCHED for state in memory.alarms)
    recording = Recording(tmp_path / "waveforms")
    assert len(recording.runs("ward.1")) >= 2  # the shortest lives end before a second was recorded


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_a_core_killed_sixty_times_loses_nothing(tmp_path):
    memory = kill_often(tmp_path, n_kills=60, seed=2024)
    assert len(memory.events) > 200 and len(memory.commands) > 20 and memory.n_restored > 60
    assert any(state[4] is Phase.LATCHED for state in memory.alarms)
