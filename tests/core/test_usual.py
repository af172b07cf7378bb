"""What review compares a window with: the baseline in force then, read from the journal when needed."""

import pytest
from baseline_windows import lbbb, learned, windows

from engine.patient.plain import to_json
from monitor.baseline import Note
from monitor.journal.entry import EntryKind, baseline_entry
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader
from monitor.review.usual import Usual

BED = "ward.1"


@pytest.fixture(scope="module")
def baseline():
    return learned(windows(lbbb(120)))


@pytest.fixture
def usual(baseline, tmp_path):
    """Learned at 10, adrift at 20, forgotten at 30, learned in another format at 40."""
    notes = {
        10: Note("learned", "", "", to_json(baseline)),
        20: Note("drift", ""),
        30: Note("forgotten", ""),
        40: Note("learned", "", "", {"format": "another"}),
    }
    with Journal(tmp_path) as journal:
        journal.append([baseline_entry(note, time_ns, BED) for time_ns, note in notes.items()])
    with JournalReader(tmp_path) as journal:
        return Usual(tmp_path, journal.entries(EntryKind.BASELINE, light=True))


def test_it_is_that_of_the_moment(usual, baseline):
    assert usual.at(BED, 9) is None
    known = usual.at(BED, 10)
    assert to_json(known) == to_json(baseline) and usual.at(BED, 29) is known
    assert usual.at(BED, 30) is None and usual.at("ward.2", 15) is None


def test_one_that_cannot_be_read_any_more_is_none(usual):
    assert usual.at(BED, 41) is None


def test_a_window_is_judged_by_it(usual, baseline):
    score = windows(lbbb(20))[1]
    assert usual.judged(score, baseline.model, 9) is score
    assert usual.judged(score, baseline.model, 15).population == score.score
    assert usual.judged(score, "another model", 15) is score
