"""The journal keeps what it was given: in order, durable, chained, by one writer."""

import hashlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest

from engine.errors import JournalError
from monitor.alarms.alarm import Alarm, AlarmEvent, Kind, Phase, Priority, Transition
from monitor.alarms.limits import Limits
from monitor.journal.entry import (
    GENESIS,
    Entry,
    EntryKind,
    alarm_entry,
    canonical,
    chained_hash,
    command_entry,
    event_of,
    limits_entry,
)
from monitor.journal.journal import FILE_NAME, Journal, default_directory
from monitor.journal.reader import JournalReader

WRITER = """
import resource, sys
from pathlib import Path
from engine.errors import JournalError
from monitor.alarms.alarm import Alarm, AlarmEvent, Kind, Phase, Priority, Transition
from monitor.journal.entry import alarm_entry
from monitor.journal.journal import Journal

def raised(number):
    alarm = Alarm(number, "ward.1", "asystole", Kind.PATIENT, Priority.HIGH, Phase.ACTIVE, "x", 1, 2, 3)
    return alarm_entry(AlarmEvent(Transition.RAISED, alarm, number), {"r_peaks": list(range(40))})

journal = Journal(Path(sys.argv[1]))
"""
FOR_EVER = """
number = journal.next_alarm_id("ward.1")
while True:
    journal.append([raised(number)])
    print(number, flush=True)
    number += 1
"""
UNTIL_FULL = """
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
number = 1
try:
    while True:
        journal.append([raised(number)])
        number += 1
except JournalError as error:
    print(error)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
print(number - 1, journal.verify())
journal.append([raised(number)])
print(number, journal.verify())
"""


def alarm(number=1, phase=Phase.ACTIVE, bed="ward.1", name="asystole"):
    return Alarm(number, bed, name, Kind.PATIENT, Priority.HIGH, phase, "ASYSTOLE", 1000, 2000, 3000)


def raised(number=1, phase=Phase.ACTIVE, **kwargs):
    return alarm_entry(AlarmEvent(Transition.RAISED, alarm(number, phase, **kwargs), number), {"score": 1.5})


def start(code, directory):
    command = [sys.executable, "-c", WRITER + code, str(directory)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (Path.cwd(), *sys.path)))}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_entries_come_back_in_order_and_whole(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append([Entry(EntryKind.START, 1, {"version": "0.1.0", "note": "µV – naïve"}), raised(1)])
        journal.append([command_entry("acknowledge", "nurse", 5, "ward.1", alarm=1)])
        journal.append([])
    with Journal(tmp_path) as journal:
        kinds = [entry.kind for entry in journal.entries()]
        assert kinds == [EntryKind.START, EntryKind.ALARM, EntryKind.COMMAND]
        (entry,) = journal.entries(EntryKind.ALARM, "ward.1")
        assert event_of(entry) == AlarmEvent(Transition.RAISED, alarm(), 1)
        assert entry.body["evidence"] == {"score": 1.5}
        assert list(journal.entries(bed="ward.2")) == []
        assert journal.verify() == 3


def test_open_alarms_limits_and_ids_survive_a_restart(tmp_path):
    limits = Limits(high_bpm=130, off=frozenset({"learned_anomaly"}))
    with Journal(tmp_path) as journal:
        journal.append([raised(1), raised(2, name="lead_off"), raised(1, bed="ward.2")])
        journal.append([raised(2, Phase.ENDED, name="lead_off"), raised(1, Phase.LATCHED)])
        journal.append([limits_entry(Limits(), "a", 7, "ward.1"), limits_entry(limits, "b", 8, "ward.1")])
    with Journal(tmp_path) as journal:
        beds = journal.open_alarms()
        assert {bed: [e.alarm.phase for e in events] for bed, events in beds.items()} == {
            "ward.1": [Phase.LATCHED],
            "ward.2": [Phase.ACTIVE],
        }
        assert (journal.next_alarm_id("ward.1"), journal.next_alarm_id("ward.9")) == (3, 1)
        assert (journal.limits("ward.1"), journal.limits("ward.2")) == (limits, None)


def test_a_batch_is_written_whole_or_not_at_all(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append([raised(1)])
        with pytest.raises(ValueError, match="JSON"):
            journal.append([raised(2), Entry(EntryKind.FINDING, 1, {"score": float("nan")})])
        assert journal.verify() == 1
        journal.append([raised(2)])
        assert journal.verify() == 2


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ("UPDATE entry SET body = replace(body, '1.5', '1.4') WHERE number = 2", 2),
        ("UPDATE entry SET time_ns = 0 WHERE number = 3", 3),
        ("UPDATE entry SET kind = 'nonsense' WHERE number = 1", 1),
        ("DELETE FROM entry WHERE number = 2", 2),
        ("DELETE FROM entry WHERE number = 1", 1),
    ],
)
def test_a_changed_or_missing_entry_breaks_the_chain_there(tmp_path, change, where):
    with Journal(tmp_path) as journal:
        journal.append([raised(number) for number in (1, 2, 3)])
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute(change)
    db.close()
    with Journal(tmp_path) as journal, pytest.raises(JournalError, match=f"chain breaks at entry {where}:"):
        journal.verify()


