"""What is kept and what goes; what happens when the disk does not play along."""

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from waveform_desk import ROOMY, RUN, START_NS, S, noise, nothing_known, pieces, writer_of

from engine.grid import FS_HZ
from monitor.journal.entry import EntryKind
from monitor.recording import Recording
from monitor.recording.recorder import MAX_WAITING_N, WaveformRecorder
from monitor.recording.ring import Keep, Ring, Wanted
from monitor.recording.segment import SEGMENT_N, Segment
from monitor.update import Source

HOUR_NS = 3600 * S
MINUTE = noise(SEGMENT_N)


def segment(minute, bed="ward.1"):
    return Segment.starting(bed, RUN, minute * SEGMENT_N, START_NS + minute * 60 * S)


def filled(keep, minutes, n_bytes=100):
    ring = Ring(keep)
    for minute in minutes:
        ring.add(segment(minute), n_bytes)
    return ring


def minutes_of(drops):
    return [s.first_sample // SEGMENT_N for drop in drops for s in drop.segments]


def test_the_oldest_go_first_by_age_and_by_size():
    ring = filled(Keep(n_bytes=550, hours=1.0, reserve_bytes=0), range(10))
    now_ns = START_NS + HOUR_NS + 3 * 60 * S
    assert minutes_of(ring.drop(now_ns, 10**9, ())) == [0, 1, 2, 3, 4]
    assert ring.n_bytes == 500 and ring.drop(now_ns, 10**9, ()) == []


def test_what_an_open_alarm_needs_stays_until_there_is_no_other_room():
    wanted = (Wanted("ward.1", 7, START_NS + 60 * S),)
    ring = filled(Keep(n_bytes=450, hours=0.05, reserve_bytes=0), range(6))
    drops = ring.drop(START_NS + HOUR_NS, 10**9, wanted)
    assert minutes_of(drops) == [3, 4, 5]  # 0 to 2 lie around the alarm
    assert ring.drop(START_NS + 2 * HOUR_NS, 10**9, wanted) == []
    ring = filled(Keep(n_bytes=250, reserve_bytes=0), range(6))
    room, last = ring.drop(START_NS + 360 * S, 10**9, wanted)
    assert (minutes_of([room]), room.alarms) == ([3, 4, 5], ())
    assert (minutes_of([last]), last.alarms) == ([0], wanted) and "open alarms" in last.why


@given(
    sizes=st.lists(st.integers(1, 500), max_size=20),
    limit=st.integers(0, 2000),
    free=st.integers(0, 1000),
    raised=st.lists(st.integers(0, 20), max_size=3),
)
def test_limits_hold_after_every_pass_and_nothing_goes_without_need(sizes, limit, free, raised):
    keep = Keep(n_bytes=limit, hours=1e6, reserve_bytes=500)
    ring = Ring(keep)
    for minute, n_bytes in enumerate(sizes):
        ring.add(segment(minute), n_bytes)
    wanted = [Wanted("ward.1", k, START_NS + minute * 60 * S) for k, minute in enumerate(raised)]
    drops = ring.drop(START_NS + HOUR_NS, free, wanted)
    gone = minutes_of(drops)
    freed = sum(sizes[minute] for minute in gone)
    assert len(set(gone)) == len(gone) and ring.n_bytes == sum(sizes) - freed
    assert ring.n_bytes <= limit
    assert free + freed >= keep.reserve_bytes or ring.n_bytes == 0
    free_ones = {m for m in range(len(sizes)) if not any(w.touches(segment(m)) for w in wanted)}
    lost = [drop for drop in drops if drop.alarms]
    assert not lost or free_ones <= set(gone)
    needed = max(sum(sizes) - limit, keep.reserve_bytes - free)
    if gone:
        assert freed - max(sizes[minute] for minute in gone) < needed


def test_segments_are_deleted_only_after_the_journal_knows(tmp_path):
    writer = writer_of(tmp_path, Keep(n_bytes=1, reserve_bytes=0))
    writer.write(pieces(MINUTE), START_NS)
    writer.write(pieces(MINUTE[:, :500], SEGMENT_N), START_NS + S)
    writer.write([], START_NS + 2 * S)
    closed, dropped = writer.entries
    assert (closed.kind, dropped.kind) == (EntryKind.SEGMENT, EntryKind.DROPPED)
    assert dropped.body["segments"] == [closed.body["segment"]]
    header = tmp_path / f"{closed.body['segment']}.hea"
    assert header.exists()
    writer.delete(1)
    assert not header.exists() and not list(header.parent.glob(header.stem + "*"))
    writer.close(START_NS + 3 * S)
    assert len(Recording(tmp_path).segments("ward.1")) == 1


def test_a_thread_records_and_hands_its_entries_over(tmp_path):
    recorder = WaveformRecorder(tmp_path, RUN, ROOMY, nothing_known, START_NS)
    recorder.take(pieces(MINUTE))
    source = Source("live", device="D\n12", patient="p-1", fs_hz=500, replayed=True)
    entries = recorder.turn(START_NS, {"ward.1": source}, ())
    entries += recorder.close(START_NS + S)
    assert [entry.kind for entry in entries] == [EntryKind.SEGMENT]
    strip = Recording(tmp_path).read("ward.1", 0, SEGMENT_N)
    assert np.allclose(strip.x, MINUTE, atol=0.001)
    assert strip.about["source_hz"] == "500" and strip.about["kind"] == "REPLAYED"
    assert strip.about["device"] == "D?12" and recorder.failing is None


def test_a_folder_that_cannot_be_is_said_lost_signal_counted_and_recording_resumes(tmp_path):
    folder = tmp_path / "waveforms"
    folder.write_text("in the way")
    writer = writer_of(folder)
    x = noise(2 * FS_HZ)
    writer.write(pieces(x), START_NS)
    assert "waveforms" in writer.failing
    writer.write(pieces(x, 500), START_NS + S)
    folder.unlink()
    writer.write(pieces(x, 1000), START_NS + 6 * S)
    assert writer.failing is None
    writer.close(START_NS + 7 * S)
    (lost,) = [e for e in writer.entries if e.kind is EntryKind.FINDING]
    assert lost.body["name"] == "not_recorded" and lost.body["count"] == 1000 and lost.bed == "ward.1"
    assert Recording(tmp_path / "waveforms").read("ward.1", 0, 1500).stored.sum() == 500


def test_a_disk_without_room_for_the_journal_is_left_alone(tmp_path):
    writer = writer_of(tmp_path, Keep(reserve_bytes=10**18))
    writer.write(pieces(noise(500)), START_NS)
    assert "kept for the journal" in writer.failing and list(tmp_path.glob("*/*/*")) == []
    writer.close(START_NS)


def test_a_second_core_is_refused_the_folder(tmp_path):
    first, second = writer_of(tmp_path), writer_of(tmp_path, run="abcdef0123456")
    first.write(pieces(noise(500)), START_NS)
    second.write(pieces(noise(500)), START_NS)
    assert first.failing is None and "another core already records" in second.failing
    first.close(START_NS)
    second.write(pieces(noise(500), 500), START_NS + 6 * S)
    assert second.failing is None
    second.close(START_NS)


FULL_DISK = """
import resource, sys
from pathlib import Path
from waveform_desk import *
writer = writer_of(Path(sys.argv[1]))
for second in range(20):
    if second == 5:
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
    if second == 15:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    writer.write(pieces(noise(1000, second), 1000 * second), START_NS + 4 * second * S)
    print(second, writer.failing)
writer.close(START_NS + 99 * S)
print(sum(e.body["count"] for e in writer.entries if e.kind == "finding"))
"""


def test_a_disk_that_fills_up_loses_only_what_did_not_fit_and_is_got_over(tmp_path):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), str(Path.cwd())])}
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path)],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    *lines, lost = done.stdout.splitlines()
    failed = [line for line in lines if "File too large" in line]
    assert failed and not lines[-1].endswith("large") and lines[4] == "4 None"
    strip = Recording(tmp_path).read("ward.1", 0, 20_000)
    assert strip.damage == ()
    seconds = [second for second in range(20) if strip.stored[1000 * second : 1000 * second + 1000].all()]
    assert {0, 1, 2, 3, 4, 19} <= set(seconds) and len(seconds) < 20
    for second in seconds:
        assert np.allclose(strip.x[:, 1000 * second : 1000 * second + 1000], noise(1000, second), atol=0.001)
    assert int(lost) >= 20_000 - strip.stored.sum() > 0


def test_a_disk_that_hangs_keeps_nobody_waiting(tmp_path):
    """A pipe in the place of the lock file: opening it blocks until somebody reads."""
    lock = tmp_path / "recording.lock"
    os.mkfifo(lock)
    recorder = WaveformRecorder(tmp_path, RUN, ROOMY, nothing_known, START_NS)
    one_second = pieces(noise(FS_HZ))
    began, second = time.perf_counter(), 0
    while recorder.failing is None:
        recorder.take(one_second)
        recorder.turn(START_NS + second * S, {}, ())
        second += 1
    assert "has not answered" in recorder.failing and second <= 15
    for _ in range(MAX_WAITING_N // FS_HZ + 5):
        recorder.take(one_second)
    recorder.turn(START_NS + second * S, {}, ())
    assert time.perf_counter() - began < 5.0
    with lock.open("rb"):
        entries = recorder.close(START_NS + 60 * S)
    lost = sum(entry.body["count"] for entry in entries if entry.kind is EntryKind.FINDING)
    assert lost >= 5 * FS_HZ and recorder.failing is None
