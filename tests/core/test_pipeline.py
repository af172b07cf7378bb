import numpy as np
import pytest
from core_bedside import BED, Device, S, signal
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from monitor.alarms.limits import Limits
from monitor.pipeline import Pipeline
from monitor.pipeline.pipeline import BATCH, MAX_BATCH
from monitor.pipeline.stream import MAX_RING_N, RING_N


@pytest.fixture
def device(scorer):
    return Device(Pipeline(scorer))


def reasons(device):
    return [hop.score.reason for hop in device.hops]


def test_a_window_at_every_hop_and_starting_until_the_first_is_full(device):
    device.send(signal("sinus"))
    assert [hop.end_sample for hop in device.hops] == [k * FS_HZ for k in range(1, 21)]
    assert reasons(device) == ["starting"] * 9 + [None] * 11
    coverage = device.outcomes[-1].update.coverage
    assert (coverage.assessed_s, coverage.not_assessed_s) == (20.0, 0.0)


def test_the_heart_rate_comes_before_the_first_full_window(device):
    device.send(signal("tachycardia")[:, : 6 * FS_HZ])
    assert device.outcomes[-1].update.vitals.heart_rate_bpm == pytest.approx(134, rel=0.1)


def test_one_call_of_the_scorer_for_all_beds_that_are_due(scorer):
    batches = []

    class Counting:
        model, backend = scorer.model, scorer.backend

        def score(self, signals, qualities, beats):
            batches.append([window.bed for window in signals.windows])
            return scorer.score(signals, qualities, beats)

    pipeline = Pipeline(Counting())
    devices = [Device(pipeline, bed=f"ward.{n}") for n in range(4)]
    for device in devices:
        pipeline.receive_message(device.session.data(signal("sinus")[:, :FS_HZ]), device.now_ns)
    assert len(pipeline.step()) == 4
    assert [sorted(batch) for batch in batches] == [["ward.0", "ward.1", "ward.2", "ward.3"]]


def test_a_backlog_is_scored_in_bounded_batches_fairly(scorer):
    pipeline = Pipeline(scorer)
    busy, quiet = Device(pipeline, bed="ward.busy"), Device(pipeline, bed="ward.quiet")
    for start in range(0, 20):
        chunk = signal("sinus")[:, :FS_HZ]
        pipeline.receive_message(busy.session.data(chunk), start)
    pipeline.receive_message(quiet.session.data(signal("sinus")[:, :FS_HZ]), 20)
    first = pipeline.step()
    assert len(first) == BATCH
    assert "ward.quiet" in {outcome.update.bed for outcome in first[:2]}
    rest = []
    while outcomes := pipeline.step():
        assert len(outcomes) <= MAX_BATCH
        rest += outcomes
    assert len(first) + len(rest) == 21


def test_where_many_beds_wait_half_of_them_are_read_at_once(scorer):
    pipeline = Pipeline(scorer)
    for n in range(40):
        device = Device(pipeline, bed=f"ward.{n}")
        pipeline.receive_message(device.session.data(signal("sinus")[:, :FS_HZ]), device.now_ns)
    sizes = []
    while outcomes := pipeline.step():
        sizes.append(len(outcomes))
    assert sizes == [MAX_BATCH, MAX_BATCH, BATCH, BATCH]


def test_a_gap_is_windows_that_are_not_assessed_never_skipped(device):
    device.send(signal("sinus")[:, : 12 * FS_HZ]).skip(12).send(signal("sinus")[:, 12 * FS_HZ :])
    ends = [hop.end_sample for hop in device.hops]
    assert ends == [k * FS_HZ for k in range(1, 33)]
    assert "gap" in reasons(device)[12:26]
    assert device.outcomes[-1].update.coverage.by_reason["gap"] >= 5


def test_a_gap_longer_than_the_ring_is_counted_whole(device):
    device.send(signal("sinus")[:, : 12 * FS_HZ]).skip(1000).send(signal("sinus"))
    coverage = device.outcomes[-1].update.coverage
    assert coverage.assessed_s + coverage.not_assessed_s == pytest.approx(1032)
    assert coverage.by_reason["gap"] > 990
    assert len(device.hops) < 200


