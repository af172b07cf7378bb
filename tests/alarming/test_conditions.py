"""Each condition alone: what raises it, where it says it began, how it reads, what ends it."""

import runpy
from pathlib import Path

import pytest

from engine.grid import FS_HZ, HOP_S
from engine.quality import LeadState
from engine.span import Span
from monitor.alarms.alarm import Kind, Phase, Priority, Transition
from monitor.alarms.conditions import BY_NAME, CONDITIONS
from monitor.alarms.limits import Limits

OK = (LeadState.OK,) * 12


def leads(state, *which):
    return tuple(state if lead in which or not which else LeadState.OK for lead in range(12))


def test_sinus_rhythm_is_quiet(new_bed):
    bed = new_bed()
    assert bed.run(600) == []


@pytest.mark.parametrize("rate_bpm", [45, 42])
def test_low_rate(bed, rate_bpm):
    onset = bed.end
    (raised,) = bed.run(10, rate_bpm)
    assert (raised.alarm.name, raised.alarm.priority) == ("heart_rate_low", Priority.MEDIUM)
    assert raised.alarm.text.startswith("HR ") and raised.alarm.text.endswith("< 50")
    assert raised.alarm.raised_sample - onset <= 10 * FS_HZ
    assert abs(raised.alarm.onset_sample - onset) <= 2 * FS_HZ
    ended = bed.run(15)
    assert [e.transition for e in ended] == [Transition.ENDED]


def test_high_rate_says_measured_against_limit_and_when_it_began(bed):
    onset = bed.end
    (raised,) = bed.run(10, 130)
    assert raised.alarm.text == "HR 130 > 120"
    assert raised.alarm.raised_sample - onset <= 10 * FS_HZ
    assert abs(raised.alarm.onset_sample - onset) <= FS_HZ


@pytest.mark.parametrize("rate_bpm", [35, 30, 25, 20, 17])
def test_extreme_bradycardia_within_ten_seconds(bed, rate_bpm):
    onset = bed.end
    bed.run(10, rate_bpm)
    (alarm,) = bed.raised("extreme_bradycardia")
    assert alarm.priority is Priority.HIGH
    assert alarm.raised_sample - onset <= 10 * FS_HZ


@pytest.mark.parametrize("rate_bpm", [150, 180, 220])
def test_extreme_tachycardia_within_ten_seconds(bed, rate_bpm):
    onset = bed.end
    bed.run(10, rate_bpm)
    (alarm,) = bed.raised("extreme_tachycardia")
    assert alarm.raised_sample - onset <= 10 * FS_HZ
    said, limit = alarm.text.removeprefix("EXTREME TACHY HR ").split(" > ")
    assert abs(float(said) - rate_bpm) <= 4 and limit == "140"


def test_one_missed_beat_and_one_extra_beat_raise_nothing(bed):
    del bed.peaks[-2]
    bed.peaks.insert(-3, bed.peaks[-3] - 90)
    assert bed.run(15) == []


def test_asystole_begins_at_the_last_beat_and_comes_within_five_seconds(bed):
    last = bed.peaks[-1]
    bed.run(6, 0)
    (alarm,) = bed.raised("asystole")
    assert alarm.onset_sample == last
    assert 4 * FS_HZ <= alarm.raised_sample - last <= 5 * FS_HZ + 1
    assert alarm.text.startswith("ASYSTOLE no QRS for ")


def test_asystole_is_seen_on_a_single_assessable_lead(bed):
    bed.run(6, 0, states=tuple(LeadState.OFF if lead else LeadState.OK for lead in range(12)))
    assert bed.raised("asystole")


def test_asystole_is_not_claimed_without_an_assessable_lead(bed):
    bed.run(20, 0, states=leads(LeadState.OFF))
    assert not bed.raised("asystole")
    assert bed.alarm("lead_off").priority is Priority.HIGH


def test_short_losses_do_not_hide_asystole(bed):
    for second in range(10):
        bed.run(1, 0, valid=second % 3 != 2)
    assert bed.raised("asystole")


def test_a_gap_alone_is_not_asystole(bed):
    bed.run(3, valid=False)
    bed.run(12)
    assert not bed.raised("asystole") and not bed.raised("extreme_bradycardia")
    assert bed.raised("gap")


def test_a_flat_line_on_every_attached_lead_raises_both_readings(bed):
    bed.run(3, 0)
    bed.run(5, 0, states=leads(LeadState.FLAT))
    assert {"asystole", "no_signal"} <= bed.names()
    assert bed.alarm("asystole").text == "ASYSTOLE? flat line on every attached lead"


def test_a_flat_line_beside_detached_leads_is_still_ambiguous(bed):
    states = tuple(LeadState.OFF if lead < 6 else LeadState.FLAT for lead in range(12))
    bed.run(6, 0, states=states)
    assert {"asystole", "no_signal", "lead_off"} <= bed.names()


