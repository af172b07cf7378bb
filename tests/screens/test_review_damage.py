"""What is not there, or not what it was: a sentence with the cure and exit code 2, or words on screen."""

import os
import pty
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from review_ward import reviewing, written

from monitor.cli import main
from monitor.journal.journal import FILE_NAME, Journal
from monitor.journal.reader import JournalReader


@pytest.fixture
def ward(tmp_path):
    return written(tmp_path / "ward")


def refused(capsys, *words):
    assert main(["review", *map(str, words)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("ecg-monitor: ") and len(error.splitlines()) == 1
    return error


def change(folder, statement):
    with sqlite3.connect(folder / FILE_NAME) as db:
        db.execute(statement)
    db.close()


def test_no_folder(capsys, tmp_path):
    assert "there is no folder" in refused(capsys, tmp_path / "nowhere")


def test_no_journal_in_it(capsys, tmp_path):
    assert "there is no journal" in refused(capsys, tmp_path)


def test_an_empty_journal(capsys, tmp_path):
    with Journal(tmp_path):
        pass
    assert "neither an alarm nor a waveform" in refused(capsys, tmp_path)


def test_waveforms_elsewhere(capsys, ward):
    assert "--record names where" in refused(capsys, ward, "--record", ward / "gone")


def test_a_broken_chain(capsys, ward):
    change(ward, "UPDATE entry SET time_ns = time_ns + 1 WHERE number = 3")
    error = refused(capsys, ward)
    assert "the chain breaks at entry 3" in error and "--damaged" in error


def test_an_entry_that_is_no_entry(capsys, ward):
    change(ward, "UPDATE entry SET body = 'nonsense' WHERE number = 5 AND kind != 'alarm'")
    assert "the chain breaks at entry 5" in refused(capsys, ward)


def test_damaged_pages(capsys, ward):
    with Journal(ward):
        pass
    with sqlite3.connect(ward / FILE_NAME) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    file = ward / FILE_NAME
    content = bytearray(file.read_bytes())
    content[4096 : len(content)] = b"\xa5" * (len(content) - 4096)
    file.write_bytes(bytes(content))
    assert str(ward) in refused(capsys, ward)


def test_no_terminal(capsys, ward):
    assert "no terminal to draw on" in refused(capsys, ward)


def test_a_missing_segment_is_named_where_it_was(ward):
    for file in (ward / "waveforms").rglob("*_0000016000*"):
        file.unlink()

    async def act(reviewer):
        assert len(reviewer.desk.missing()) == 1
        await reviewer.pilot.press("down", "right", "right")
        assert "SEGMENT MISSING" in await reviewer.picture()

    reviewing(ward, act)


def test_a_damaged_segment_is_named_where_it_was(ward):
    for file in (ward / "waveforms").rglob("*_0000016000_a.dat"):
        file.write_bytes(b"nonsense")

    async def act(reviewer):
        await reviewer.pilot.press("down", "right", "right")
        assert "SEGMENT DAMAGED" in await reviewer.picture()
        assert any("cannot be read" in words for words in reviewer.desk.damage_seen)

    reviewing(ward, act)


def test_waveforms_of_no_alarm_are_still_shown(tmp_path):
    from stored_alarm import store
    from waveform_desk import noise, pieces

    folder = store(tmp_path / "quiet", pieces(noise(5000)), alarms=[])

    async def act(reviewer):
        assert "no alarm is selected" in await reviewer.picture()

    reviewing(folder, act)


def test_alarms_without_a_waveform_are_still_listed(ward):
    for file in (ward / "waveforms").rglob("*.*"):
        if file.is_file():
            file.unlink()

    async def act(reviewer):
        text = await reviewer.picture()
        assert "ASYSTOLE 4.2 > 4 s" in text and "SEGMENT MISSING" in text
        assert "NOT ASSESSED: no waveform" in text
        await reviewer.pilot.press("tab")
        assert "NO WAVEFORM IS STORED" in await reviewer.picture()
        await reviewer.pilot.press("tab")
        assert "no beat is found" in await reviewer.picture()

    reviewing(ward, act)


def test_the_whole_command_in_a_terminal_leaves_with_two_and_names_what_is_missing(ward):
    for file in (ward / "waveforms").rglob("*_0000016000*"):
        file.unlink()
    code, shown = _in_terminal(["review", str(ward)], b"q")
    assert code == 2 and "is missing: it was deleted, though not by the recorder" in shown
    assert "Traceback" not in shown


def test_a_damaged_journal_is_shown_when_asked_for(ward):
    change(ward, "UPDATE entry SET time_ns = time_ns + 1 WHERE number = 3")
    code, shown = _in_terminal(["review", str(ward), "--damaged"], b"q")
    assert code == 2 and shown.count("the chain breaks at entry 3") >= 1 and "Traceback" not in shown
    with JournalReader(ward) as journal:
        assert journal.stories()


def _in_terminal(words, keys):
    """Run the command in a terminal of its own, press keys once it has drawn, and collect all it says."""
    parent, child = pty.openpty()
    command = [sys.executable, "-m", "monitor", *words]
    env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    process = subprocess.Popen(command, stdin=child, stdout=child, stderr=child, env=env)
    os.close(child)
    shown, sent, deadline = b"", False, time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            piece = os.read(parent, 65536)
        except OSError:
            break
        shown += piece
        if not piece:
            break
        if not sent and b"REVIEW" in shown:
            os.write(parent, keys)
            sent = True
    os.close(parent)
    return process.wait(20), shown.decode(errors="replace")
