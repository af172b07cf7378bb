"""Trends of hours: from the minutes that were journalled, and from the waveform where there are none."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from review_ward import START_NS, S, Verdicts, reviewing, written

from engine.grid import FS_HZ
from monitor.journal.entry import Entry, EntryKind
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader
from monitor.recording import Recording
from monitor.review.book import read_book
from monitor.review.spot import Panel
from monitor.review.tape import Tape
from monitor.review.trends import FINE_PAGE_S, Trends

HOUR_S = 3600
MINUTE_N = 60 * FS_HZ


class WantedError(Exception):
    """The model was wanted."""


def no_model():
    raise WantedError


def minute(number, bed="ward.1", rate=91.0, **more):
    """The minute that begins so many minutes after the ward was opened."""
    body = {
        "start_sample": number * MINUTE_N,
        "end_sample": (number + 1) * MINUTE_N,
        "heart_rate_bpm": rate,
        "st_mv": [0.2, None] + [0.0] * 10,
        "score_max": 0.7,
        **more,
    }
    return Entry(EntryKind.TREND, START_NS + 60 * (number + 1) * S, body, bed)


@pytest.fixture
def ward(tmp_path):
    return written(tmp_path / "ward")


def enter(folder, *entries):
    with Journal(folder) as journal:
        journal.append(entries)


def pages(folder, scorer, page_s=HOUR_S, bed="ward.1"):
    with JournalReader(folder) as journal:
        usual = read_book(journal).usual
    trends = Trends(folder, Tape(folder / "waveforms"))
    return list(trends.pages(bed, START_NS, page_s, scorer, usual))


def test_journalled_minutes_need_neither_waveform_nor_model(ward):
    enter(ward, *(minute(number) for number in range(3)))
    for path in (ward / "waveforms").rglob("*.dat"):
        path.unlink()
    (page,) = pages(ward, no_model)
    assert [point.rate_bpm for point in page.points] == [91.0] * 3
    assert [(p.start_ns - START_NS) // S for p in page.points] == [0, 60, 120]
    assert np.isnan(page.points[0].st_mv[1]) and page.points[0].st_mv[0] == np.float32(0.2)
    assert page.n_segments == 0 and page.points[2].score == 0.7


def test_minutes_that_were_not_journalled_are_read_from_the_waveform(ward):
    enter(ward, minute(1))
    first, *_, last = pages(ward, Verdicts)
    assert [point.rate_bpm for point in first.points] == [91.0]
    assert (last.n_done, last.n_segments) == (2, 2)
    read = [point for point in last.points if point.rate_bpm != 91.0]
    assert read and all(not 60 < (p.end_ns - START_NS) / S <= 120 for p in read)
    assert any(point.rate_bpm == pytest.approx(75, abs=1) for point in read)


def test_the_shortest_page_is_read_finer_than_a_minute(ward):
    enter(ward, *(minute(number) for number in range(3)), minute(5))
    *_, page = pages(ward, Verdicts, FINE_PAGE_S)
    assert page.n_segments == 3 and len(page.points) > 12
    assert [point.rate_bpm for point in page.points].count(91.0) == 1  # of which nothing is stored
    with pytest.raises(WantedError):
        pages(ward, no_model, FINE_PAGE_S)


def test_minutes_are_of_their_bed_and_page(ward):
    enter(ward, minute(200), minute(300), minute(200, bed="ward.2", rate=50.0))
    assert not any(point.rate_bpm == 91.0 for point in pages(ward, Verdicts)[-1].points)
    assert [p.rate_bpm for p in pages(ward, Verdicts, 6 * HOUR_S)[-1].points].count(91.0) == 2
    assert [p.rate_bpm for p in pages(ward, Verdicts, 6 * HOUR_S, "ward.2")[0].points] == [50.0]


def test_the_screen_draws_minutes_of_which_no_waveform_is_left(ward):
    stored = len(Recording(ward / "waveforms").segments("ward.1"))
    enter(ward, *(minute(number, rate=110.0) for number in range(stored, 60)))

    async def act(reviewer):
        desk = reviewer.desk
        while desk.looks.panel is not Panel.TRENDS:
            await reviewer.pilot.press("tab")
        desk.spot = desk.spot.moved(600.0)
        shown = await reviewer.picture()
        assert "HR 110/min" in shown and "ST I" in shown and "+0.20 mV" in shown

    reviewing(ward, act)
