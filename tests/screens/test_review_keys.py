import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parent))

from review_ward import Copyist, lived, real_engines, real_scorer, reviewing, written

from engine.grid import FS_HZ
from monitor.alarms.alarm import Priority
from monitor.journal.reader import JournalReader
from monitor.recording import Recording
from monitor.review.book import read_book
from monitor.review.restored import load_backend, restore
from monitor.review.spot import Leads, Panel
from monitor.review.tape import Tape


@pytest.fixture(scope="module")
def ward(tmp_path_factory):
    return written(tmp_path_factory.mktemp("review") / "ward")


@pytest.fixture(scope="module")
def patient(tmp_path_factory):
    return lived(tmp_path_factory.mktemp("review") / "patient")


def test_filters_by_bed_kind_and_time(ward):
    async def act(reviewer):
        desk, press = reviewer.desk, reviewer.pilot.press
        assert desk.lines[0].priority is Priority.HIGH and len(desk.lines) == 5
        await press("b", "b")
        assert {line.bed for line in desk.lines} == {"ward.2"} and desk.selected.bed == "ward.2"
        await press("1")
        assert {line.bed for line in desk.lines} == {"ward.1"} and len(desk.lines) == 4
        await press("k", "k", "k")
        assert [line.name for line in desk.lines] == ["asystole"]
        await press("escape", "t")
        assert "last hour" in await reviewer.picture() and len(desk.lines) == 5
        await press("T", "B", "K")
        assert desk.filter.bed == "ward.2" and desk.filter.kind == "lead_off" and not desk.lines
        await press("0")
        assert [line.name for line in desk.lines] == ["lead_off"]

    reviewing(ward, act)


def test_scrolling_and_zooming(ward):
    async def act(reviewer):
        desk, press = reviewer.desk, reviewer.pilot.press
        await press("down", "down", "down")
        onset = desk.spot
        assert onset.sample == desk.selected.onset_sample
        await press("right", "right", "left")
        assert 0 < (desk.spot.sample - onset.sample) / FS_HZ < 3
        await press("home")
        assert desk.spot == onset
        await press("end")
        assert (desk.spot.sample - onset.sample) / FS_HZ == 35
        await press("up", "end")
        assert "has not ended" in await reviewer.picture()
        await press("S", "G", "l", "comma", "full_stop")
        looks = desk.looks
        assert (looks.speed_mm_per_s, looks.gain_mm_per_mv, looks.leads) == (50.0, 20.0, Leads.SINGLE)
        assert looks.lead == 1 and "50 mm/s · 20 mm/mV" in await reviewer.picture()
        await press("tab", "s")
        assert looks.trend_s < desk.looks.trend_s and desk.looks.panel is Panel.TRENDS
        await press("shift+tab", "enter")
        assert "priority raised" not in await reviewer.picture()

    reviewing(ward, act)


def test_scrolling_ends_where_the_recording_does(ward):
    async def act(reviewer):
        await reviewer.picture()
        for _ in range(30):
            reviewer.desk.scroll(-4, 120)
        assert reviewer.desk.spot.sample >= 0
        assert "nothing is recorded earlier than this" in await reviewer.picture()

    reviewing(ward, act)


def test_a_real_patient_shows_beats_scores_marks_and_the_restored_signal(patient):
    async def act(reviewer):
        desk = reviewer.desk
        while desk.selected.name != "ventricular_tachycardia":
            await reviewer.pilot.press("down")
        await reviewer.pilot.press("r")
        text = await reviewer.picture()
        section = desk.section
        assert "*** V TACH" in text and "HIGH priority" in text and "▲ onset" in text
        assert next(line for line in text.splitlines() if line.startswith("beat")).count("V") > 5
        assert any(score.score and score.score > 1 for score in section.scores)
        assert "▲" in next(line for line in text.splitlines() if line.startswith("score"))
        assert section.marked and section.spans and ("◆" in text or "◇" in text)
        restored = section.restored.x[1]
        known = np.isfinite(restored)
        assert known.mean() > 0.9 and not np.allclose(restored[known], section.strip.x[1][known])
        assert "restored by the model" in text

    reviewing(patient, act, engines=real_engines())


def test_trends_and_variability_of_a_real_patient(patient):
    async def act(reviewer):
        await reviewer.pilot.press("tab", "s", "S", "S")
        await reviewer.picture()
        page = reviewer.desk.trend_page
        rates = [point.rate_bpm for point in page.points]
        assert page.n_done == page.n_segments > 0 and max(rate for rate in rates if rate) > 120
        assert max(point.score for point in page.points if point.score is not None) > 1
        assert any(np.isfinite(point.st_mv).any() for point in page.points)
        await reviewer.pilot.press("tab", "S", "S")
        text = await reviewer.picture()
        found = reviewer.desk.variability
        assert found.n_beats > 40 and found.n_ectopic > 5 and 500 < found.measures["ibi"] < 1200
        assert "RMSSD" in text and "ectopic or paced" in text

    reviewing(patient, act, engines=real_engines())


def test_scores_are_those_that_alarmed(patient):
    tape = Tape(patient / "waveforms")
    with JournalReader(patient) as journal:
        book = read_book(journal)
        seen = {e["end_sample"]: e["score"]["score"] for s in journal.stories() for e in s.evidence if e}
    judged = {
        score.end_sample: score.score
        for block in range(2)
        for score in tape.judged("ward.1", book.run, block, real_scorer(), book.usual).scores
    }
    both = [end for end in seen if judged.get(end) is not None and seen[end] is not None]
    assert both and all(judged[end] == pytest.approx(seen[end], abs=0.05) for end in both)


def test_a_network_without_error_restores_the_signal_itself(patient):
    recording = Recording(patient / "waveforms")
    strip = recording.read("ward.1", 1000, 1000 + 11 * FS_HZ)
    same = restore(strip, real_scorer(), Copyist()).x
    there = strip.present
    assert np.allclose(same[there], strip.x[there], atol=1e-4)
    other = restore(strip, real_scorer(), load_backend()).x
    close = np.corrcoef(other[1], strip.x[1])[0, 1]
    assert 0.8 < close < 0.9999


def test_keys_while_nothing_is_selected_say_so(ward):
    async def act(reviewer):
        await reviewer.pilot.press("2", "k", "k", "n")
        assert "nothing to write a note to" in await reviewer.picture()
        await reviewer.pilot.press("a")
        assert "acknowledged where they sound" in await reviewer.picture()
        await reviewer.pilot.press("q")
        assert reviewer.app.return_value == 0

    reviewing(ward, act)


def test_pages_survive_keys_that_come_too_fast(ward):
    async def act(reviewer):
        await reviewer.picture()
        await reviewer.pilot.press("question_mark")
        page = reviewer.app.screen
        for _ in range(2):
            page.dismiss() if reviewer.app.screen is page else None
        await reviewer.pilot.press("d", "x", "x", "n", "escape", "escape")
        assert "priority" in await reviewer.picture()

    reviewing(ward, act)
