import argparse
import threading
import time

import numpy as np
import pytest
import wfdb
import zmq

from engine.errors import ConfigurationError, RecordError
from monitor.endpoints import bind, data_socket
from monitor.intake import Intake
from monitor.records import read_record, to_messages
from monitor.wire import decode, encode
from simulators.commands import replay as command
from simulators.fault import Fault, FaultRates
from simulators.pace import Pace
from simulators.publisher import Publisher
from simulators.replay import replay


@pytest.fixture
def path(tmp_path):
    t = np.arange(7200) / 360
    wfdb.wrsamp(
        "rec", 360, ["mV", "mV"], ["MLII", "V1"], p_signal=np.stack([np.sin(t), np.cos(7 * t)], axis=1),
        fmt=["16", "16"], write_dir=str(tmp_path),
    )  # fmt: skip
    return tmp_path / "rec"


def arguments(*words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args([str(word) for word in words])


class Received(threading.Thread):
    """A monitor's intake on a real socket, until the source says bye."""

    def __init__(self):
        super().__init__()
        self.context = zmq.Context()
        self.socket = data_socket(self.context)
        self.endpoint = bind(self.socket, "tcp://127.0.0.1:0")
        self.intake, self.pieces = Intake(), []

    def run(self):
        while self.intake.source("ward.1", 0).state != "bye" and self.socket.poll(20_000):
            self.pieces += self.intake.accept(self.socket.recv_multipart(), time.monotonic_ns())
        self.context.destroy(linger=0)


@pytest.mark.parametrize("payload", ["float32", "int16"])
def test_what_arrives_is_to_the_bit_what_analyze_reads(path, payload, capsys):
    received = Received()
    received.start()
    assert (
        command.run(arguments(path, "--to", received.endpoint, "--speed", "max", "--payload", payload)) == 0
    )
    received.join()
    direct = Intake()
    pieces = [
        p
        for m in to_messages(read_record(path), "ward.1", payload=payload)
        for p in direct.accept_message(m, 0)
    ]
    assert np.array_equal(*(np.concatenate([p.x for p in ps], axis=1) for ps in (received.pieces, pieces)))
    assert received.intake.source("ward.1", 0).counters == {} and received.intake.source("ward.1", 0).replayed
    assert "absent: I, III" in capsys.readouterr().out


def test_each_chunk_leaves_at_its_absolute_deadline_and_loops_number_on(path):
    now, waits = [100.0], []

    def sleep(seconds):
        waits.append(seconds)
        now[0] += seconds + 0.001  # every sleep is late; the delays must not add up

    with Publisher("tcp://127.0.0.1:0", leads=["MLII", "V1"], fs_hz=360, bind=True) as publisher:
        steps = replay(read_record(path), publisher, Pace(2.0, lambda: now[0], sleep), loop=True, chunk_s=0.1)
        for step in steps:
            if step.round == 2:
                break
        assert publisher.session.next_sample == 2 * 7200 + 36
    assert now[0] - 100.0 == pytest.approx(20.0, abs=0.005)  # 40 s of signal at twice the speed
    assert step.position_s == pytest.approx(0.1) and step.sent_s == pytest.approx(40.1)


def test_it_waits_for_a_monitor_and_says_how_to_start_one(path, capsys):
    received = Received()
    endpoint = received.endpoint
    received.socket.unbind(endpoint)
    starter = threading.Timer(0.8, lambda: (bind(received.socket, endpoint), received.start()))
    starter.start()
    assert command.run(arguments(path, "--to", endpoint, "--speed", "max")) == 0
    received.join()
    assert f"start `ecg-monitor listen {endpoint}`" in capsys.readouterr().out
    assert received.pieces[-1].end_sample == 5000


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--speed", "0"], "--speed 0"),
        (["--speed", "fast"], "--speed fast"),
        (["--start", "a"], "MM:SS"),
        (["--chunk-ms", "1"], "5 to 1000"),
        (["--bed", "a b"], "no bed name"),
        (["--fault", "drop=2"], "drop=0.02"),
        (["--fault", "fire=0.1"], "drop=0.02"),
        (["--to", "tcp://10.0.0.1:1"], "--insecure"),
        (["--start", "1:00"], "lasts 20 s"),
    ],
)
def test_bad_options_name_the_cure(path, words, sentence):
    with pytest.raises((ConfigurationError, RecordError), match=sentence):
        command.run(arguments(path, *words))


def test_times_and_clocks():
    assert [command._seconds(text) for text in ("90", "1:30", "0:01:30.5")] == [90, 90, 90.5]
    assert command._clock(90.04) == "1:30.0"


@pytest.mark.parametrize(
    ("rates", "counters"),
    [
        (FaultRates(drop=0.05), {"messages_lost", "gap"}),
        (FaultRates(duplicate=0.1), {"duplicate"}),
        (FaultRates(reorder=0.1), {"reordered"}),
        (FaultRates(delay=0.05), {"messages_lost", "gap", "late"}),
    ],
)
def test_each_fault_is_recognised_and_the_same_for_the_same_seed(new_desk, new_device, rates, counters):
    signals = []
    for _ in range(2):
        fault, desk, device = Fault(rates, seed=5), new_desk(), new_device()
        desk.take(device.hello())
        for _ in range(300):
            for parts in fault(encode(device.data())):
                desk.take(decode(parts))
        assert set(desk.counters) == counters
        signals.append(desk.signal())
    assert signals[0] == signals[1] and all(index == value for index, value in signals[0])
