"""The recorder inside a running core: what it stores, and that its trouble is told and delays nobody."""

import os
import time

import numpy as np
import pytest
from core_bedside import signal

from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.alarms.alarm import AlarmEvent
from monitor.cli import main
from monitor.export.excerpt import excerpt, find_alarm
from monitor.feed import FeedReader
from monitor.journal.entry import EntryKind
from monitor.journal.reader import JournalReader
from monitor.recording import Recording
from monitor.recording.verification import verify
from monitor.update import BedUpdate, CoreStatus
from simulators.publisher import Publisher

PATIENCE_S = 30.0


def play(core, x, until):
    """Send a signal and gather what the feed says until it satisfies."""
    seen = []
    with FeedReader(core.feed) as feed:
        while not list(feed.poll(1.0)):
            pass
        with Publisher(core.data, leads=LEADS, fs_hz=FS_HZ, lossless=True, patient="p-9") as publisher:
            assert publisher.wait_for_monitor(PATIENCE_S)
            for start in range(0, x.shape[1], 25):
                publisher.send(x[:, start : start + 25])
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline:
                seen += feed.poll(0.2)
                if until(seen):
                    return seen
    raise AssertionError("the core never said it")


def assessed(n):
    return lambda seen: any(isinstance(v, BedUpdate) and v.end_sample == n for v in seen)


def raised(seen):
    return {value.alarm.name for value in seen if isinstance(value, AlarmEvent)}


def test_a_core_journals_what_its_minutes_came_to(run_core, tmp_path):
    x, journal = signal("tachycardia")[:, : 16 * FS_HZ], tmp_path / "journal"
    with run_core(journal) as core:
        play(core, x, assessed(x.shape[1]))
    with JournalReader(journal) as reader:
        (entry,) = reader.entries(EntryKind.TREND)
    body = entry.body
    assert (entry.bed, body["end_sample"], body["n_windows"]) == ("ward.1", x.shape[1], 16)
    assert body["heart_rate_bpm"] > 130 and body["assessed_share"] == 1
    assert all(level is not None and abs(level) < 0.5 for level in body["st_mv"])


def test_every_sample_is_stored_vouched_for_and_found_again_by_its_alarm(run_core, tmp_path):
    x, journal = signal("tachycardia")[:, : 16 * FS_HZ], tmp_path / "journal"
    with run_core(journal, record=journal / "waveforms") as core:
        play(core, x, assessed(x.shape[1]))
        run = core.waveforms.run
    strip = Recording(journal / "waveforms").read("ward.1", 0, x.shape[1], run)
    assert np.allclose(strip.x, x, atol=0.0006) and strip.about["patient"] == "p-9"
    with JournalReader(journal) as reader:
        verdict = verify(reader, journal / "waveforms")
        assert (verdict.faults, verdict.notes, verdict.n_segments) == ([], [], 1)
        kinds = [entry.kind for entry in reader.entries()]
        assert kinds[-1] is EntryKind.STOP and EntryKind.SEGMENT in kinds
        (story,) = [s for s in reader.stories() if s.raised.name == "heart_rate_high"]
        assert story.run == run
        shown = excerpt(find_alarm(reader, "ward.1", story.raised.id), journal / "waveforms", 0.0, 4.0)
    onset = story.raised.onset_sample
    assert np.allclose(shown.strip.x, x[:, onset : onset + 4 * FS_HZ], atol=0.0006)
    assert shown.holes == () and len(shown.r_peaks) >= 7


def test_a_recorder_that_cannot_write_is_alarmed_and_the_patient_s_alarms_go_on(run_core, tmp_path):
    folder = tmp_path / "waveforms"
    folder.write_text("in the way")
    x = signal("tachycardia")[:, : 16 * FS_HZ]

    def told(seen):
        banners = [banner for v in seen if isinstance(v, CoreStatus) for banner in v.banners]
        return {"recording_failing", "heart_rate_high"} <= raised(seen) and any(
            "RECORDING FAILING" in banner for banner in banners
        )

    with run_core(record=folder) as core:
        seen = play(core, x, told)
    texts = [v.alarm.text for v in seen if isinstance(v, AlarmEvent) and v.alarm.name == "recording_failing"]
    assert str(folder) in texts[0]


def test_a_disk_that_hangs_delays_no_alarm(run_core, tmp_path):
    """Opening a pipe blocks the recording thread until somebody reads: nobody does while we watch."""
    folder = tmp_path / "waveforms"
    folder.mkdir()
    os.mkfifo(folder / "recording.lock")
    x = signal("tachycardia")[:, : 16 * FS_HZ]
    with run_core(record=folder) as core:
        seen = play(core, x, assessed(x.shape[1]))
        reading = os.open(folder / "recording.lock", os.O_RDONLY | os.O_NONBLOCK)
    os.close(reading)
    assert "heart_rate_high" in raised(seen)
    assert Recording(folder).read("ward.1", 0, x.shape[1]).stored.all()  # nothing was lost in the end


def test_nothing_is_stored_unless_asked(run_core, tmp_path):
    x = signal("tachycardia")[:, : 11 * FS_HZ]
    with run_core(tmp_path / "j") as core:
        play(core, x, assessed(x.shape[1]))
    assert not list(tmp_path.rglob("*.hea"))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--keep-gb", "0"], "--keep-gb 0: give a number above 0, or say --no-record"),
        (["--keep-hours", "nan"], "--keep-hours nan: give a number above 0"),
        (["--record", "x", "--no-record"], "not allowed with"),
    ],
)
def test_wrong_limits_are_refused(words, sentence, capsys):
    assert main(["listen", "--headless", *words]) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and sentence in captured.err and len(captured.err.splitlines()) == 1