def test_a_line_flat_from_the_start_is_a_technical_matter(new_bed):
    bed = new_bed()
    bed.run(40, 0, states=leads(LeadState.FLAT), score=None)
    assert not bed.raised("asystole")
    assert bed.alarm("no_signal").priority is Priority.HIGH


def test_anomaly_needs_three_of_five_assessed_windows_and_names_its_leads(bed):
    spans = [Span(7, bed.end, bed.end + 100, 2.0), Span(6, bed.end + 50, bed.end + 90, 1.5)]
    assert bed.run(1, score=1.8, spans=spans) == []
    assert bed.run(1, score=0.9) == []
    assert bed.run(3, score=None) == []  # not assessed: does not count
    assert bed.run(1, score=1.8, spans=spans) == []
    (raised,) = bed.run(1, score=1.8, spans=spans)
    assert raised.alarm.text == "ANOMALY V1 V2 (score 1.8 > 1)"
    assert raised.alarm.priority is Priority.MEDIUM
    assert raised.alarm.onset_sample == spans[0].onset


def test_two_of_five_anomalous_windows_stay_quiet(bed):
    for _ in range(10):
        bed.run(2, score=1.8)
        bed.run(3, score=0.8)
    assert bed.events == []


def test_a_weak_anomaly_is_low_and_rises_when_it_grows(bed):
    (raised,) = bed.run(4, score=1.1)
    assert raised.alarm.priority is Priority.LOW
    (updated,) = bed.run(1, score=2.0)
    assert (updated.transition, updated.alarm.priority) == (Transition.UPDATED, Priority.MEDIUM)
    assert bed.run(3, score=1.1) == []  # a patient alarm keeps the gravest priority it had


@pytest.mark.parametrize(
    ("off", "priority"), [((1,), Priority.LOW), (tuple(range(7)), Priority.MEDIUM), ((), Priority.HIGH)]
)
def test_lead_off_is_one_alarm_whose_priority_follows_what_is_left(bed, off, priority):
    (raised,) = [e for e in bed.run(2, states=leads(LeadState.OFF, *off)) if e.alarm.name == "lead_off"]
    assert raised.alarm.priority is priority
    assert raised.alarm.kind is Kind.TECHNICAL


def test_lead_off_names_its_leads_and_a_further_one_undoes_the_acknowledgement(bed):
    bed.run(2, states=leads(LeadState.OFF, 6))
    assert bed.alarm("lead_off").text == "LEAD OFF V1"
    bed.acknowledge()
    (updated,) = bed.run(2, states=leads(LeadState.OFF, 6, 7))
    assert updated.transition is Transition.UPDATED
    assert (updated.alarm.text, updated.alarm.phase) == ("LEAD OFF V1 V2", Phase.ACTIVE)
    (fewer,) = bed.run(1, states=leads(LeadState.OFF, 7))
    assert (fewer.alarm.text, fewer.alarm.phase) == ("LEAD OFF V2", Phase.ACTIVE)
    assert [e.transition for e in bed.run(3)] == [Transition.ENDED]


def test_leads_off_before_the_first_valid_ecg_are_quiet_but_not_for_ever(new_bed):
    bed = new_bed()
    assert bed.run(25, 0, states=leads(LeadState.OFF), score=None) == []
    bed.run(10, 0, states=leads(LeadState.OFF), score=None)
    assert [(a.name, a.priority) for a in bed.state.alarms] == [("not_assessed", Priority.LOW)]


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (LeadState.NOISY, "noisy_leads"),
        (LeadState.SATURATED, "saturated_leads"),
        (LeadState.FLAT, "flat_leads"),
    ],
)
def test_bad_leads_are_low_technical_alarms(bed, state, name):
    bed.run(3, states=leads(state, 0, 1))
    assert bed.events == []
    bed.run(9, states=leads(state, 0, 1))
    assert [(a.name, a.priority) for a in bed.state.alarms] == [(name, Priority.LOW)]
    assert bed.alarm(name).text.endswith(" I II")


def test_noise_on_every_lead_is_high(bed):
    bed.run(4, states=leads(LeadState.NOISY))
    assert bed.alarm("no_signal").text == "NO ECG no lead assessable (noise)"
    bed.run(60, states=leads(LeadState.NOISY))
    assert "noisy_leads" not in bed.names()


def test_a_bed_that_is_not_assessed_says_so(bed):
    assert bed.run(30, score=None) == []
    (raised,) = bed.run(1, score=None)
    assert (raised.alarm.name, raised.alarm.text) == ("not_assessed", "NOT ASSESSED noise")
    assert [e.transition for e in bed.run(1)] == [Transition.ENDED]


