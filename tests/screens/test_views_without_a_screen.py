"""`--plain` and `--json`."""

import io
import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
import zmq
from rich.console import Console

from engine.quality import LeadState
from monitor.alarms.alarm import AlarmEvent, Phase, Priority, Transition
from monitor.feed import encode
from monitor.follow import CoreEnded, Silence, follow, to_the_end
from monitor.jsonlines import line_of, write_lines
from monitor.plain import print_lines


class Turns:
    """A feed that gives one list of values per poll, then says that the core has ended."""

    def __init__(self, *turns):
        self.turns = list(turns)

    def poll(self, timeout_s=0.0):
        return self.turns.pop(0) if self.turns else []

    def alive(self):
        return bool(self.turns)


@pytest.fixture
def values(scene):
    raised = scene.alarm(3, "HR 134 > 120", Priority.MEDIUM)
    acknowledged = replace(raised, phase=Phase.ACKNOWLEDGED, acknowledged_by="nurse 1")
    return [
        scene.status(0, beds=()),
        scene.chunk(0),
        scene.update(1, lead_states=(LeadState.OFF,) * 12, score=float("nan"), alarms=(raised,)),
        AlarmEvent(Transition.RAISED, raised, raised.raised_ns),
        scene.update(2, score=0.9),
        scene.update(2, score=0.9),
        scene.update(3, score=None, reason="noise"),
        AlarmEvent(Transition.ACKNOWLEDGED, acknowledged, raised.raised_ns),
    ]


def test_json_lines_are_whole_objects_with_words_for_enumerations(values):
    out = io.StringIO()
    feed = Turns(values, [])
    assert write_lines(feed, feed.alive, out) == 1
    lines = [json.loads(line) for line in out.getvalue().splitlines()]
    assert [line["type"] for line in lines] == [
        "status", "update", "alarm", "update", "update", "update", "alarm", "core_ended",
    ]  # fmt: skip
    assert lines[1]["lead_states"] == ["off"] * 12
    assert lines[1]["score"] is None
    assert lines[1]["alarms"][0]["priority"] == "medium"
    assert lines[2]["transition"] == "raised" and lines[2]["alarm"]["text"] == "HR 134 > 120"


def test_waveforms_are_not_printed_as_json(scene):
    assert line_of(scene.chunk(0)) is None


def test_plain_says_what_was_raised_before_anyone_looked(scene):
    raised = scene.alarm(3, "HR 134 > 120", Priority.MEDIUM)
    feed = Turns([scene.update(1, alarms=(raised,)), scene.update(2, alarms=(raised,))], [])
    console = Console(file=io.StringIO(), width=200)
    print_lines(feed, feed.alive, console)
    first, second, _ = console.file.getvalue().splitlines()
    assert first.endswith("1 alarm: HR 134 > 120") and second.endswith("1 alarm")


def test_plain_says_each_hop_and_event_once(values):
    out = io.StringIO()
    feed = Turns(values, [])
    console = Console(file=out, width=200, color_system=None)
    assert print_lines(feed, feed.alive, console, "tcp://127.0.0.1:7310") == 1
    text = out.getvalue()
    assert "waiting for a device at tcp://127.0.0.1:7310" in text
    assert "** " in text and "HR 134 > 120  raised (patient)" in text
    assert "acknowledged by nurse 1" in text
    assert text.count("ANOMALOUS") == 1
    assert "NOT ASSESSED (noise)" in text
    assert text.splitlines()[-1].startswith("*** THE CORE HAS ENDED")


def test_a_silence_is_said_once():
    clock = iter(range(100))
    feed = Turns([], [], [], [], [], [])
    said = list(follow(feed, feed.alive, lambda: float(next(clock))))
    assert [type(value) for value in said] == [Silence, CoreEnded]
    assert said[0].seconds > 3


def test_ctrl_c_ends_in_order():
    def interrupted():
        raise KeyboardInterrupt

    assert to_the_end(interrupted) == 130


@pytest.mark.parametrize("view", ["jsonlines", "plain"])
def test_a_closed_pipe_ends_the_view_without_a_traceback(view, scene):
    with zmq.Context() as context, context.socket(zmq.XPUB) as publisher:
        publisher.setsockopt(zmq.LINGER, 0)
        port = publisher.bind_to_random_port("tcp://127.0.0.1")
        program = f"import sys; from monitor import {view}; sys.exit({view}.run('tcp://127.0.0.1:{port}'))"
        child = subprocess.Popen(
            [sys.executable, "-c", program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ},
        )
        with child:
            assert publisher.poll(30_000) and publisher.recv()  # it has subscribed
            publisher.send_multipart(encode(scene.update(1)))
            assert child.stdout.readline()
            child.stdout.close()
            for second in range(2, 200):
                publisher.send_multipart(encode(scene.update(second)))
                try:
                    child.wait(0.05)
                    break
                except subprocess.TimeoutExpired:
                    continue
            assert child.wait(10) == 0
            assert child.stderr.read() == b""
