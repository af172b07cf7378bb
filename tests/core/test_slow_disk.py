"""A journal whose disk takes its time: who waits for it, for how long, and what is said."""

import threading
from select import select

import pytest
from core_bedside import signal
from test_core import PATIENCE_S, is_at, send, watch

from monitor.alarms.alarm import AlarmEvent
from monitor.core import recorder as recording
from monitor.core.recorder import STUCK_NS, Recorder
from monitor.feed import CommandClient, FeedReader
from monitor.journal.entry import Entry, EntryKind
from monitor.journal.journal import Journal
from monitor.update import BedUpdate, CoreStatus


def finding(n):
    return Entry(EntryKind.FINDING, n, {"n": n})


@pytest.fixture
def disk(monkeypatch):
    """A gate: while it is closed, no alarm and no finding reaches the disk."""
    gate, write = threading.Event(), Journal.append

    def waiting(journal, entries):
        if any(entry.kind in (EntryKind.ALARM, EntryKind.FINDING) for entry in entries):
            assert gate.wait(PATIENCE_S)
        write(journal, entries)

    monkeypatch.setattr(Journal, "append", waiting)
    yield gate
    gate.set()


def settle_until(recorder, done):
    while not done():
        assert select([recorder], [], [], PATIENCE_S)[0], "nobody rang"
        recorder.settle(0)


def test_what_comes_after_entries_waits_until_they_are_durable_and_keeps_its_order(disk, tmp_path):
    done = []
    with Recorder(tmp_path) as recorder:
        recorder.post([finding(1)], 1, lambda: done.append(1))
        recorder.post([], 2, lambda: done.append(2))
        recorder.keep([finding(3)])
        recorder.settle(STUCK_NS)
        assert done == [] and recorder.failing is None
        disk.set()
        settle_until(recorder, lambda: len(done) == 2)
        assert done == [1, 2]
        recorder.append([finding(4)], 5)
    with Journal(tmp_path) as journal:
        assert [entry.body["n"] for entry in journal.entries()] == [1, 3, 4]


def test_nothing_is_held_back_for_a_disk_that_does_not_answer(disk, tmp_path):
    done = []
    with Recorder(tmp_path) as recorder:
        recorder.post([finding(1)], 1, lambda: done.append(1))
        recorder.settle(1 + STUCK_NS)
        assert done == []
        recorder.settle(2 + STUCK_NS)
        assert done == [1] and recorder.failing == "the disk has not answered for 3 s"
        recorder.post([finding(2)], 3 + STUCK_NS, lambda: done.append(2))
        recorder.settle(3 + STUCK_NS)
        assert done == [1, 2]
        disk.set()
        settle_until(recorder, lambda: recorder.failing is None)
    with Journal(tmp_path) as journal:
        assert [entry.body["n"] for entry in journal.entries()] == [1, 2], "nothing was lost"


def test_a_disk_that_does_not_answer_is_known_though_nobody_waits_for_it(disk, tmp_path):
    with Recorder(tmp_path) as recorder:
        recorder.post([finding(1)], 1)
        recorder.settle(2 + STUCK_NS)
        assert recorder.failing == "the disk has not answered for 3 s"
        disk.set()
        settle_until(recorder, lambda: recorder.failing is None)


def test_a_call_that_must_be_durable_gives_up_on_such_a_disk(disk, tmp_path, monkeypatch):
    monkeypatch.setattr(recording, "STUCK_NS", 10_000_000)
    with Recorder(tmp_path) as recorder:
        recorder.append([finding(1)], 1)
        assert "has not answered" in recorder.failing
        assert recorder.restore("ward.1").alarms == (), "and reads all the same"
        disk.set()
        settle_until(recorder, lambda: recorder.failing is None)


def test_a_slow_disk_keeps_an_alarm_waiting_and_no_other_bed(disk, run_core, monkeypatch):
    monkeypatch.setattr(recording, "STUCK_NS", 10**12)
    with run_core() as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("tachycardia"), "ward.1")
        send(core, signal("sinus"), "ward.2")
        got = watch(feed, is_at(20, "ward.2"))
        assert not [v for v in got if isinstance(v, AlarmEvent)]
        shown = [v for v in got if isinstance(v, BedUpdate) and v.bed == "ward.1"]
        assert not any(v.alarms for v in shown)
        disk.set()
        got = watch(feed, is_at(20, "ward.1"))
        assert "heart_rate_high" in {v.alarm.name for v in got if isinstance(v, AlarmEvent)}
        ends = [v.end_sample for v in (*shown, *got) if isinstance(v, BedUpdate) and v.bed == "ward.1"]
        assert ends == sorted(ends) and len(set(ends)) == 20, "every window, in order"


def test_a_disk_that_does_not_answer_is_said_and_alarms_go_out(disk, run_core, monkeypatch):
    monkeypatch.setattr(recording, "STUCK_NS", 300_000_000)
    with run_core() as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("tachycardia"))
        got = watch(feed, is_at(20))
        got += watch(feed, lambda v: isinstance(v, CoreStatus) and "has not answered" in v.journal)
        assert any(banner.startswith("JOURNAL FAILING: the disk") for banner in got[-1].banners)
        assert "heart_rate_high" in {v.alarm.name for v in got if isinstance(v, AlarmEvent)}
        with CommandClient(core.commands, operator="nurse", timeout_s=PATIENCE_S) as client:
            client.acknowledge("ward.1")
        disk.set()
        watch(feed, lambda v: isinstance(v, CoreStatus) and v.journal == "ok")
    with Journal(core.recorder._directory) as journal:
        assert list(journal.entries(EntryKind.ALARM)) and list(journal.entries(EntryKind.COMMAND))
        assert journal.verify()
