"""The life of an alarm: latching, acknowledgement, re-announcement, audio pause, restart."""

from dataclasses import asdict

import pytest

from engine.errors import ConfigurationError
from engine.quality import LeadState
from monitor.alarms.alarm import Phase, Priority, Transition
from monitor.alarms.evidence import evidence_of
from monitor.alarms.observation import Observation
from monitor.journal.entry import canonical

OFF = (LeadState.OFF,) * 12


def kinds(events):
    return [event.transition.value for event in events]


def test_a_latching_alarm_stays_until_acknowledged(bed):
    bed.run(6, 0)
    (latched,) = [e for e in bed.run(20) if e.alarm.name == "asystole"]
    assert latched.transition is Transition.LATCHED
    assert bed.alarm("asystole").ended_sample is not None
    bed.run(300)
    assert bed.alarm("asystole").phase is Phase.LATCHED
    assert kinds(bed.acknowledge()) == ["acknowledged", "ended"]
    assert bed.state.alarms == ()
    assert bed.events[-1].alarm.acknowledged_by == "nurse"


def test_a_latched_alarm_is_woken_not_repeated(bed):
    bed.run(6, 0)
    bed.run(20)
    bed.run(6, 0)
    assert kinds(e for e in bed.events if e.alarm.name == "asystole") == ["raised", "latched", "reannounced"]
    assert bed.alarm("asystole").phase is Phase.ACTIVE
    assert bed.alarm("asystole").ended_sample is None


def test_an_acknowledged_latching_alarm_ends_with_its_condition(bed):
    bed.run(6, 0)
    bed.acknowledge()
    assert kinds(e for e in bed.run(10) if e.alarm.name == "asystole") == ["ended"]


def test_an_acknowledged_alarm_that_continues_is_announced_again_after_two_minutes(bed):
    bed.run(10, 130)
    bed.acknowledge()
    assert bed.run(119, 130) == []
    (again,) = bed.run(1, 130)
    assert again.transition is Transition.REANNOUNCED
    assert (again.alarm.phase, again.alarm.acknowledged_by) == (Phase.ACTIVE, None)
    assert bed.run(240, 130) == []  # nobody acknowledged it again: it simply is active
    assert len(bed.raised("heart_rate_high")) == 1


def test_a_clock_set_back_does_not_put_off_the_next_announcement(bed):
    bed.run(10, 130)
    bed.acknowledge()
    bed.wall_s -= 3600
    assert kinds(bed.run(1, 130)) == ["reannounced"]


def test_what_cannot_be_judged_is_not_announced_again(bed):
    bed.run(10, 130)
    bed.acknowledge()
    assert "heart_rate_high" not in {e.alarm.name for e in (bed.tick(600, "lost"))}
    assert bed.alarm("heart_rate_high").phase is Phase.ACKNOWLEDGED


def test_what_cannot_be_judged_for_half_a_minute_gives_way_to_not_assessed(bed):
    bed.run(10, 130)
    bed.run(30, states=OFF, score=None)
    assert "heart_rate_high" in bed.names()
    bed.run(3, states=OFF, score=None)
    assert bed.names() == {"lead_off", "not_assessed"}


def test_acknowledging_twice_or_late_changes_nothing(bed):
    bed.run(10, 130)
    alarm_id = bed.alarm("heart_rate_high").id
    assert kinds(bed.acknowledge(alarm_id)) == ["acknowledged"]
    assert bed.acknowledge(alarm_id) == []
    bed.run(20)
    assert bed.acknowledge(alarm_id) == []


def test_one_alarm_of_several_can_be_acknowledged(bed):
    bed.run(10, 130, states=(LeadState.OFF,) + (LeadState.OK,) * 11)
    assert len(bed.state.alarms) == 2
    bed.acknowledge(bed.alarm("lead_off").id)
    assert [a.phase for a in bed.state.alarms] == [Phase.ACTIVE, Phase.ACKNOWLEDGED]


def test_commands_need_an_operator_and_an_alarm_that_was(bed):
    with pytest.raises(ConfigurationError, match="operator's name"):
        bed.acknowledge(operator=" ")
    with pytest.raises(ConfigurationError, match=r"ward\.1 never had an alarm 7"):
        bed.acknowledge(7)


def test_the_most_urgent_alarm_comes_first(bed):
    bed.run(10, 130, states=(LeadState.OFF,) + (LeadState.OK,) * 11)
    bed.run(6, 0, states=(LeadState.OFF,) + (LeadState.OK,) * 11)
    priorities = [alarm.priority for alarm in bed.state.alarms]
    assert priorities == sorted(priorities, reverse=True)
    assert bed.state.alarms[0].name == "asystole"


