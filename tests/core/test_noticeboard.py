from core_bedside import BED, S, signal
from core_thread import core_running

from engine.leads import LEADS
from monitor.core.noticeboard import QUIET_NS, Noticeboard
from monitor.feed import FeedReader
from monitor.intake import Intake
from monitor.intake.intake import NO_BED
from monitor.journal.entry import EntryKind
from monitor.journal.journal import Journal
from monitor.update import BedUpdate
from monitor.wire import Hello, Session
from simulators.publisher import Publisher

DAMAGED = [b"ecg9.", b"?"]


def told(entries):
    return [(entry.bed, entry.body["name"], entry.body["count"]) for entry in entries]


def test_a_finding_is_entered_at_once_then_counted_then_entered_at_the_end():
    board, intake = Noticeboard(), Intake()
    assert board.news(intake, S) == []
    intake.accept(DAMAGED, S)
    first = board.news(intake, S)
    name = first[0].body["name"]
    assert told(first) == [(NO_BED, name, 1)]
    assert first[0].kind is EntryKind.FINDING and first[0].body["text"]
    for second in range(2, 62):
        intake.accept(DAMAGED, second * S)
        assert told(board.news(intake, second * S)) == ([(NO_BED, name, 61)] if second == 61 else [])
    assert board.news(intake, 200 * S) == [] == board.rest(intake, 200 * S)
    intake.accept(DAMAGED, 201 * S)
    intake.accept(DAMAGED, 201 * S + QUIET_NS)
    assert told(board.rest(intake, 201 * S)) == [(NO_BED, name, 63)]


def test_beds_are_told_apart():
    board, intake = Noticeboard(), Intake()
    for bed in ("ward.1", "ward.2"):
        session = Session(Hello(bed, "boot", LEADS, 250.0))
        intake.accept_message(session.announce(), S)
        for _ in range(2):
            intake.accept_message(session.data(signal("sinus")[:, :25]), S)
            session.skip(250)
    entries = board.news(intake, S)
    assert told(entries) == [("ward.1", "gap", 1), ("ward.2", "gap", 1)]
    assert entries[0].body["text"] == "1.00 s of signal are missing"


def test_the_journal_tells_of_a_gap(scorer, tmp_path):
    with core_running(scorer, tmp_path) as core, FeedReader(core.feed) as feed:
        with Publisher(core.data, BED, leads=LEADS, fs_hz=250) as device:
            assert device.wait_for_monitor(20)
            device.send(signal("sinus")[:, :250])
            device.skip(250)
            device.send(signal("sinus")[:, :250])
        state = ""
        while state != "bye":
            for value in feed.poll(20.0):
                state = value.source.state if isinstance(value, BedUpdate) else state
    with Journal(tmp_path) as journal:
        assert told(journal.entries(EntryKind.FINDING)) == [(BED, "gap", 1)]
        journal.verify()
