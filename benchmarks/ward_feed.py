"""Devices for `beds.py`, in a process of their own: 12 leads at 500 Hz each, one connection a bed.

Prints a line once all are connected, waits for a line with the monotonic time (s) at which the first bed's
first sample is taken, and sends until it has sent `--seconds` of signal. Beds start spread evenly over one
hop, as no ward's devices are switched on in the same moment. Signals are made beforehand, so that sending
costs little: each patient's minute is repeated.
"""

import argparse
import sys
import time
from dataclasses import replace

import msgpack
import zmq

from engine.leads import LEADS
from monitor.endpoints import queue_length
from monitor.wire import Data, Hello, Session, encode
from monitor.wire.limits import CHUNK_S, HELLO_PERIOD_S
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story

SOURCE_HZ = 500
CHUNK_N = round(CHUNK_S * SOURCE_HZ)
LOOP_S = 60
_MORE = int(zmq.SNDMORE)
PATIENTS = (
    "sinus",
    "sinus",
    "sinus",
    "pvc",
    "sinus",
    "pac",
    "sinus",
    "af",
    "sinus",
    "lbbb",
    "sinus",
    "bigeminy",
)
"""Who lies in the beds, in turn."""


def chunks(preset: str, seed: int) -> list[Data]:
    """A patient's minute in messages."""
    x = Patient(Story((PRESETS[preset],), loop=True), seed=seed, fs_hz=SOURCE_HZ).read(LOOP_S * SOURCE_HZ)
    session = Session(hello_of(0))
    places = range(0, LOOP_S * SOURCE_HZ, CHUNK_N)
    return [session.data(x.samples[:, at : at + CHUNK_N]) for at in places]


def hello_of(number: int) -> Hello:
    """What a device says of itself."""
    return Hello(f"bench.{number}", f"device-{number}", LEADS, float(SOURCE_HZ), payload="int16")


class Device:
    """One bed's source: a session and a socket."""

    def __init__(
        self, context: zmq.Context, endpoint: str, number: int, n_beds: int, signal: list[Data]
    ) -> None:
        self.session = Session(hello_of(number))
        self.signal = signal
        self._topic, header, _ = encode(replace(signal[0], bed=self.session.hello.bed))
        self._header = msgpack.unpackb(header) | {"pub": self.session.hello.publisher}
        self.start_s = number / n_beds
        """Seconds after the first bed."""
        self.sent = 0
        self.socket = context.socket(zmq.XPUB)
        self.socket.setsockopt(zmq.SNDHWM, queue_length())
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.connect(endpoint)

    def greet(self) -> None:
        """Wait for the monitor, then describe the samples."""
        if not self.socket.poll(20_000):
            raise SystemExit("the monitor did not take up the connection")
        self.socket.recv()
        self.socket.send_multipart(encode(self.session.announce()))

    @property
    def due_s(self) -> float:
        """When the next chunk's last sample is taken."""
        return self.start_s + (self.sent + 1) * CHUNK_S

    def send(self) -> None:
        """Send the next chunk, and the hello where that is due."""
        self._header |= {"seq": self.sent, "first": self.sent * CHUNK_N, "t_pub": time.time_ns()}
        payload = self.signal[self.sent % len(self.signal)].payload
        for part in (self._topic, msgpack.packb(self._header)):
            self.socket.send(part, _MORE)  # `send_multipart` reckons with flags anew for each part
        self.socket.send(payload)
        self.sent += 1
        if self.sent % round(HELLO_PERIOD_S / CHUNK_S) == 0:
            self.socket.send_multipart(encode(self.session.announce()))


def main() -> None:
    """Feed one core."""
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoint")
    parser.add_argument("--beds", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    arguments = parser.parse_args()
    signals = [chunks(preset, seed) for seed, preset in enumerate(PATIENTS)]
    context = zmq.Context()
    context.set(zmq.MAX_SOCKETS, 4096)
    devices = [
        Device(context, arguments.endpoint, number, arguments.beds, signals[number % len(signals)])
        for number in range(arguments.beds)
    ]
    for device in devices:
        device.greet()
    print("connected", flush=True)
    start_s = float(sys.stdin.readline())
    in_turn = sorted(devices, key=lambda device: device.due_s % CHUNK_S)
    late_s = 0.0
    for turn in range(round((arguments.seconds + 1) / CHUNK_S)):
        for device in in_turn:
            if device.start_s >= (turn + 1) * CHUNK_S:
                continue  # its first sample comes later
            wait_s = start_s + device.due_s - time.monotonic()
            if wait_s > 0.002:
                time.sleep(wait_s)
            late_s = max(late_s, -wait_s)
            device.send()
    used = time.process_time()
    print(f'{{"cpu_s": {used:.2f}, "latest_s": {late_s:.3f}}}', flush=True)
    sys.stdin.readline()  # connections stay until everything was read


if __name__ == "__main__":
    main()