def test_windows_that_the_ring_lost_are_owned_up_to_as_lag(scorer):
    pipeline = Pipeline(scorer)
    device = Device(pipeline)
    chunk = signal("sinus")[:, :FS_HZ]
    for second in range(200):  # nobody steps
        pipeline.receive_message(device.session.data(chunk), second)
    device.step()
    coverage = device.outcomes[-1].update.coverage
    assert coverage.by_reason["lag"] > 60
    assert coverage.assessed_s + coverage.not_assessed_s == pytest.approx(200)


def test_windows_that_waited_for_the_monitor_are_those_it_would_have_cut_in_time(scorer):
    prompt, behind = Device(Pipeline(scorer)), Device(Pipeline(scorer))
    x = signal("sinus", "pvc")
    prompt.send(x)
    behind.send(x[:, : 12 * FS_HZ])
    for second in range(12, 29):  # nobody steps
        chunk = x[:, second * FS_HZ : (second + 1) * FS_HZ]
        behind.pipeline.receive_message(behind.session.data(chunk), behind.now_ns)
    stream = behind.pipeline.known(BED).stream
    assert stream._ring.capacity_n == MAX_RING_N
    behind.step()
    assert stream._ring.capacity_n == RING_N
    behind.send(x[:, 29 * FS_HZ :])
    assert [hop.end_sample for hop in behind.hops] == [hop.end_sample for hop in prompt.hops]
    for late, timely in zip(behind.hops, prompt.hops, strict=True):
        np.testing.assert_array_equal(late.score.map, timely.score.map)


def test_asystole_is_timed_beyond_a_window(device):
    device.send(signal("sinus", "asystole"))
    assert "asystole" in device.raised
    assert device.outcomes[-1].update.vitals.since_last_beat_s == pytest.approx(20, abs=1.5)


def test_wall_clock_ticks_drive_source_lost_and_hide_old_numbers(device):
    device.send(signal("sinus")).wait(6)
    assert "source_lost" in device.raised
    update = device.outcomes[-1].update
    assert update.vitals.heart_rate_bpm is None
    assert (update.score, update.reason) == (None, "source lost")
    assert update.coverage.by_reason["source lost"] >= 5


def test_seconds_without_a_source_are_counted_once_when_it_comes_back(device):
    device.send(signal("sinus")).wait(8)
    again = Device(device.pipeline, name="boot-2", start_ns=device.now_ns)
    again.send(signal("sinus"))
    coverage = again.outcomes[-1].update.coverage
    assert coverage.assessed_s + coverage.not_assessed_s == pytest.approx(48, abs=1.1)
    assert "restart" in again.outcomes[-1].update.source.counters


def test_the_last_samples_get_a_window_when_the_source_says_goodbye(device):
    device.send(signal("sinus")[:, : round(12.4 * FS_HZ)]).bye()
    assert [hop.end_sample for hop in device.hops][-2:] == [12 * FS_HZ, round(12.4 * FS_HZ)]
    device.wait(3)
    assert device.outcomes[-1].update.reason == "source ended"


def test_the_last_window_is_judged_by_the_beats_before_it_and_then_they_are_forgotten(device):
    device.send(signal("bigeminy")[:, : round(19.4 * FS_HZ)]).bye()
    before, last = (outcome.update.pvc_per_min for outcome in device.outcomes[-2:])
    assert last >= before > 0
    assert not device.pipeline.known(BED).rhythm.history.r_peaks.size


def test_a_wider_hop_still_covers_every_second(scorer):
    pipeline = Pipeline(scorer)
    pipeline.stride = 4
    device = Device(pipeline).send(signal("sinus"))
    assert len(device.hops) <= 6
    coverage = device.outcomes[-1].update.coverage
    assert coverage.assessed_s >= 10


