"""Notes: written by review itself, or by the core that holds the journal; never to another journal."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from review_ward import NO_CORE, core_running, reviewing, written

from engine.errors import ConfigurationError
from engine.scorer import load_scorer
from monitor.feed import CommandClient
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader
from monitor.review.book import read_book
from monitor.review.notebook import Notebook


@pytest.fixture
def ward(tmp_path):
    return written(tmp_path / "ward")


def notes_in(folder):
    with JournalReader(folder) as journal:
        journal.verify()
        return [(note.operator, note.text) for line in read_book(journal).lines for note in line.notes]


def first_line(folder):
    with JournalReader(folder) as journal:
        return read_book(journal).lines[0]


def test_a_note_is_written_by_hand_and_shown(ward):
    async def act(reviewer):
        await reviewer.pilot.press("n", *"cable", "space", *"pulled", "enter")
        for _ in range(3):
            text = await reviewer.picture()
        assert "note written to the journal" in text and "✎1" in text
        assert "note by nurse 1: cable pulled" in text
        await reviewer.pilot.press("d")
        assert "nurse 1: cable pulled" in await reviewer.picture()

    reviewing(ward, act)
    assert notes_in(ward) == [("nurse 1", "cable pulled")]


def test_escape_writes_nothing(ward):
    async def act(reviewer):
        await reviewer.pilot.press("n", *"abc", "escape")
        await reviewer.picture()

    reviewing(ward, act)
    assert notes_in(ward) == []


def test_a_running_core_writes_the_note(ward):
    with core_running(load_scorer(), ward) as core, CommandClient(core.commands) as client:
        client.snapshot()  # now it has begun its run
        said = Notebook(ward, "nurse 2", core.commands).write(first_line(ward), "slept\x1b[31m well\n")
        assert said == "note written by the core"
    assert notes_in(ward) == [("nurse 2", "slept [31m well")]


def test_a_core_of_another_journal_refuses_it(ward, tmp_path):
    with core_running(load_scorer(), tmp_path / "other") as core, Journal(ward):  # noqa: SIM117
        with pytest.raises(ConfigurationError, match=r"NOT written.*another journal"):
            Notebook(ward, "nurse 2", core.commands).write(first_line(ward), "hello")
    assert notes_in(ward) == [] and notes_in(tmp_path / "other") == []


def test_with_neither_it_is_said_in_one_sentence(ward, monkeypatch):
    monkeypatch.setattr("monitor.review.notebook.CORE_TIMEOUT_S", 0.2)
    with (
        Journal(ward),
        pytest.raises(ConfigurationError, match=r"NOT written: a core holds.*no answer") as said,
    ):
        Notebook(ward, "nurse 2", NO_CORE).write(first_line(ward), "hello")
    assert "\n" not in str(said.value) and notes_in(ward) == []


@pytest.mark.parametrize(
    ("operator", "text", "words"),
    [("", "hello", "operator's name"), ("nurse", " \t", "is empty"), ("nurse", "x" * 501, "501 characters")],
)
def test_notes_that_are_none(ward, operator, text, words):
    with pytest.raises(ConfigurationError, match=words):
        Notebook(ward, operator, NO_CORE).write(first_line(ward), text)
