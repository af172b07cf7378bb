import threading
import time

import numpy as np
import pytest
import zmq

from engine.errors import ConfigurationError, WireError
from monitor.endpoints import bind, connect, data_socket
from monitor.intake import Intake
from monitor.wire import Bye, Data, Heartbeat, Hello, decode
from simulators.publisher import Publisher


@pytest.fixture
def monitor():
    with zmq.Context() as context:
        with data_socket(context) as socket:
            socket.setsockopt(zmq.RCVTIMEO, 20_000)
            yield socket
        context.destroy(linger=0)


def messages(socket):
    while True:
        message = decode(socket.recv_multipart())
        yield message
        if isinstance(message, Bye):
            return


def some(value=1.0, n=20):
    return np.full((2, n), value, np.float32)


def test_ten_lines_are_a_device(monitor):
    endpoint = bind(monitor, "tcp://127.0.0.1:0")
    with Publisher(endpoint, "icu.3", leads=["I", "II"], fs_hz=500, device="toy") as publisher:
        assert monitor.poll(20_000) and publisher.wait_for_monitor(20)
        for k in range(3):
            publisher.send(some(k))
    received = list(messages(monitor))
    assert isinstance(received[0], Hello) and received[0].device == "toy" and received[0].bed == "icu.3"
    data = [message for message in received if isinstance(message, Data)]
    assert [d.first_sample for d in data] == [0, 20, 40]
    assert [d.device_ns - data[0].device_ns for d in data] == [0, 40_000_000, 80_000_000]
    assert received[-1].reason == ""


def test_a_monitor_that_comes_late_hears_the_hello_at_once(monitor):
    with Publisher("tcp://127.0.0.1:0", leads=["I", "II"], fs_hz=250, bind=True) as publisher:
        publisher.send(some())
        assert not publisher.wait_for_monitor(0)
        connect(monitor, publisher.endpoint)
        assert publisher.wait_for_monitor(20)
        publisher.send(some())
        publisher.close("done")
        first, *_, last = messages(monitor)
    assert isinstance(first, Hello) and last.reason == "done"


def test_heartbeats_go_on_while_the_sender_is_busy(monitor):
    endpoint = bind(monitor, "tcp://127.0.0.1:0")
    with Publisher(endpoint, leads=["I", "II"], fs_hz=250):
        kinds = [type(decode(monitor.recv_multipart())) for _ in range(3)]
    assert Heartbeat in kinds


def test_it_counts_the_monitors_that_come_and_go(monitor):
    endpoint = bind(monitor, "tcp://127.0.0.1:0")
    with Publisher(endpoint, leads=["I", "II"], fs_hz=250) as publisher:
        assert monitor.poll(20_000) and publisher.wait_for_monitor(20) and publisher.monitors == 1
        monitor.close(linger=0)
        until = time.monotonic() + 20
        while publisher.monitors and time.monotonic() < until:
            threading.Event().wait(0.01)
        assert publisher.monitors == 0 and not publisher.wait_for_monitor(0)


def test_a_lossless_publisher_waits_for_a_slow_monitor(monitor):
    endpoint, n = bind(monitor, "tcp://127.0.0.1:0"), 3000

    def run():
        with Publisher(endpoint, leads=["I", "II"], fs_hz=250, lossless=True) as publisher:
            assert publisher.wait_for_monitor(20)
            for k in range(n):
                publisher.send(some(k % 7))

    thread = threading.Thread(target=run)
    thread.start()
    intake = Intake()
    samples = 0
    while intake.source("ward.1", 0).state != "bye":
        samples += sum(int(piece.valid[1].sum()) for piece in intake.accept(monitor.recv_multipart(), 0))
    thread.join()
    assert samples == 20 * n and intake.source("ward.1", 0).counters == {}


def test_without_a_monitor_samples_are_dropped_and_nothing_blocks():
    with Publisher("tcp://127.0.0.1:1", leads=["I", "II"], fs_hz=250) as publisher:
        for _ in range(500):
            publisher.send(some())


def test_errors_name_the_cure():
    with pytest.raises(ConfigurationError, match="--insecure"):
        Publisher("tcp://10.0.0.1:7310", leads=["I"], fs_hz=250)
    with Publisher("tcp://127.0.0.1:0", leads=["I", "II"], fs_hz=250, bind=True) as publisher:
        with pytest.raises(ConfigurationError, match="is in use"):
            Publisher(publisher.endpoint, leads=["I"], fs_hz=250, bind=True)
        with pytest.raises(ConfigurationError, match=r"\(n_leads, n_samples\)"):
            publisher.send(np.zeros((20, 2), np.float32))
    with pytest.raises(WireError, match="closed"):
        publisher.send(some())
    publisher.close()  # twice is once


def test_a_monitor_that_stalls_finds_seconds_of_signal_not_minutes(monitor):
    endpoint = bind(monitor, "tcp://127.0.0.1:0")
    with Publisher(endpoint, leads=[f"V{k}" for k in range(1, 7)], fs_hz=1000) as publisher:
        assert monitor.poll(20_000) and publisher.wait_for_monitor(20)
        for _ in range(60 * 25):
            publisher.send(np.zeros((6, 40), np.float32))
        publisher.close()
        n = 0
        while monitor.poll(300):
            n += len(monitor.recv_multipart()) == 3
    assert 25 <= n <= 6 * 25


def test_closing_delivers_what_a_slow_monitor_has_yet_to_read(monitor):
    endpoint = bind(monitor, "tcp://127.0.0.1:0")
    publisher = Publisher(endpoint, leads=["I", "II"], fs_hz=1000, lossless=True)
    assert monitor.poll(20_000) and publisher.wait_for_monitor(20)
    for _ in range(70):
        publisher.send(some(n=1000))  # more than the queues hold: some of it still waits when the end comes
    closing = threading.Thread(target=publisher.close, args=("end",))
    closing.start()
    data = [message for message in messages(monitor) if isinstance(message, Data)]
    closing.join()
    assert [message.seq for message in data] == list(range(70))


def test_closing_does_not_wait_for_a_monitor_that_hangs(monitor):
    endpoint = bind(monitor, "tcp://127.0.0.1:0")
    with Publisher(endpoint, leads=["I", "II"], fs_hz=1000, lossless=True) as publisher:
        assert monitor.poll(20_000) and publisher.wait_for_monitor(20)
        for _ in range(70):
            publisher.send(some(n=1000))
        begun = time.monotonic()
    assert time.monotonic() - begun < 10
