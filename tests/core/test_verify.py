"""Tampering and damage are found and named: the chain, the file's pages, the waveforms."""

import json
import shutil
import sqlite3
import struct

import pytest
from core_bedside import signal
from stored_alarm import alarm_of, store
from waveform_desk import START_NS, S, pieces, writer_of

from engine.errors import JournalError
from monitor.alarms.alarm import AlarmEvent, Transition
from monitor.cli import main
from monitor.journal.entry import Entry, EntryKind, alarm_entry
from monitor.journal.journal import FILE_NAME, Journal
from monitor.journal.reader import JournalReader
from monitor.recording import Recording


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    alarms = [alarm_of(number=number) for number in range(1, 41)]
    x = signal("sinus", seconds=70.0)
    return store(tmp_path_factory.mktemp("original"), pieces(x, chunk_n=250), alarms=alarms)


@pytest.fixture
def journal(original, tmp_path):
    return shutil.copytree(original, tmp_path / "journal")


def verify(folder, capsys, *words):
    code = main(["verify", str(folder), "--json", *words])
    captured = capsys.readouterr()
    value = json.loads(captured.out)
    assert value["intact"] is (code == 0) and len(captured.err.splitlines()) == len(value["faults"])
    assert code == (2 if value["faults"] else 0)
    return value


def test_what_was_not_touched_is_intact(journal, capsys):
    value = verify(journal, capsys)
    assert (value["n_entries"], value["n_segments"]) == (43, 2) and value["notes"] == []
    assert main(["verify", str(journal)]) == 0
    assert "43 entries intact, 2 segments" in capsys.readouterr().out


def test_a_running_core_is_not_disturbed_and_does_not_disturb(journal, capsys):
    with Journal(journal) as writer:
        assert verify(journal, capsys)["intact"]
        writer.append([Entry(EntryKind.STOP, START_NS, {})])
        assert verify(journal, capsys)["n_entries"] == 44
        with pytest.raises(JournalError, match="another core already writes"):
            Journal(journal)


@pytest.mark.parametrize("place", [0.2, 0.5, 0.8])
def test_a_flipped_byte_of_an_entry_breaks_the_chain_there(journal, capsys, place):
    path = journal / FILE_NAME
    content = bytearray(path.read_bytes())
    numbers = [i for i in range(len(content) - 12) if content[i : i + 12] == b'"text":"HR 1']
    at = numbers[int(place * len(numbers))] + 11
    content[at] ^= 0x03
    path.write_bytes(content)
    value = verify(journal, capsys)
    (fault,) = [fault for fault in value["faults"] if "chain breaks at entry" in fault]
    assert value["n_entries"] == int(fault.split("at entry ")[1].split(":")[0]) - 1