def test_audio_pause_counts_down_and_runs_out(bed):
    bed.run(10, 130)
    assert bed.state.sounding(bed.now_ns) is Priority.MEDIUM
    bed.pause()
    assert bed.state.sounding(bed.now_ns) is None
    assert bed.state.audio_paused_until_ns(bed.now_ns) - bed.now_ns == 120 * 10**9
    bed.run(119, 130)
    assert bed.state.sounding(bed.now_ns) is None
    bed.run(1, 130)
    assert bed.state.sounding(bed.now_ns) is Priority.MEDIUM
    assert bed.state.audio_paused_until_ns(bed.now_ns) == 0


def test_only_something_graver_breaks_through_an_audio_pause(bed):
    bed.run(10, 130)
    bed.pause()
    bed.run(5, 130, score=2.0)  # another medium one
    assert bed.raised("learned_anomaly") and bed.state.sounding(bed.now_ns) is None
    bed.run(6, 0, score=2.0)
    assert bed.state.sounding(bed.now_ns) is Priority.HIGH


def test_an_escalation_breaks_through_as_well(bed):
    bed.run(4, score=1.1)
    bed.pause()
    bed.run(1, score=1.1)
    assert bed.state.sounding(bed.now_ns) is None
    bed.run(1, score=3.0)
    assert bed.state.sounding(bed.now_ns) is Priority.MEDIUM


def test_a_pause_can_be_ended_early_and_a_clock_set_back_does_not_prolong_it(bed):
    bed.run(10, 130)
    bed.pause()
    bed.state = bed.machine.resume_audio(bed.state, "nurse")
    assert bed.state.sounding(bed.now_ns) is Priority.MEDIUM
    bed.pause()
    bed.wall_s -= 3600
    bed.run(1, 130)
    assert bed.state.sounding(bed.now_ns) is Priority.MEDIUM


def test_acknowledged_alarms_are_silent_and_latched_ones_are_not(bed):
    bed.run(6, 0)
    bed.run(20)
    assert bed.state.sounding(bed.now_ns) is Priority.HIGH
    bed.acknowledge()
    assert bed.state.sounding(bed.now_ns) is None


def test_alarms_per_bed_hour(bed):
    assert bed.state.alarms_per_hour == 0
    for _ in range(4):
        bed.run(15, 130)
        bed.run(45)
    assert bed.state.alarms_per_hour == pytest.approx(4 * 3600 / (bed.t_s - 1), rel=0.01)
    bed.t_s += 3600  # an hour without samples
    bed.run(1)
    assert bed.state.alarms_per_hour == 0


def test_a_restart_takes_up_open_alarms_and_goes_on_counting(bed, new_bed):
    bed.run(6, 0)
    bed.run(10)
    bed.run(10, 130, states=(LeadState.OFF,) + (LeadState.OK,) * 11)
    last = {event.alarm.id: event for event in bed.events}
    again = new_bed()
    again.state = again.machine.restore("ward.1", list(last.values()), bed.state.next_id)
    assert again.state.alarms == bed.state.alarms
    again.run(20)
    assert again.names() == {"asystole"}  # it is latched; the others were found to be over
    again.run(10, 130)
    assert again.alarm("heart_rate_high").id == bed.state.next_id


def test_an_acknowledgement_outlives_a_restart(bed, new_bed):
    bed.run(3, states=(LeadState.OFF,) + (LeadState.OK,) * 11)
    bed.acknowledge()
    again = new_bed()
    again.ever_valid = True
    again.state = again.machine.restore("ward.1", bed.events[-1:], bed.state.next_id)
    again.wall_s = bed.wall_s
    assert again.run(5, states=(LeadState.OFF,) + (LeadState.OK,) * 11) == []
    assert again.alarm("lead_off").acknowledged_by == "nurse"
    assert kinds(again.run(1, states=(LeadState.OFF,) * 2 + (LeadState.OK,) * 10)) == ["updated"]


def test_the_state_is_plain_values_and_the_evidence_is_json(bed):
    bed.run(10, 130, score=None)
    assert asdict(bed.state)["slots"]["heart_rate_high"]["alarm"]["text"] == "HR 130 > 120"
    seen = []
    bed.observe = lambda observation: seen.append(observation) or []
    bed.run(1, 130, score=None, findings=["clock_step"])
    evidence = evidence_of(seen[0], bed.state.limits)
    assert evidence["score"] == {
        "score": None,
        "threshold": 1.0,
        "reason": "noise",
        "against_all_people": None,
    }
    assert evidence["limits"]["high_bpm"] == 120 and len(evidence["r_peaks"]) > 15
    assert canonical(evidence)
    assert canonical(evidence_of(Observation("ward.1", 0, seen[0].source), bed.state.limits))
