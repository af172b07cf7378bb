"""A core in a thread, real sockets around it."""

import json
import stat
import time

import numpy as np
import pytest
import zmq
from core_bedside import signal
from core_thread import core_running

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.alarms.alarm import AlarmEvent, Phase
from monitor.core import Core, CoreSettings
from monitor.core.pace import CALM_NS, Pace
from monitor.feed import CommandClient, FeedReader
from monitor.journal.entry import EntryKind
from monitor.journal.journal import Journal
from monitor.update import BedUpdate, CoreStatus, WaveChunk
from monitor.wire import Hello, Session, encode
from simulators.publisher import Publisher

FREE = "tcp://127.0.0.1:0"
PATIENCE_S = 20.0


def watch(feed, until):
    """Everything the feed brings up to the first value that fulfils `until`."""
    got = []
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        for value in feed.poll(0.5):
            got.append(value)
            if until(value):
                return got
    raise AssertionError(f"never came; last: {got[-3:]}")


def is_at(second, bed="ward.1"):
    return lambda v: isinstance(v, BedUpdate) and v.bed == bed and v.end_sample >= second * FS_HZ


def send(core, x, bed="ward.1", chunk_n=25, **about):
    """Publish a signal as fast as it is taken, and say goodbye."""
    with Publisher(core.data, bed, leads=LEADS, fs_hz=FS_HZ, lossless=True, **about) as publisher:
        assert publisher.wait_for_monitor(PATIENCE_S)
        for start in range(0, x.shape[1], chunk_n):
            publisher.send(x[:, start : start + chunk_n])


def test_samples_come_out_as_waves_updates_and_durable_alarms(run_core, tmp_path):
    with run_core() as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("tachycardia"))
        got = watch(feed, is_at(20))
    waves = [v for v in got if isinstance(v, WaveChunk)]
    assert np.array_equal(np.concatenate([w.x for w in waves], axis=1), signal("tachycardia"))
    events = [v for v in got if isinstance(v, AlarmEvent)]
    assert "heart_rate_high" in {event.alarm.name for event in events}
    with Journal(tmp_path / "journal") as journal:
        written = {(e.body["alarm"]["name"], e.body["transition"]) for e in journal.entries(EntryKind.ALARM)}
        assert {(event.alarm.name, event.transition.value) for event in events} <= written
        kinds = [entry.kind for entry in journal.entries()]
        assert (kinds[0], kinds[-1]) == (EntryKind.START, EntryKind.STOP)
        assert EntryKind.COVERAGE in kinds
        assert journal.verify() == len(kinds)


def test_alarm_events_are_json_for_other_systems(run_core):
    with run_core() as core, zmq.Context() as context, context.socket(zmq.SUB) as other:
        other.setsockopt(zmq.SUBSCRIBE, b"alarm.ward.1.")
        other.connect(core.feed)
        with FeedReader(core.feed) as feed:
            watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("tachycardia"))
        assert other.poll(1000 * PATIENCE_S)
        topic, body = other.recv_multipart()
    event = json.loads(body)
    assert topic == b"alarm.ward.1."
    assert event["transition"] == "raised"
    assert event["alarm"]["bed"] == "ward.1"


def test_operators_are_obeyed_and_remembered(run_core, tmp_path):
    with (
        run_core() as core,
        FeedReader(core.feed) as feed,
        CommandClient(core.commands, operator="nurse", timeout_s=PATIENCE_S) as client,
    ):
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("tachycardia"))
        got = watch(
            feed, lambda v: isinstance(v, BedUpdate) and any(a.name == "heart_rate_high" for a in v.alarms)
        )
        alarm = next(a for a in got[-1].alarms if a.name == "heart_rate_high")
        client.acknowledge("ward.1", alarm.id)
        client.pause_audio("ward.1")
        watch(feed, lambda v: isinstance(v, BedUpdate) and v.audio_paused_until_ns > 0)
        client.pause_audio("ward.1", pause=False)
        client.set_limits("ward.1", high_bpm=139)
        kinds = [type(value) for value in client.snapshot()]
        with pytest.raises(ConfigurationError, match="no bed"):
            client.acknowledge("ward.9")
        with pytest.raises(ConfigurationError, match="high_bpm"):
            client.set_limits("ward.1", high_bpm=9999)
    assert kinds == [BedUpdate, WaveChunk]
    with Journal(tmp_path / "journal") as journal:
        asked = [(e.body["command"], e.body["operator"]) for e in journal.entries(EntryKind.COMMAND)]
        assert asked == [
            (what, "nurse") for what in ("acknowledge", "pause_audio", "pause_audio", "set_limits")
        ]
        assert journal.limits("ward.1").high_bpm == 139