@pytest.mark.parametrize("seed", range(6))
def test_corrupted_pages_are_said_without_a_traceback(journal, capsys, seed):
    """Whole pages of the file overwritten with noise: some sentence, and never "intact"."""
    import random

    path, dice = journal / FILE_NAME, random.Random(seed)
    content = bytearray(path.read_bytes())
    (page,) = struct.unpack(">H", content[16:18])
    at = dice.randrange(1, len(content) // page) * page
    content[at : at + page] = dice.randbytes(page)
    path.write_bytes(content)
    value = verify(journal, capsys)
    assert value["faults"] and all(len(fault) < 400 for fault in value["faults"])


def test_a_file_that_is_no_database_is_refused(journal, capsys):
    (journal / FILE_NAME).write_bytes(b"not a database at all" * 1000)
    assert "not a database" in verify(journal, capsys)["faults"][0]
    assert main(["verify", str(journal)]) == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_a_journal_of_another_version_or_none_at_all_is_refused(journal, tmp_path, capsys):
    db = sqlite3.connect(journal / FILE_NAME)
    db.execute("PRAGMA user_version = 99")
    db.close()
    assert "schema version 99" in verify(journal, capsys)["faults"][0]
    assert "there is no journal in" in verify(tmp_path / "empty", capsys)["faults"][0]


def test_entries_that_were_removed_are_noticed(journal, capsys):
    db = sqlite3.connect(journal / FILE_NAME, isolation_level=None)
    db.execute("DELETE FROM entry WHERE number = 20")
    db.close()
    assert "chain breaks at entry 20" in verify(journal, capsys)["faults"][0]


def test_missing_cut_and_changed_segments_are_told_apart(journal, capsys):
    first, second = Recording(journal / "waveforms").segments("ward.1")
    for path in first.header(journal / "waveforms").parent.glob(first.name + "*"):
        path.unlink()
    data = second.data(journal / "waveforms", "_b")
    content = data.read_bytes()
    data.write_bytes(content[:-100])
    gone, short = verify(journal, capsys)["faults"]
    assert f"{first.place} is missing" in gone and f"{second.place} is cut short" in short
    data.write_bytes(content[:500] + bytes([content[500] ^ 1]) + content[501:])
    assert "was changed or damaged" in verify(journal, capsys)["faults"][1]
    data.unlink()
    assert f"incomplete: {data.name} is missing" in verify(journal, capsys)["faults"][1]


def test_a_header_that_was_changed_is_noticed(journal, capsys):
    """Another gain would make another ECG of the same samples."""
    segment = Recording(journal / "waveforms").segments("ward.1")[0]
    path = segment.header(journal / "waveforms")
    path.write_text(path.read_text().replace(" 1000(0)/mV", " 2000(0)/mV"))
    assert "was changed or damaged" in verify(journal, capsys)["faults"][0]
    path.write_bytes(b"\xff\x00nonsense")
    assert "is damaged" in verify(journal, capsys)["faults"][0]


def test_what_the_recorder_dropped_is_not_missed(journal, capsys):
    segment = Recording(journal / "waveforms").segments("ward.1")[0]
    with Journal(journal) as writer:
        body = {"segments": [segment.place], "why": "older than 1 h", "alarms": []}
        writer.append([Entry(EntryKind.DROPPED, START_NS, body)])
    for path in segment.header(journal / "waveforms").parent.glob(segment.name + "*"):
        path.unlink()
    assert verify(journal, capsys)["n_segments"] == 1


def test_a_clock_set_back_is_a_note_and_no_fault(journal, capsys):
    with Journal(journal) as writer:
        writer.append([Entry(EntryKind.START, START_NS - 3600 * S, {"run": "abc"})])
        again = alarm_of(number=1)
        writer.append([alarm_entry(AlarmEvent(Transition.ENDED, again, START_NS - 3500 * S))])
    (note,) = verify(journal, capsys)["notes"]
    assert "the clock was set back by 36" in note and "before entry 44" in note
    with JournalReader(journal) as reader:
        story = reader.stories("ward.1", 1)[0]
        assert len(story.events) == 2 and story.run != "abc"


def test_segments_that_nothing_vouches_for_are_noted(journal, capsys):
    writer = writer_of(journal / "waveforms", run="abcdef0123456")
    writer.write(pieces(signal("sinus", seconds=2.0)), START_NS + 900 * S)
    (note,) = verify(journal, capsys)["notes"]
    assert "1 segments are open" in note
    writer.close(START_NS + 901 * S)
    (note,) = verify(journal, capsys)["notes"]
    assert "1 segments are not in the journal" in note


def test_waveforms_elsewhere_are_found_by_option_and_by_the_journal(journal, tmp_path, capsys):
    elsewhere = shutil.move(journal / "waveforms", tmp_path / "elsewhere")
    assert "is missing" in verify(journal, capsys)["faults"][0]
    assert verify(journal, capsys, "--record", str(elsewhere))["intact"]
    with Journal(journal) as writer:
        writer.append([Entry(EntryKind.START, START_NS + 99 * S, {"recording": str(elsewhere)})])
    assert verify(journal, capsys)["intact"]


def test_a_copy_on_a_medium_that_cannot_be_written_can_be_verified(journal, capsys):
    for path in (*journal.glob("journal.sqlite3-*"),):
        path.unlink()
    journal.chmod(0o555)
    try:
        assert verify(journal, capsys)["intact"]
    finally:
        journal.chmod(0o755)
