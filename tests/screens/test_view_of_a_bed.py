from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.quality import LeadState
from engine.span import Span
from monitor.alarms.alarm import Kind, Phase, Priority
from monitor.tui.alarmlist import age, alarm_list
from monitor.tui.assessment import assess
from monitor.tui.banner import headlines
from monitor.tui.bedview import BedView, TrendPoint
from monitor.tui.marks import Marks
from monitor.tui.numerics import rhythm_line
from monitor.tui.picture import Picture, Places, State, picture_of
from monitor.tui.playout import MAX_LAG_S, advance
from monitor.tui.qualityboard import lead_quality
from monitor.tui.trend import trend_lines
from monitor.tui.viewstate import ViewState

PLACES = Places("tcp://feed", "tcp://data")
LIVE = Picture(State.LIVE)


@pytest.fixture
def bed(scene):
    view = BedView("ward.1")
    view.add_wave(scene.chunk(0), scene.T0_NS)
    view.add_update(scene.update(1), scene.T0_NS)
    return view


def told(bed, update):
    bed.add_update(update, update.time_ns)
    return bed


@pytest.mark.parametrize(
    ("more", "word"),
    [
        ({}, "NORMAL"),
        ({"score": 0.9}, "ANOMALOUS"),
        ({"spans": (Span(1, 400, 450, 1.2),)}, "SINGLE MARKS"),
        ({"score": None, "reason": "noise"}, "NOT ASSESSED"),
        ({"score": None}, "NOT ASSESSED"),
    ],
)
def test_state_word(bed, scene, more, word):
    assert word in assess(told(bed, scene.update(2, **more)), LIVE).word


def test_normal_is_not_said_beside_an_alarm_about_the_patient(bed, scene):
    alarm = scene.alarm(1, "HR 134 > 120", Priority.MEDIUM)
    assert "NORMAL" not in assess(told(bed, scene.update(2, alarms=(alarm,))), LIVE).word
    technical = replace(alarm, kind=Kind.TECHNICAL)
    assert "NORMAL" in assess(told(bed, scene.update(3, alarms=(technical,))), LIVE).word


@pytest.mark.parametrize("state", [state for state in State if state is not State.LIVE])
def test_normal_is_never_said_of_a_picture_that_is_not_live(bed, state):
    assert "NOT ASSESSED" in assess(bed, Picture(state)).word


def test_pictures(bed, scene):
    now_ns = scene.T0_NS
    second = 1_000_000_000

    def state(view, heard_ns=now_ns, at_ns=now_ns, alive=True):
        return picture_of(view, heard_ns, at_ns, alive, PLACES).state

    assert state(bed) is State.LIVE
    assert state(None) is State.WAITING
    assert state(bed, alive=False) is State.CORE_DEAD
    assert state(bed, at_ns=now_ns + 4 * second) is State.FEED_STALE
    assert state(bed, heard_ns=now_ns + 4 * second, at_ns=now_ns + 4 * second) is State.SIGNAL_STALE
    lost = replace(bed.update.source, state="lost")
    assert state(told(bed, scene.update(2, source=lost))) is State.SOURCE_LOST
    waiting = replace(bed.update.source, state="waiting")
    assert state(told(bed, scene.update(3, source=waiting))) is State.WAITING


def test_headlines_put_the_unacknowledged_before_the_acknowledged(scene):
    old = scene.alarm(1, "ASYSTOLE", Priority.HIGH, Phase.ACKNOWLEDGED, acknowledged_by="n")
    new = scene.alarm(2, "HR 134 > 120", Priority.MEDIUM)
    other = scene.alarm(3, "LEAD OFF V2", Priority.LOW, bed="ward.2")
    words = [line.words for line in headlines(LIVE, [old, new], [other])]
    assert words == ["HR 134 > 120", "ward.2: LEAD OFF V2", "ASYSTOLE (acknowledged)"]
    dead = Picture(State.CORE_DEAD, "CORE DEAD")
    assert headlines(dead, [new], [])[0].words == "CORE DEAD"


