"""The commands as a user starts them: whole processes, real signals, real sockets."""

import json
import signal as signals
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from core_bedside import signal

from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.cli import main
from monitor.core.child import CoreChild
from monitor.feed import FeedReader
from monitor.journal.entry import EntryKind
from monitor.journal.journal import Journal
from monitor.update import BedUpdate
from simulators.publisher import Publisher

FREE = "tcp://127.0.0.1:0"
ECG_MONITOR = [sys.executable, "-m", "monitor"]
PATIENCE_S = 20.0


@contextmanager
def process(*words, **about):
    child = subprocess.Popen(
        [*ECG_MONITOR, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **about
    )
    try:
        yield child
    finally:
        child.kill()
        child.communicate()


def headless(journal, *options):
    return [
        "listen",
        FREE,
        "--headless",
        "--feed",
        FREE,
        "--commands",
        FREE,
        "--journal",
        str(journal),
        *options,
    ]


def ready(child):
    return json.loads(child.stdout.readline())


def play(where, seconds=12):
    """Send a patient and wait until the core has assessed it."""
    x = signal("tachycardia")[:, : seconds * FS_HZ]
    with FeedReader(where["feed"]) as feed:
        with Publisher(where["data"], leads=LEADS, fs_hz=FS_HZ, lossless=True) as publisher:
            assert publisher.wait_for_monitor(PATIENCE_S)
            for start in range(0, x.shape[1], 25):
                publisher.send(x[:, start : start + 25])
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for value in feed.poll(0.5):
                if isinstance(value, BedUpdate) and value.end_sample == x.shape[1]:
                    return
    raise AssertionError("the core never assessed what was sent")


@pytest.mark.parametrize(("number", "code"), [(signals.SIGINT, 130), (signals.SIGTERM, 0)])
def test_a_signal_in_the_middle_loses_nothing_and_leaves_no_traceback(tmp_path, number, code):
    with process(*headless(tmp_path)) as child:
        play(ready(child))
        child.send_signal(number)
        out, err = child.communicate(timeout=PATIENCE_S)
    assert (child.returncode, out, err) == (code, "", "")
    with Journal(tmp_path) as journal:
        names = {entry.body["alarm"]["name"] for entry in journal.entries(EntryKind.ALARM)}
        assert "heart_rate_high" in names
        assert list(journal.entries())[-1].kind is EntryKind.STOP
        journal.verify()


def test_after_kill_9_everything_recorded_is_there(tmp_path):
    with process(*headless(tmp_path)) as child:
        play(ready(child))
        child.kill()
        child.communicate()
    with Journal(tmp_path) as journal:
        assert "heart_rate_high" in {e.alarm.name for e in journal.open_alarms()["ward.1"]}
        journal.verify()


def test_the_core_needs_neither_torch_nor_what_draws_or_reads_records(tmp_path):
    heavy = ("torch", "textual", "wfdb", "pandas", "matplotlib", "heartpy", "scipy.signal", "rich")
    code = (
        "import sys, monitor.cli\n"
        f"monitor.cli.main({headless(tmp_path)!r})\n"
        f"sys.exit(str([m for m in {heavy!r} if m in sys.modules]))\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        play(ready(child), seconds=11)
        child.send_signal(signals.SIGTERM)
        _, err = child.communicate(timeout=PATIENCE_S)
    assert err.strip() == "[]"


def test_a_core_ends_with_its_parent(tmp_path):
    core = CoreChild([FREE, "--feed", FREE, "--commands", FREE, "--journal", str(tmp_path)])
    try:
        core.process.stdin.close()
        core.process.stdin = None
        assert core.process.wait(PATIENCE_S) == 0
        assert not core.alive
    finally:
        core.close()


def test_a_core_that_cannot_start_says_why_to_its_parent(tmp_path):
    with (
        CoreChild([FREE, "--feed", FREE, "--commands", FREE, "--journal", str(tmp_path)]) as core,
        pytest.raises(ConfigurationError, match="in use"),
    ):
        CoreChild([core.data, "--feed", FREE, "--commands", FREE, "--journal", str(tmp_path / "2")])


def test_json_lines_of_a_whole_monitor_and_its_end(tmp_path):
    words = ["listen", FREE, "--feed", FREE, "--commands", FREE, "--journal", str(tmp_path), "--json"]
    with process(*words) as child:
        first = json.loads(child.stdout.readline())
        child.send_signal(signals.SIGINT)
        _, err = child.communicate(timeout=PATIENCE_S)
    assert first["type"] == "status"
    assert (child.returncode, err) == (130, "")


def test_the_death_of_the_core_is_said_and_an_error(tmp_path):
    import psutil

    words = ["listen", FREE, "--feed", FREE, "--commands", FREE, "--journal", str(tmp_path), "--json"]
    with process(*words) as child:
        child.stdout.readline()
        psutil.Process(child.pid).children()[0].kill()
        out, err = child.communicate(timeout=PATIENCE_S)
    assert json.loads(out.splitlines()[-1])["type"] == "core_ended"
    assert child.returncode == 2
    assert "core has died" in err and "Traceback" not in err


@pytest.mark.parametrize("words", [["listen"], ["view"], ["demo"]])
def test_without_a_terminal_the_other_ways_are_named(words):
    with process(*words, stdin=subprocess.DEVNULL) as child:
        out, err = child.communicate(timeout=PATIENCE_S)
    assert (child.returncode, out) == (2, "")
    assert "--plain" in err and "--json" in err and len(err.strip().splitlines()) == 1


def test_a_terminal_that_cannot_draw_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("TERM", "dumb")
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    assert main(["listen"]) == 2
    assert "TERM=dumb" in capsys.readouterr().err


def test_the_demo_runs_and_leaves_nothing_behind(tmp_path):
    import psutil

    with process("demo", "--json", "--speed", "4", "--journal", str(tmp_path)) as child:
        for line in child.stdout:
            value = json.loads(line)
            if value["type"] == "update" and value["end_sample"] >= 3 * FS_HZ:
                break
        family = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signals.SIGINT)
        _, err = child.communicate(timeout=PATIENCE_S)
    assert len(family) == 2
    assert (child.returncode, err) == (130, "")
    assert psutil.wait_procs(family, 0)[1] == []
    assert (tmp_path / "journal.sqlite3").is_file()


@pytest.mark.parametrize("number", [signals.SIGTERM, signals.SIGHUP, signals.SIGKILL])
def test_however_the_demo_ends_nothing_outlives_it(tmp_path, number):
    import psutil

    with process("demo", "--json", "--journal", str(tmp_path)) as child:
        for line in child.stdout:
            if json.loads(line)["type"] == "update":
                break
        family = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(number)
        child.communicate(timeout=PATIENCE_S)
    assert len(family) == 2
    assert psutil.wait_procs(family, PATIENCE_S)[1] == []


def test_a_story_that_is_none_is_said_instead_of_shown(tmp_path):
    with process("demo", "--json", "--story", str(tmp_path / "nothing.toml")) as child:
        _, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 2
    assert err.startswith("ecg-monitor: no story") and "Traceback" not in err


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["listen", "--headless", "--hop", "60"], "a hop of 60 s"),
        (["listen", "--json", "--hop", "nan"], "a hop of nan s"),
        (["listen", "--plain", "--threads", "-1"], "--threads -1: give 1 to"),
        (["listen", "--plain", "--readers", "9"], "--readers 9: give 0 to 8"),
        (["analyze", "RECORD", "--threads", "100000"], "--threads 100000: give 1 to"),
        (["analyze", "RECORD", "--hop", "0"], "a hop of 0 s"),
        (["analyze", "RECORD", "--map", "nowhere/map.npz"], "--map nowhere/map.npz: no folder nowhere"),
        (["view", "--json", "--commands", "there"], "'there' is no endpoint"),
        (["bench", "startup", "--seconds", "0"], "--seconds 0: give"),
    ],
)
def test_a_wrong_option_is_refused_before_anything_starts(words, sentence, capsys):
    assert main(words) == 2
    captured = capsys.readouterr()
    assert captured.out == "" and captured.err.startswith(f"ecg-monitor: {sentence}")
    assert len(captured.err.splitlines()) == 1


def test_a_closed_pipe_ends_the_output_without_a_traceback():
    command = [*ECG_MONITOR, "analyze", *["nowhere/record"] * 5, "--json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        child.stdout.close()
        err = child.stderr.read()
    assert child.returncode == 128 + signals.SIGPIPE
    assert "Traceback" not in err and "BrokenPipe" not in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_does_not_fit_is_said():
    with Path("/dev/full").open("w") as full:
        command = [*ECG_MONITOR, "analyze", "nowhere/record", "--json"]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr and "Traceback" not in done.stderr


@pytest.mark.parametrize("words", [["--beds", "0"], ["--speed", "-1"], ["--seed", "-1"]])
def test_a_demo_that_cannot_begin_says_why(words):
    with process("demo", "--json", *words) as child:
        _, err = child.communicate(timeout=PATIENCE_S)
    assert child.returncode == 2
    assert err.startswith(f"ecg-monitor: {words[0]} {words[1]}: give") and len(err.splitlines()) == 1