def test_lead_off_counts_from_the_window_that_ends_after_it(device):
    device.send(signal("sinus")[:, : 15 * FS_HZ]).send(signal("sinus")[:, 15 * FS_HZ :], lead_off=1 << 6)
    states = [hop.quality.state[6].name for hop in device.hops]
    assert states[14] == "OK" and states[15] == "OFF"
    assert "lead_off" in device.raised


def test_commands_change_one_bed_and_say_who(device):
    device.send(signal("tachycardia"))
    assert "heart_rate_high" in device.raised
    outcome = device.pipeline.acknowledge(BED, "nurse", None, device.now_ns)
    assert {event.alarm.acknowledged_by for event in outcome.events} == {"nurse"}
    outcome = device.pipeline.pause_audio(BED, "nurse", True, device.now_ns)
    assert outcome.update.audio_paused_until_ns > device.now_ns
    device.pipeline.set_limits(BED, Limits(high_bpm=139), device.now_ns)
    assert device.pipeline.known(BED).state.limits.high_bpm == 139
    with pytest.raises(ConfigurationError, match=r"no bed 'ward\.9'.*ward\.1"):
        device.pipeline.acknowledge("ward.9", "nurse", None, device.now_ns)


@pytest.mark.parametrize("hop_s", [0, -1, 11, float("nan")])
def test_an_impossible_hop_is_refused(scorer, hop_s):
    with pytest.raises(ConfigurationError, match="hop"):
        Pipeline(scorer, hop_s)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda x: x * np.nan,
        lambda x: x * 0,
        lambda x: x * 0 + 5,
        lambda x: np.clip(x * 20, -1, 1),
        lambda x: x * 1e30,
    ],
    ids=["nan", "zero", "flat", "saturated", "huge"],
)
def test_no_signal_however_bad_stops_the_pipeline(device, spoil):
    device.send(np.asarray(spoil(signal("sinus")), np.float32))
    assert len(device.hops) == 20 or reasons(device) == []


@pytest.mark.parametrize("n_leads", [1, 2])
def test_few_leads_work_with_what_is_there(scorer, n_leads):
    leads = ("II", "V1")[:n_leads]
    device = Device(Pipeline(scorer), leads=leads).send(signal("tachycardia")[[1, 6][:n_leads]])
    update = device.outcomes[-1].update
    assert update.vitals.heart_rate_bpm == pytest.approx(134, rel=0.1)
    assert update.reason is None
    assert "I" in update.source.absent and "II" not in update.source.absent
    assert "heart_rate_high" in device.raised


@settings(max_examples=4, deadline=None)
@given(st.lists(st.integers(1, 700), min_size=1, max_size=12))
def test_any_chunking_gives_the_same_results(scorer, cuts):
    x = signal("pvc", "asystole", seconds=9.0)
    whole = told(Device(Pipeline(scorer)).send(x, chunk_n=10))
    device = Device(Pipeline(scorer))
    start = 0
    for cut in cuts:
        device.send(x[:, start : start + cut], chunk_n=cut)
        start += cut
    device.send(x[:, start:], chunk_n=FS_HZ)
    assert told(device) == whole


def told(device):
    """Everything that counts samples; scores to six digits, since batches of other sizes round otherwise."""
    hops = [
        (hop.end_sample, hop.quality.state, hop.beats.r_peaks.tolist(), hop.score.reason)
        for hop in device.hops
    ]
    events = [
        (e.transition, e.alarm.name, e.alarm.onset_sample, e.alarm.raised_sample, e.alarm.ended_sample)
        for outcome in device.outcomes
        for e in outcome.events
        if e.alarm.name != "not_keeping_up"
    ]
    scores = [round(float(hop.score.score), 4) for hop in device.hops if hop.score.assessed]
    return hops, events, scores


def test_time_is_never_read_from_the_system(device, monkeypatch):
    import time

    for name in ("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"):
        monkeypatch.setattr(time, name, lambda: pytest.fail("the pipeline looked at a clock"))
    device.send(signal("sinus")[:, : 11 * FS_HZ])
    assert device.outcomes[-1].update.time_ns == device.now_ns == 1011 * S
