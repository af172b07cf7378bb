"""Windows read by processes beside the core: the same results, whatever happens to a process."""

import errno
import os
import signal as signals
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import wait

import numpy as np
import psutil
import pytest
from core_bedside import Device, S, signal
from core_live import alarms_of, live_alarms
from core_thread import core_running
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from test_core import is_at, send, watch

from engine.grid import FS_HZ
from engine.leads import LEADS
from engine.patient.baseline import PatientBaseline
from engine.scorer import load_scorer
from monitor.feed import FeedReader
from monitor.journal.entry import EntryKind
from monitor.journal.journal import Journal
from monitor.pipeline import Pipeline
from monitor.pipeline.reading import read
from monitor.readers import Readers, post, readers
from monitor.readers.guarded import GuardedScorer
from monitor.readers.post import MEMORY_BYTES, Post
from monitor.readers.reader import HUNG_NS
from monitor.readers.readers import RESTART_NS
from monitor.records.record import Record
from monitor.update import BedUpdate, CoreStatus


@pytest.fixture
def ends():
    here, (line, memory) = Post.pair()
    there = Post(line, memory, first=False)
    yield here, there
    here.close()
    there.close()


arrays = hnp.arrays(
    st.sampled_from([np.float32, np.bool_, np.int64, np.float64]), hnp.array_shapes(min_dims=0, max_dims=3)
)


@settings(max_examples=30, deadline=None)
@given(content=st.lists(st.dictionaries(st.text(max_size=3), arrays | st.integers(), max_size=4), max_size=5))
def test_what_is_sent_arrives_both_ways(content):
    here, (line, memory) = Post.pair()
    there = Post(line, memory, first=False)
    for sender, receiver in ((here, there), (there, here)) * 2:
        sender.send(content)
        assert receiver.has_mail()
        got = receiver.receive()
        assert [one.keys() for one in got] == [one.keys() for one in content]
        for one, other in zip(got, content, strict=True):
            for name in one:
                np.testing.assert_array_equal(one[name], other[name])
                assert np.asarray(one[name]).dtype == np.asarray(other[name]).dtype
    here.close()
    there.close()