def test_latched_alarms_come_back_with_the_next_core(run_core, tmp_path):
    with run_core() as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("sinus", "asystole"))
        watch(feed, is_at(40))
    with run_core() as core, FeedReader(core.feed) as feed:
        got = watch(feed, lambda v: isinstance(v, BedUpdate))
    assert "asystole" in {alarm.name for alarm in got[-1].alarms}
    assert got[-1].source.state == "waiting"


def test_random_bytes_are_counted_and_named_and_nothing_else_happens(run_core):
    rng = np.random.default_rng(1)
    with run_core() as core, FeedReader(core.feed) as feed, zmq.Context() as context:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        with context.socket(zmq.XPUB) as noise:
            noise.connect(core.data)
            assert noise.poll(1000 * PATIENCE_S)
            for n in range(60):
                topic = (b"ecg1.ward.1.", b"ecg1c.ward.1.", b"ecg1.zzz", b"ecg9.ward.1.")[n % 4]
                parts = [rng.bytes(int(rng.integers(0, 90))) for _ in range(n % 4)]
                noise.send_multipart([topic, *parts])
            with context.socket(zmq.STREAM) as raw:  # not even ZeroMQ
                raw.connect(core.data)
                who = raw.recv_multipart()[0]
                raw.send_multipart([who, rng.bytes(4000)])
                watch(feed, lambda v: isinstance(v, CoreStatus) and v.banners)
        send(core, signal("sinus"))
        got = watch(feed, is_at(20))
    assert got[-1].reason is None


def test_two_publishers_on_one_bed_are_alarmed_and_never_mixed(run_core):
    x = signal("sinus")
    with (
        run_core() as core,
        FeedReader(core.feed) as feed,
        Publisher(core.data, "ward.1", leads=LEADS, fs_hz=FS_HZ) as one,
    ):
        assert one.wait_for_monitor(PATIENCE_S)
        watch(feed, lambda v: isinstance(v, CoreStatus))
        one.send(x[:, :250])
        watch(feed, lambda v: isinstance(v, WaveChunk))
        with Publisher(core.data, "ward.1", leads=LEADS, fs_hz=FS_HZ) as two:
            assert two.wait_for_monitor(PATIENCE_S)
            for start in range(0, 500, 25):
                two.send(x[:, start : start + 25] * 0 + 9)
                one.send(x[:, 250 + start : 275 + start])
        got = watch(feed, is_at(3))
        got += watch(
            feed, lambda v: isinstance(v, BedUpdate) and any(a.name == "two_publishers" for a in v.alarms)
        )
    assert not any((v.x == 9).any() for v in got if isinstance(v, WaveChunk))


def test_a_killed_publisher_is_lost_and_its_successor_taken(run_core):
    with run_core() as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        session = Session(Hello("ward.1", "boot-1", LEADS, FS_HZ, serial="77"))
        with zmq.Context() as context, context.socket(zmq.XPUB) as killed:
            killed.connect(core.data)
            assert killed.poll(1000 * PATIENCE_S)
            killed.send_multipart(encode(session.announce()))
            killed.send_multipart(encode(session.data(signal("sinus")[:, :500])))
            watch(feed, is_at(2))
        send(core, signal("sinus"), serial="77")
        got = watch(feed, is_at(20))
    assert got[-1].source.counters["restart"] == 1
    assert got[-1].source.state == "live"


@pytest.mark.skipif("__import__('os').geteuid() == 0", reason="root may write anywhere")
def test_a_read_only_journal_folder_is_an_alarm_and_alarms_still_go_out(run_core, tmp_path):
    folder = tmp_path / "sealed"
    folder.mkdir()
    folder.chmod(stat.S_IRUSR | stat.S_IXUSR)
    assert_alarms_without_journal(run_core, folder)


def test_a_journal_that_cannot_be_opened_is_an_alarm_and_alarms_still_go_out(run_core, tmp_path):
    folder = tmp_path / "a-file"
    folder.write_text("not a folder")
    assert_alarms_without_journal(run_core, folder)


