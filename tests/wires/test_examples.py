"""The vendor's examples in docs/ speak to a real intake."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import zmq

from monitor.endpoints import bind, data_socket
from monitor.intake import Intake

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"


def listen_to(command):
    """Run a publisher for 0.4 s of signal; return its bed's state and samples."""
    intake, pieces = Intake(), []
    with zmq.Context() as context, data_socket(context) as socket:
        endpoint = bind(socket, "tcp://127.0.0.1:0")
        with subprocess.Popen([*command, endpoint, "icu.7", "0.4"]) as process:
            while intake.source("icu.7", time.monotonic_ns()).state != "bye":
                assert socket.poll(20_000), "the example fell silent"
                pieces += intake.accept(socket.recv_multipart(), time.monotonic_ns())
        assert process.returncode == 0
    return intake, np.concatenate([piece.x for piece in pieces], axis=1)


def check(intake, x):
    t = 2 * np.pi * np.arange(100) / 250
    assert x.shape == (12, 100)
    assert np.abs(x[1] - np.sin(t))[10:-10].max() < 5e-3
    assert np.abs(x[6] - np.cos(t))[10:-10].max() < 5e-3
    assert intake.source("icu.7", 0).counters == {} and intake.counters == {}


def test_the_python_example():
    check(*listen_to([sys.executable, str(EXAMPLES / "publisher.py")]))


def test_the_c_example(tmp_path):
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    program = tmp_path / "publisher"
    source = str(EXAMPLES / "publisher.c")
    command = [compiler, "-std=c99", "-Wall", "-Werror", "-o", str(program), source, "-lzmq", "-lm"]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    if "zmq.h" in built.stderr or "-lzmq" in built.stderr:
        pytest.skip("needs libzmq and its headers (libzmq3-dev)")
    assert built.returncode == 0, built.stderr
    check(*listen_to([str(program)]))