def test_what_does_not_fit_into_the_memory_arrives_too(ends, monkeypatch):
    small = np.arange(1000.0)
    large = [small, *(np.full(MEMORY_BYTES // 64, float(i)) for i in range(5)), small + 1]
    here, there = ends
    monkeypatch.setattr(post, "MEMORY_BYTES", MEMORY_BYTES // 8)
    with ThreadPoolExecutor(1) as beside:
        sent = beside.submit(here.send, large)
        got = there.receive()
        sent.result(20)
    for one, other in zip(got, large, strict=True):
        np.testing.assert_array_equal(one, other)


def test_a_later_object_leaves_an_earlier_one_as_it_was(ends):
    here, there = ends
    here.send(np.arange(5000.0))
    first = there.receive()
    there.send("got it")
    here.receive()
    here.send(np.zeros(5000))
    there.receive()
    np.testing.assert_array_equal(first, np.arange(5000.0))


def test_an_end_that_is_gone_is_noticed(ends):
    here, there = ends
    there.close()
    with pytest.raises(EOFError):
        here.receive()
    with pytest.raises(OSError):
        here.send("anybody there?")


class Clock:
    """Nanoseconds that pass when told."""

    def __init__(self):
        self.now_ns = 1000 * S

    def __call__(self):
        return self.now_ns


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def crew(scorer, clock, monkeypatch):
    """One process, ready."""
    monkeypatch.setattr(readers, "BEDS_ALONE", 0)
    crew = Readers(GuardedScorer(scorer), "fp32", 1, clock)
    crew.enlist(1)
    wait_until_ready(crew)
    yield crew
    crew.close()


def wait_until_ready(crew):
    while not all(reader.is_ready for reader in crew._crew):
        assert wait(crew._crew, timeout=60), "the process never became ready"
        crew.collect()


def collected(crew):
    while not (done := crew.collect()):
        assert wait(crew._crew, timeout=60), "nothing was ever read"
    return done


class Ward(Device):
    """A device whose windows somebody else reads."""

    def __init__(self, pipeline, crew, **about):
        self.crew = crew
        super().__init__(pipeline, **about)

    def step(self):
        while self.pipeline.is_due:
            self.crew.give(self.pipeline.take())
            for one in collected(self.crew):
                self.outcomes += self.pipeline.finish(
                    one.batch, one.readings, one.watches, lambda: self.now_ns
                )


def told(device):
    return [
        (o.update.vitals, o.update.score, o.update.spans, o.update.rhythm, o.events) for o in device.outcomes
    ]


def test_a_process_reads_what_the_core_would_have_read(scorer, crew):
    x = signal("sinus", "pvc", "tachycardia")
    here = Device(Pipeline(scorer)).send(x)
    there = Ward(Pipeline(scorer), crew).send(x)
    assert told(there) == told(here) and there.raised == here.raised and there.raised
    maps = [np.stack([hop.score.map for hop in device.hops]) for device in (here, there)]
    np.testing.assert_array_equal(*maps)


def test_a_process_learns_the_patients_own_beats_and_compares_with_them_as_the_core_would_have(
    scorer, crew, monkeypatch
):
    monkeypatch.setattr("monitor.baseline.school.LEARN_S", 40.0)
    monkeypatch.setattr("monitor.baseline.school.APART_S", 1)
    x = np.tile(signal("sinus"), 3)
    x = np.concatenate((x, signal("pvc")), axis=1)
    here = Device(Pipeline(scorer)).send(x)
    there = Ward(Pipeline(scorer), crew)
    with monkeypatch.context() as only_there:
        for what in ("compare", "learn"):
            only_there.setattr(PatientBaseline, what, lambda *_: pytest.fail("in the core"))
        only_there.setattr("engine.patient.brief.lesson_of", lambda *_: pytest.fail("in the core"))
        there.send(x)
    assert told(there) == told(here) and here.outcomes[-1].update.baseline.learned
    maps = [np.stack([hop.score.map for hop in device.hops]) for device in (here, there)]
    np.testing.assert_array_equal(*maps)


def test_what_was_compared_with_a_baseline_that_is_gone_does_not_count(scorer, monkeypatch):
    monkeypatch.setattr("monitor.baseline.school.LEARN_S", 40.0)
    monkeypatch.setattr("monitor.baseline.school.APART_S", 1)
    pipeline = Pipeline(scorer)
    device = Device(pipeline).send(np.tile(signal("sinus"), 3)[:, : 50 * FS_HZ])
    assert device.outcomes[-1].update.baseline.learned
    rest = np.tile(signal("sinus"), 3)[:, 50 * FS_HZ : 51 * FS_HZ]
    pipeline.receive_message(device.session.data(rest), device.now_ns)
    batch = pipeline.take()
    readings = read(batch.windows, batch.watches, scorer, batch.briefs)
    assert readings[0].own.comparison is not None
    pipeline.order_baseline("ward.1", "nurse", "relearn", device.now_ns)
    (outcome,) = pipeline.finish(batch, readings, batch.watches)
    assert outcome.update.population_score is None and outcome.update.score == readings[0].score.score


def test_a_process_that_is_killed_loses_nothing_and_is_replaced(scorer, crew, clock):
    x = signal("tachycardia")
    whole = Device(Pipeline(scorer)).send(x)
    ward = Ward(Pipeline(scorer), crew).send(x[:, : 12 * FS_HZ])
    assert crew.state.degraded is None
    (first,) = crew.pids
    os.kill(first, signals.SIGKILL)
    ward.send(x[:, 12 * FS_HZ :])
    assert told(ward) == told(whole)
    (remark,) = crew.state.remarks
    assert "a reading process was lost (it was ended by signal 9)" in remark
    assert crew.state.degraded is None and crew.take_news() == [remark] and crew.take_news() == []
    crew.enlist(1)
    assert crew.pids == () and crew.is_free, "not at once: it may die of the same again"
    clock.now_ns += RESTART_NS
    crew.enlist(1)
    wait_until_ready(crew)
    crew.collect()
    assert crew.pids != (first,) and crew.state.remarks == ()
    os.kill(crew.pids[0], signals.SIGKILL)
    ward.send(x[:, -FS_HZ:])
    assert "a reading process was lost" in crew.state.degraded, "twice in a minute is a failure"


def test_a_batch_survives_the_process_that_holds_it(scorer, crew, clock):
    pipeline = Pipeline(scorer)
    device = Device(pipeline)
    device.send(signal("sinus")[:, : 14 * FS_HZ])
    n_before = len(device.hops)
    (pid,) = crew.pids
    os.kill(pid, signals.SIGSTOP)  # it hangs
    pipeline.receive_message(device.session.data(signal("sinus")[:, 14 * FS_HZ : 16 * FS_HZ]), device.now_ns)
    crew.give(pipeline.take())
    assert not crew.collect() and not crew.is_free and not pipeline.is_due
    clock.now_ns += HUNG_NS + 1
    (done,) = crew.collect()
    assert "it said nothing for 5 s" in crew.state.remarks[0]
    device.outcomes += pipeline.finish(done.batch, done.readings, done.watches)
    assert len(device.hops) == n_before + 2
    assert device.hops[-1].end_sample == 16 * FS_HZ and device.hops[-1].score.assessed


def test_a_process_with_another_model_is_not_used(scorer, clock, monkeypatch):
    monkeypatch.setattr(readers, "BEDS_ALONE", 0)
    other = GuardedScorer(scorer)
    other.model = "mcr@something-else"
    crew = Readers(other, "fp32", 1, clock)
    crew.enlist(1)
    while crew.pids:
        assert wait(crew._crew, timeout=60)
        crew.collect()
    assert "it has the model mcr@" in crew.state.remarks[0] and crew.is_free
    crew.close()


def test_a_process_that_cannot_be_started_leaves_the_core_reading(scorer, clock, monkeypatch):
    def refuse(*_, **__):
        raise OSError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(readers, "BEDS_ALONE", 0)
    crew = Readers(GuardedScorer(scorer), "fp32", 2, clock)
    n_open = psutil.Process().num_fds()
    with monkeypatch.context() as full:
        full.setattr("monitor.readers.reader.subprocess.Popen", refuse)
        crew.enlist(1)
        assert "cannot be started (Resource temporarily unavailable)" in crew.state.remarks[0]
        assert crew.is_free and crew.pids == () and psutil.Process().num_fds() == n_open
        clock.now_ns += RESTART_NS
        crew.enlist(1)
        assert "cannot be started" in crew.state.degraded, "twice in a minute is a failure"
    clock.now_ns += RESTART_NS
    crew.enlist(1)
    wait_until_ready(crew)
    crew.collect()
    assert len(crew.pids) == 2 and crew.state.degraded is None
    crew.close()


@pytest.mark.parametrize("killed", [0, 1])
def test_of_two_processes_one_goes_on_without_the_other(scorer, clock, monkeypatch, killed):
    monkeypatch.setattr(readers, "BEDS_ALONE", 0)
    crew = Readers(GuardedScorer(scorer), "fp32", 2, clock)
    crew.enlist(1)
    wait_until_ready(crew)
    first = [psutil.Process(pid) for pid in crew.pids]
    assert first[1].ppid() == first[0].pid, "the model was loaded once"
    ward = Ward(Pipeline(scorer), crew).send(signal("sinus")[:, : 12 * FS_HZ])
    first[killed].kill()
    psutil.wait_procs([first[killed]], 20)
    ward.send(signal("sinus")[:, 12 * FS_HZ :])
    assert [hop.end_sample for hop in ward.hops] == [k * FS_HZ for k in range(1, 21)]
    assert crew.pids == (first[1 - killed].pid,) and "a reading process was lost" in crew.state.remarks[0]
    clock.now_ns += RESTART_NS
    crew.enlist(1)
    wait_until_ready(crew)
    now = [psutil.Process(pid) for pid in crew.pids]
    assert len(set(now)) == 2 and first[killed] not in now
    crew.close()
    assert psutil.wait_procs([*first, *now], 20)[1] == [], "none is left"


def test_a_process_forked_from_one_with_torch_reads_what_the_core_would_have_read(clock, monkeypatch):
    monkeypatch.setattr(readers, "BEDS_ALONE", 0)
    scorer = GuardedScorer(load_scorer(backend="torch", step_down=True))
    crew = Readers(scorer, "fp32", 2, clock)
    crew.enlist(1)
    wait_until_ready(crew)
    crew._crew.reverse()  # the forked one reads whatever it is free for
    x = signal("sinus", "pvc")[:, : 24 * FS_HZ]
    here, there = Device(Pipeline(scorer)).send(x), Ward(Pipeline(scorer), crew).send(x)
    crew.close()
    assert scorer.backend == "torch" and told(there) == told(here)


def test_few_beds_and_other_backends_need_no_processes(scorer, clock):
    crew = Readers(GuardedScorer(scorer), "fp32", 2, clock)
    crew.enlist(readers.BEDS_ALONE)
    assert crew.pids == ()
    crew._scorer.backend = "tensorrt"
    crew.enlist(1000)
    assert crew.pids == ()


def test_beats_forgotten_while_a_window_is_read_stay_forgotten(scorer):
    pipeline = Pipeline(scorer)
    device = Device(pipeline).send(signal("sinus")[:, : 14 * FS_HZ])
    assert pipeline.known("ward.1").rhythm.history.r_peaks.size > 10
    rest = signal("sinus")[:, 14 * FS_HZ : 15 * FS_HZ]
    pipeline.receive_message(device.session.data(rest), device.now_ns)
    batch = pipeline.take()
    pipeline.receive_message(device.session.bye(), device.now_ns)
    pipeline.finish(batch, read(batch.windows, batch.watches, scorer), batch.watches)
    assert pipeline.known("ward.1").rhythm.history.r_peaks.size == 0


def test_a_core_alarms_the_same_through_processes(scorer, tmp_path, monkeypatch):
    x = signal("sinus", "tachycardia")
    record = Record("made", "made.hea", FS_HZ, LEADS, x, (0.0,) * 12, 0.0, ())
    alone = live_alarms(record, scorer, tmp_path / "alone")
    monkeypatch.setattr(readers, "BEDS_ALONE", 0)
    beside = live_alarms(record, scorer, tmp_path / "beside")
    assert alarms_of(beside) == alarms_of(alone) and alone


def test_a_killed_process_is_told_and_journalled_and_every_window_is_assessed(scorer, tmp_path, monkeypatch):
    monkeypatch.setattr(readers, "BEDS_ALONE", 0)
    x = signal("sinus")
    with core_running(scorer, tmp_path, readers=1) as core, FeedReader(core.feed) as feed:
        watch(feed, lambda v: isinstance(v, CoreStatus))
        send(core, x, "ward.1")
        watch(feed, is_at(20))
        (pid,) = core._readers.pids
        os.kill(pid, signals.SIGKILL)
        watch(feed, lambda v: isinstance(v, CoreStatus) and "a reading process was lost" in str(v.banners))
        send(core, x, "ward.2")
        got = watch(feed, is_at(20, "ward.2"))
    updates = [v for v in got if isinstance(v, BedUpdate)]
    ends = {update.end_sample for update in updates if update.bed == "ward.2" and update.end_sample}
    assert sorted(ends) == [second * FS_HZ for second in range(1, 21)]
    assert "backend_degraded" not in {alarm.name for update in updates for alarm in update.alarms}
    with Journal(tmp_path) as journal:
        found = [entry.body for entry in journal.entries(EntryKind.FINDING)]
    assert ["ended by signal 9" in body["text"] for body in found if body["name"] == "reader_lost"] == [True]