def test_a_second_writer_is_refused_with_the_cure(tmp_path):
    with Journal(tmp_path), pytest.raises(JournalError, match=r"another core already writes.*--journal"):
        Journal(tmp_path)
    Journal(tmp_path).close()


def test_a_directory_that_cannot_be_made_or_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(JournalError, match=r"file/journal cannot be written: Not a directory; .*--journal"):
        Journal(tmp_path / "file" / "journal")
    with pytest.raises(JournalError, match=r"/proc/journal cannot be written"):
        Journal(Path("/proc/journal"))  # even root cannot write here
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(JournalError, match="unable to open database file; check that it is a directory"):
        Journal(tmp_path)


def test_a_file_that_is_no_journal_or_a_damaged_one_is_refused_and_kept(tmp_path):
    garbage = b"not a journal " * 1000
    (tmp_path / FILE_NAME).write_bytes(garbage)
    with pytest.raises(JournalError, match="not a database; keep the damaged file"):
        Journal(tmp_path)
    assert (tmp_path / FILE_NAME).read_bytes() == garbage


def test_a_corrupted_page_is_reported_not_skipped(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append([raised(number) for number in range(1, 200)])
    path = tmp_path / FILE_NAME
    data = bytearray(path.read_bytes())
    for page in range(4, len(data) // 4096, 3):
        data[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(data)
    with pytest.raises(JournalError), Journal(tmp_path) as journal:
        journal.verify()


def test_another_schema_version_is_refused(tmp_path):
    Journal(tmp_path).close()
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    with pytest.raises(JournalError, match="schema version 99, this program writes 1"):
        Journal(tmp_path)


def test_the_disk_is_synchronized_at_every_append(tmp_path):
    with Journal(tmp_path) as journal:
        settings = [
            journal._db.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")
        ]
    assert settings == ["wal", 2]


def test_the_default_directory_follows_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    assert default_directory() == tmp_path / "ecg-monitor"
    monkeypatch.setenv("XDG_STATE_HOME", "")
    monkeypatch.setenv("HOME", "/home/nurse")
    assert default_directory() == Path("/home/nurse/.local/state/ecg-monitor")


def test_a_full_disk_is_said_loses_nothing_written_and_is_got_over(tmp_path):
    with start(UNTIL_FULL, tmp_path) as process:
        said, full, after = process.stdout.read().strip().splitlines()
    assert "cannot be used" in said and "--journal" in said
    n_written, n_verified = map(int, full.split())
    assert n_written == n_verified > 10
    assert after == f"{n_written + 1} {n_written + 1}"


def test_kill_9_at_random_points_loses_nothing_acknowledged(tmp_path):
    dice = random.Random(12)
    n_acknowledged = 0
    for _ in range(15):
        with start(FOR_EVER, tmp_path) as process:
            for _ in range(dice.randint(1, 30)):
                n_acknowledged = int(process.stdout.readline())
            for _ in range(dice.randint(0, 20_000)):
                pass  # an odd moment inside the next write
            process.send_signal(signal.SIGKILL)
            unread = process.stdout.read().split()
            n_acknowledged = int(unread[-1]) if unread else n_acknowledged
        with Journal(tmp_path) as journal:
            assert journal.verify() in (n_acknowledged, n_acknowledged + 1)
            assert len(journal.open_alarms()["ward.1"]) == journal.next_alarm_id("ward.1") - 1


def test_alarms_are_told_apart_even_where_an_id_was_given_twice(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append([raised(1)])
        other = Alarm(1, "ward.1", "lead_off", Kind.TECHNICAL, Priority.LOW, Phase.ENDED, "x", 1, 2, 999)
        journal.append([alarm_entry(AlarmEvent(Transition.ENDED, other, 9))])
        (event,) = journal.open_alarms()["ward.1"]
        assert event.alarm.name == "asystole"


def test_the_chain_is_that_of_the_entries_as_json():
    """Journals stay valid: the hash is over one JSON array, however it is put together."""
    entry = Entry(EntryKind.FINDING, 7, {"b": [1.5, None], "a": 'µV "x"'}, 'ward "1"')
    whole = canonical([3, entry.kind, entry.time_ns, entry.bed, entry.body])
    expected = hashlib.sha256(f"{GENESIS}\n{whole}".encode()).hexdigest()
    assert chained_hash(GENESIS, 3, entry.kind, 7, entry.bed, canonical(entry.body)) == expected


def test_another_spelling_of_the_same_json_breaks_the_chain(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append([raised(1), raised(2)])
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute("UPDATE entry SET body = replace(body, '1.5', '1.50') WHERE number = 2")
    db.close()
    with JournalReader(tmp_path) as journal, pytest.raises(JournalError, match="chain breaks at entry 2:"):
        journal.verify()


@pytest.mark.parametrize(
    ("change", "words"),
    [("body = '{\"a\":'", "is no JSON"), ("kind = 'nonsense'", "an entry of an unknown kind, 'nonsense'")],
)
def test_an_entry_that_cannot_be_read_is_an_error_with_a_cure(tmp_path, change, words):
    with Journal(tmp_path) as journal:
        journal.append([Entry(EntryKind.START, 1, {"a": 1}), Entry(EntryKind.STOP, 2, {})])
    with sqlite3.connect(tmp_path / FILE_NAME) as db:
        db.execute(f"UPDATE entry SET {change} WHERE number = 1")
    db.close()
    with JournalReader(tmp_path) as journal, pytest.raises(JournalError, match=words):
        next(journal.entries()).body.get("a")


def test_entries_of_a_stretch_of_time_and_without_what_is_large(tmp_path):
    learned = Entry(EntryKind.BASELINE, 3, {"what": "learned", "baseline": {"middle": [1.0]}}, "ward.1")
    with Journal(tmp_path) as journal:
        journal.append([raised(1), raised(2, bed="ward.2"), learned, raised(4)])
        times = [e.time_ns for e in journal.entries(bed="ward.1", since_ns=2, until_ns=4)]
        light = [sorted(e.body) for e in journal.entries(light=True)]
    assert times == [3]
    assert light == [["alarm", "transition"]] * 2 + [["what"], ["alarm", "transition"]]


def test_courses_are_stories_without_their_evidence(tmp_path):
    with Journal(tmp_path) as journal:
        journal.append([Entry(EntryKind.START, 1, {"run": "r1"}), raised(1), raised(2, bed="ward.2")])
        journal.append([Entry(EntryKind.START, 2, {"run": "r2"}), raised(3), raised(1, Phase.ENDED)])
        courses, stories = journal.courses(), journal.stories()
        assert [(one.raised.bed, one.raised.id, one.run, len(one.events)) for one in courses] == [
            ("ward.1", 1, "r1", 2),
            ("ward.2", 2, "r1", 1),
            ("ward.1", 3, "r2", 1),
        ]
        assert [(one.events, one.run) for one in courses] == [(one.events, one.run) for one in stories]
        assert [one.evidence for one in stories[:2]] == [({"score": 1.5},) * 2, ({"score": 1.5},)]
        assert [one.raised.id for one in journal.courses("ward.2")] == [2]
        assert journal.stories("ward.1", 3) == stories[2:]
        assert [one.raised.bed for one in journal.stories(alarm_id=2)] == ["ward.2"]


def test_listing_and_verifying_hold_no_evidence_in_memory(tmp_path):
    n, evidence = 400, {"r_peaks": list(range(5000))}
    with Journal(tmp_path) as journal:
        events = [AlarmEvent(Transition.RAISED, alarm(number), number) for number in range(1, n + 1)]
        journal.append([alarm_entry(event, evidence) for event in events])
        size = journal.path.stat().st_size
    with JournalReader(tmp_path) as journal:
        tracemalloc.start()
        try:
            assert len(journal.courses()) == journal.verify() == n
            assert sum(1 for _ in journal.entries()) == n
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert size > 9_000_000 and peak < size / 8
