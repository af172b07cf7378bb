"""What operators did while hours were recorded is done again when they are judged again."""

import json

import numpy as np
import pytest
from core_bedside import BED, S, signal
from waveform_desk import ROOMY, RUN, START_NS, nothing_known

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.alarms.limits import Limits
from monitor.cli import main
from monitor.core.orders import obey
from monitor.feed.request import Request
from monitor.journal.entry import Entry, EntryKind, alarm_entry, limits_entry
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader
from monitor.journal.replayhash import replay_hashes
from monitor.pipeline import Pipeline
from monitor.recording import Recording
from monitor.recording.recorder import WaveformRecorder
from monitor.update import Source
from monitor.whatif.operators import handlings
from monitor.whatif.setting import Setting, changed
from monitor.whatif.stored import stored_messages
from monitor.whatif.streamclock import StreamClock
from monitor.wire import Data, Hello, Session

STOPS = ("sinus", "asystole", "sinus", "asystole", "sinus")
EACH_S = 12.0


def lived(folder, x, scorer, asked, speed=1):
    """A journal with waveforms, of a core that was asked for things at seconds of the stream."""
    pipeline, waiting = Pipeline(scorer), sorted(asked.items())
    session = Session(Hello(BED, "boot-1", LEADS, float(FS_HZ)))
    with Journal(folder) as journal:
        journal.append([Entry(EntryKind.START, START_NS, {"version": "0", "run": RUN})])
        recorder = WaveformRecorder(folder / "waveforms", RUN, ROOMY, nothing_known, START_NS)
        pipeline.receive_message(session.announce(), START_NS)
        for start in range(0, x.shape[1], 25):
            end = min(start + 25, x.shape[1])
            now_ns = START_NS + end * S // FS_HZ // speed
            recorder.take(pipeline.receive_message(session.data(x[:, start:end], 0), now_ns))
            outcomes = []
            while more := pipeline.step(lambda at_ns=now_ns: at_ns):
                outcomes += more
            entries = [alarm_entry(event, one.evidence) for one in outcomes for event in one.events]
            while waiting and waiting[0][0] * FS_HZ <= end:
                request = Request(1, bed=BED, operator="nurse 1", **waiting.pop(0)[1])
                entries += obey(pipeline, request, now_ns, RUN).entries
            journal.append(entries + recorder.turn(now_ns, {BED: Source("live", fs_hz=FS_HZ)}, ()))
        recorder.take(pipeline.give(BED))
        journal.append([*recorder.close(now_ns), Entry(EntryKind.COVERAGE, now_ns, {}, BED)])
    return folder


def live_hash(folder):
    with JournalReader(folder) as journal:
        (one,) = replay_hashes(journal.entries())
    return one.sha256