def assert_alarms_without_journal(run_core, folder):
    with run_core(folder) as core, FeedReader(core.feed) as feed:
        got = watch(feed, lambda v: isinstance(v, CoreStatus))
        assert "--journal" in got[-1].journal
        assert any("JOURNAL" in banner for banner in got[-1].banners)
        send(core, signal("tachycardia"))
        got = watch(feed, is_at(20))
    names = {v.alarm.name for v in got if isinstance(v, AlarmEvent)}
    assert {"journal_failing", "heart_rate_high"} <= names


def test_a_journal_that_comes_back_gets_what_it_missed(run_core, tmp_path):
    from monitor.core.recorder import RETRY_NS, Recorder
    from monitor.journal.entry import Entry

    folder = tmp_path / "later"
    folder.write_text("in the way")
    with Recorder(folder) as recorder:
        recorder.append([Entry(EntryKind.FINDING, 1, {"n": 1})], 1)
        assert recorder.failing
        folder.unlink()
        recorder.append([Entry(EntryKind.FINDING, 2, {"n": 2})], 2 + RETRY_NS)
        assert recorder.failing is None
    with Journal(folder) as journal:
        assert [entry.body["n"] for entry in journal.entries()] == [1, 2]


def test_many_beds_in_one_core(run_core):
    beds = [f"ward.{n}" for n in range(1, 6)]
    with run_core() as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        for bed in beds:
            send(core, signal("sinus")[:, : 12 * FS_HZ], bed)
        missing = set(beds)

        def all_arrived(value):
            if isinstance(value, BedUpdate) and value.end_sample == 12 * FS_HZ:
                missing.discard(value.bed)
            return not missing

        watch(feed, all_arrived)
        watch(feed, lambda v: isinstance(v, CoreStatus) and set(v.beds) == set(beds))


def test_what_breaks_inside_ends_the_core_loudly_and_is_journalled(run_core, tmp_path):
    class Forgetful:
        model = backend = "forgetful"
        ladder = None

        def score(self, windows, qualities, beats):
            return []

    with (
        pytest.raises(ValueError, match="zip"),
        core_running(Forgetful(), tmp_path / "journal") as core,
        FeedReader(core.feed) as feed,
    ):
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("sinus")[:, : 2 * FS_HZ])
    with Journal(tmp_path / "journal") as journal:
        assert "died: ValueError" in list(journal.entries())[-1].body["reason"]


def test_a_failing_model_takes_no_other_alarm_with_it(tmp_path):
    class Broken:
        model = backend = "broken"
        ladder = None

        def score(self, windows, qualities, beats):
            raise ZeroDivisionError("no more")

    with core_running(Broken(), tmp_path) as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("tachycardia"))
        got = watch(feed, is_at(20))
        banners = watch(feed, lambda v: isinstance(v, CoreStatus))[-1].banners
    assert got[-1].reason == "model failing"
    names = {v.alarm.name for v in got if isinstance(v, AlarmEvent)}
    assert {"heart_rate_high", "backend_degraded"} <= names
    assert any("no more" in banner for banner in banners)


def test_a_port_in_use_is_said_with_the_cure(run_core, tmp_path):
    with run_core() as core, pytest.raises(ConfigurationError, match=r"in use.*another port"):
        Core(CoreSettings(data=core.data, feed=FREE, commands=FREE, journal=tmp_path / "other"))


def test_nothing_reaches_beyond_this_machine_unless_told(tmp_path):
    with pytest.raises(ConfigurationError, match="--insecure"):
        Core(CoreSettings(data="tcp://0.0.0.0:0", feed=FREE, commands=FREE, journal=tmp_path))


def test_an_insecure_core_says_so_all_the_time(run_core):
    with run_core(insecure=True) as core, FeedReader(core.feed) as feed:
        got = watch(feed, lambda v: isinstance(v, CoreStatus))
    assert any("INSECURE" in banner for banner in got[-1].banners)


def test_the_hop_widens_evenly_when_late_and_narrows_when_calm():
    pace, now_ns = Pace(), 10**12
    for _ in range(20):
        now_ns += 10**9
        pace = pace.after(3000.0, now_ns, max_stride=10)
    assert pace.stride == 10
    for _ in range(200):
        now_ns += CALM_NS // 20
        pace = pace.after(5.0, now_ns, max_stride=10)
    assert pace.stride == 1


def test_an_open_alarm_is_seen_by_late_viewers(run_core):
    with run_core() as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, signal("sinus", "asystole"))
        watch(feed, is_at(40))
        with FeedReader(core.feed) as late:
            got = watch(late, lambda v: isinstance(v, BedUpdate))
    assert any(a.name == "asystole" and a.phase is not Phase.ENDED for a in got[-1].alarms)
