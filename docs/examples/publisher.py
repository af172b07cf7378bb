"""A two-lead device at 500 Hz that speaks ECGM/1 with nothing but pyzmq, msgpack and numpy.

python publisher.py [ENDPOINT [BED [SECONDS]]]
"""

import sys
import time
import uuid

import msgpack
import numpy as np
import zmq

endpoint, bed, seconds = (sys.argv[1:] + ["tcp://127.0.0.1:7310", "ward.1", "60"][len(sys.argv) - 1 :])[:3]
socket = zmq.Context().socket(zmq.XPUB)  # a PUB that hears of each monitor that subscribes
socket.setsockopt(zmq.XPUB_VERBOSE, 1)
socket.connect(endpoint)
common = {"v": [1, 0], "pub": uuid.uuid4().hex}  # random per boot


def control(kind, **fields):
    socket.send_multipart([f"ecg1c.{bed}.".encode(), msgpack.packb({**common, **fields, "type": kind})])


def hello():
    control("hello", leads=["II", "V1"], fs=500, unit="mV", payload="float32", layout=1, device="example")


socket.recv(), hello()  # wait for a monitor, and tell it what the samples are
for seq in range(int(float(seconds) * 25)):  # 25 messages of 20 samples are a second
    while socket.poll(0):
        socket.recv(), hello()  # a monitor that came late
    if seq % 25 == 0:
        control("heartbeat")
    if seq % 125 == 0:
        hello()
    t = (np.arange(20) + 20 * seq) / 500
    samples = np.stack([np.sin(2 * np.pi * t), np.cos(2 * np.pi * t)], axis=1)  # (20, 2) mV
    header = {**common, "seq": seq, "first": 20 * seq, "n": 20, "fs": 500, "layout": 1}
    socket.send_multipart([f"ecg1.{bed}.".encode(), msgpack.packb(header), samples.astype("<f4").tobytes()])
    time.sleep(0.04)
control("bye", reason="end of the example")