def whatif(capsys, *words):
    assert main(["whatif", *map(str, words), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def hash_of(value, side="original"):
    return value["recordings"][0][side]["hash"]


@pytest.fixture(scope="module")
def stops(scorer, tmp_path_factory):
    """Two asystoles; the first, latched, is acknowledged when it is over, the second while it holds."""
    asked = {34.0: {"what": "acknowledge", "alarm_id": 1}, 35.0: {"what": "pause_audio"}}
    asked[46.5] = {"what": "acknowledge"}
    return lived(tmp_path_factory.mktemp("stops"), signal(*STOPS, seconds=EACH_S), scorer, asked)


def test_an_acknowledged_alarm_ends_as_it_did(stops, capsys):
    with JournalReader(stops) as journal:
        (first, *_) = journal.courses()
        assert [str(event.transition) for event in first.events] == [
            "raised", "latched", "acknowledged", "ended",
        ]  # fmt: skip
    value = whatif(capsys, stops, "--off", "pause")
    assert value["operators"] == {"acts": 3, "original": 3, "changed": 3}
    assert hash_of(value) == live_hash(stops)
    assert value["conditions"]["asystole"]["original"] == 2


def test_operators_can_be_left_out(stops, capsys):
    value = whatif(capsys, stops, "--off", "pause", "--no-operators")
    assert value["operators"] is None and hash_of(value) != live_hash(stops)
    assert main(["whatif", str(stops), "--off", "pause", "--no-operators"]) == 0
    assert "what operators did then was left out" in capsys.readouterr().out


def test_people_are_told_how_much_was_replayed(stops, capsys):
    assert main(["whatif", str(stops), "--off", "pause"]) == 0
    assert "3 acts of operators in the journal; replayed: 3 original, 3 changed" in capsys.readouterr().out


def test_the_moments_are_those_of_the_stream_however_fast_it_was_sent(scorer, tmp_path, capsys):
    asked = {34.0: {"what": "acknowledge", "alarm_id": 1}}
    lived(tmp_path, signal(*STOPS, seconds=EACH_S), scorer, asked, speed=20)
    value = whatif(capsys, tmp_path, "--off", "pause")
    assert hash_of(value) == live_hash(tmp_path) and value["operators"]["original"] == 1


def test_limits_that_were_set_count_unless_they_are_tried(scorer, tmp_path, capsys):
    asked = {3.0: {"what": "set_limits", "limits": {"high_bpm": 200.0, "extreme_high_bpm": 220.0}}}
    lived(tmp_path, signal("tachycardia"), scorer, asked)
    value = whatif(capsys, tmp_path, "--limit", "high_bpm=110")
    high = value["conditions"]["heart_rate_high"]
    assert (high["original"], high["changed"], high["gained"]) == (0, 1, 1)
    assert "heart_rate_extreme_high" not in value["conditions"]  # which was not tried
    assert hash_of(value) == live_hash(tmp_path)
    value = whatif(capsys, tmp_path, "--limit", "high_bpm=115", "--no-operators")
    assert value["conditions"]["heart_rate_high"]["original"] == 1


def test_what_cannot_be_done_again_is_counted(scorer, tmp_path, capsys):
    asked = {
        12.0: {"what": "acknowledge"},
        14.0: {"what": "baseline", "action": "relearn"},
        16.0: {"what": "set_limits", "limits": {"extreme_high_bpm": 135.0}},
    }
    lived(tmp_path, signal("tachycardia"), scorer, asked)
    offs = ("heart_rate_high", "learned_anomaly", "swapped_electrodes")
    words = [word for name in offs for word in ("--off", name)]
    limits = ("--limit", "high_bpm=190", "--limit", "extreme_high_bpm=200")
    value = whatif(capsys, tmp_path, *words, *limits, "--no-baseline")
    assert value["operators"] == {"acts": 3, "original": 3, "changed": 1}


def test_limits_from_before_the_run_are_those_it_began_with(tmp_path):
    before, during = Limits(high_bpm=130.0), Limits(high_bpm=110.0)
    with Journal(tmp_path) as journal:
        journal.append([Entry(EntryKind.START, 1, {"run": "r1"}), limits_entry(before, "a", 2, BED)])
        journal.append([Entry(EntryKind.START, 3, {"run": "r2"}), limits_entry(during, "a", 4, BED)])
        found = handlings(journal.entries(light=True))
    assert [found[BED, run].limits for run in ("r1", "r2")] == [Limits(), before]


def test_tried_limits_stay_and_the_others_follow():
    setting = changed(Setting(), {"low_bpm": 45.0}, frozenset({"pause"}))
    asked = {"low_bpm": 55.0, "high_bpm": 130.0, "off": ["pvc_run"]}
    after = setting.limits_after(setting.limits, asked)
    assert (after.low_bpm, after.high_bpm, after.off) == (45.0, 130.0, {"pause", "pvc_run"})
    with pytest.raises(ConfigurationError, match="must lie below"):
        setting.limits_after(setting.limits, {"extreme_low_bpm": 50.0})


def test_a_clock_that_runs_unevenly_is_followed_between_known_moments():
    clock = StreamClock([(10 * S, 0), (11 * S, 5000), (13 * S, 5500), (12 * S, 4000)])
    assert [clock.sample_at(round(at * S)) for at in (9, 10, 10.5, 11, 12, 12.5, 14)] == [
        -250, 0, 2500, 5000, 5000, 5250, 5750,
    ]  # fmt: skip


def test_cuts_change_no_sample(stops):
    recording = Recording(stops / "waveforms")

    def sent(*cuts):
        data = [one for one in stored_messages(recording, BED, RUN, cuts) if isinstance(one, Data)]
        return [one.first_sample for one in data], np.concatenate([np.frombuffer(d.payload) for d in data])

    starts, whole = sent()
    cut_starts, cut = sent(0, 130, 131, 15_000, 10**9)
    assert set(cut_starts) - set(starts) >= {130, 131} and np.array_equal(whole, cut, equal_nan=True)