def test_gap_grows_and_leaves_with_the_window(bed):
    bed.run(1, valid=False)
    assert bed.alarm("gap").text == "GAP 1.0 s without signal"
    bed.run(3, valid=False)
    assert bed.alarm("gap").priority is Priority.MEDIUM
    bed.run(10)
    assert bed.names() == set()


def test_a_lead_that_sends_nothing_is_named_but_not_one_that_was_just_reattached(bed):
    bed.run(15)
    bed.run(3, states=leads(LeadState.GAP, 7))
    assert bed.run(10) == []
    bed.run(6, states=leads(LeadState.GAP, 7))
    assert bed.alarm("silent_leads").text == "NO SAMPLES V2"


@pytest.mark.parametrize(
    ("name", "priority", "arguments"),
    [
        ("two_publishers", Priority.HIGH, {"findings": ["two_publishers"]}),
        ("no_samples", Priority.HIGH, {"findings": ["no_samples"]}),
        ("clock_step", Priority.MEDIUM, {"findings": ["clock_step"]}),
        ("not_keeping_up", Priority.MEDIUM, {"latency_ms": 1500.0}),
        ("not_keeping_up", Priority.HIGH, {"latency_ms": 6000.0}),
        ("backend_degraded", Priority.MEDIUM, {"backend_degraded": "onnx instead of torch"}),
        ("journal_failing", Priority.HIGH, {"journal_failing": "disk full"}),
    ],
)
def test_link_and_system(bed, name, priority, arguments):
    bed.run(5, **arguments)
    assert [(a.name, a.priority, a.kind) for a in bed.state.alarms] == [(name, priority, Kind.TECHNICAL)]
    bed.run(15)
    assert bed.names() == set()


def test_a_lost_source_alarms_on_the_clock_alone_and_holds_what_was_known(bed):
    bed.run(10, 130)
    assert bed.names() == {"heart_rate_high"}
    (raised,) = bed.tick(3, "lost")
    assert (raised.alarm.name, raised.alarm.priority) == ("source_lost", Priority.HIGH)
    bed.tick(3600, "lost")
    assert bed.names() == {"heart_rate_high", "source_lost"}
    assert [e.alarm.name for e in bed.tick(1, "live")] == ["source_lost"]


def test_a_source_that_says_goodbye_ends_what_only_it_could_tell(bed):
    bed.run(10, 130)
    events = bed.tick(1, "bye")
    assert [(e.transition, e.alarm.name) for e in events] == [
        (Transition.ENDED, "heart_rate_high"),
        (Transition.RAISED, "source_ended"),
    ]


def test_the_lesser_rate_alarm_is_not_raised_beside_the_graver(bed):
    bed.run(15, 200)
    assert [a.name for a in bed.state.alarms if a.name == "extreme_tachycardia"]
    assert len(bed.raised("heart_rate_high")) <= 1


def test_what_is_switched_off_ends_and_stays_quiet(bed):
    bed.run(10, 130)
    off = Limits(off=frozenset({"heart_rate_high"}))
    bed.state = bed.machine.set_limits(bed.state, off)
    assert [e.transition for e in bed.run(1, 130)] == [Transition.ENDED]
    assert bed.run(20, 130) == []


def test_the_table_is_consistent():
    assert len(BY_NAME) == len(CONDITIONS)
    for condition in CONDITIONS:
        assert set(condition.yields_to) <= set(BY_NAME)
        assert not (condition.latching and condition.kind is Kind.TECHNICAL)
        assert condition.persistence.needs <= condition.persistence.of


@pytest.mark.parametrize(
    ("name", "rates_bpm"),
    [
        ("asystole", [0]),
        ("extreme_bradycardia", [17, 20, 25, 28, 33, 38]),
        ("extreme_tachycardia", [143, 150, 160, 180, 220]),
        ("heart_rate_low", [41, 44, 46, 48]),
        ("heart_rate_high", [123, 126, 130, 135]),
    ],
)
@pytest.mark.parametrize("before_bpm", [60, 75, 100])
def test_time_to_alarm_is_as_stated_and_under_ten_seconds(new_bed, name, rates_bpm, before_bpm):
    stated_s = BY_NAME[name].measurement_s + BY_NAME[name].configured_s + HOP_S
    assert stated_s + 0.3 <= 10
    for rate_bpm in rates_bpm:
        for phase in (0, 100, 200):
            bed = new_bed()
            bed.next_beat += phase
            bed.run(20, before_bpm)
            onset = bed.end if rate_bpm else bed.peaks[-1]
            bed.run(12, rate_bpm)
            (alarm,) = bed.raised(name)
            assert alarm.raised_sample - onset <= stated_s * FS_HZ


def test_the_documented_table_is_the_programs_own():
    docs = Path(__file__).parents[2] / "docs"
    script = runpy.run_path(str(docs / "alarm_table.py"))
    text = (docs / "alarms.md").read_text(encoding="utf-8")
    assert script["page"](text) == text, "renew it: python docs/alarm_table.py"