def test_alarm_list_says_how_many_do_not_fit(scene):
    alarms = [scene.alarm(i, f"alarm {i}", Priority.LOW) for i in range(9)]
    text = alarm_list(alarms, scene.T0_NS, 30, 4, None).plain
    assert len(text.splitlines()) == 4
    assert text.splitlines()[-1] == "and 6 more"


@pytest.mark.parametrize(("seconds", "words"), [(-1, "0s"), (59, "59s"), (250, "4m10"), (7500, "2h05")])
def test_age(seconds, words):
    assert age(seconds) == words


def test_quality_names_what_is_wrong(bed, scene):
    states = (LeadState.OK, LeadState.NOISY, LeadState.OFF, *[LeadState.ABSENT] * 9)
    text = lead_quality(told(bed, scene.update(2, lead_states=states)), LIVE).plain
    assert "noise" in text and "OFF" in text and "none" in text
    assert "█" not in lead_quality(bed, Picture(State.FEED_STALE)).plain


def test_trend_hatches_what_was_not_assessed_and_passes_the_limit_where_anomalous():
    points = [TrendPoint(int(i * 1e9), None if i < 20 else 1.4 if i < 40 else 0.4) for i in range(60)]
    rows = trend_lines(points, int(59.5e9), 6, 4).plain.split("\n")
    assert rows[3][:2] == "╱╱"
    assert rows[1][2:4] != "╌╌" and rows[1][4:] == "╌╌"


def test_marks_that_have_settled_stay_and_newer_ones_follow_the_news():
    marks = Marks([Span(0, 100, 200, 1.5), Span(1, 900, 1000, 1.5)])
    marks = marks.updated([Span(2, 800, 950, 2.0)], settled=700, oldest=0)
    assert marks.spans == (Span(0, 100, 200, 1.5), Span(2, 800, 950, 2.0))
    assert marks.updated([], settled=2000, oldest=500).spans == (Span(2, 800, 950, 2.0),)


def test_a_stream_that_starts_anew_replaces_the_old_one(bed, scene):
    bed.add_wave(replace_first(scene.chunk(0), 100_000), scene.T0_NS)
    bed.add_wave(scene.chunk(0), scene.T0_NS)
    assert bed.head == 250


def replace_first(chunk, first):
    return replace(chunk, first_sample=first)


def test_beds_are_in_natural_order(scene):
    view = ViewState(PLACES, 0)
    view.apply(scene.status(0, beds=("ward.10", "ward.2", "icu.1")), 0)
    assert view.names == ["icu.1", "ward.2", "ward.10"]


@given(st.lists(st.tuples(st.floats(0, 0.2), st.integers(0, 60)), max_size=80))
def test_the_sweep_never_runs_back_or_ahead_of_the_signal(steps):
    shown, head = 0.0, 0
    for elapsed_s, arrived in steps:
        head += arrived
        later = advance(shown, head, elapsed_s)
        assert shown <= later <= head or later == pytest.approx(shown)
        assert head - later <= MAX_LAG_S * 250
        shown = later


def test_rhythm_and_pvc_stand_beside_the_rate_and_are_never_old(bed, scene):
    told(bed, scene.update(2, rhythm="bigeminy", pvc_per_min=30))
    assert rhythm_line(bed, LIVE, 24).plain == "bigeminy      PVC 30/min"
    assert rhythm_line(bed, Picture(State.FEED_STALE), 24).plain.split() == ["PVC", "---/min"]
    assert rhythm_line(None, LIVE, 24).plain.strip() == "PVC ---/min"


@pytest.mark.parametrize("width", [12, 18, 24, 40])
def test_a_rhythm_too_long_for_its_place_gives_way_to_the_count(bed, scene, width):
    told(bed, scene.update(2, rhythm="V fib/flutter", pvc_per_min=120))
    line = rhythm_line(bed, LIVE, width)
    assert line.cell_len <= width and line.plain.endswith("PVC 120/min")


def test_a_rhythm_wears_the_colour_of_its_alarm(bed, scene):
    alarm = scene.alarm(1, "V TACH 160 > 100", Priority.HIGH, name="ventricular_tachycardia")
    told(bed, scene.update(2, rhythm="V tach", pvc_per_min=9, alarms=(alarm,)))
    assert "#d0121b" in str(rhythm_line(bed, LIVE, 30).spans[0].style)
