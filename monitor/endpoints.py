"""Where sockets live, and the rule that nothing leaves this machine unless the operator says so."""

import errno
import ipaddress
import math
import os
import re
from typing import Any, Final

import zmq

from engine.errors import ConfigurationError
from monitor.wire.limits import CHUNK_S, MAX_MESSAGE_BYTES, QUEUE_S
from monitor.wire.topic import SUBSCRIPTION

DATA: Final = "tcp://127.0.0.1:7310"
"""Devices send samples here."""
FEED: Final = "tcp://127.0.0.1:7311"
"""Viewers subscribe here."""
COMMANDS: Final = "tcp://127.0.0.1:7312"
"""Viewers send commands here."""

_RECEIVE_BUFFER_BYTES: Final = 8 * 2**10
"""The kernel's share of the queue, kept small: its default would hide many seconds of stale signal."""
_TCP: Final = re.compile(r"tcp://(\[[^\]]+\]|[^:/\[\]]+):(\d{1,5}|\*)")


def check_endpoint(endpoint: str, insecure: bool = False) -> str:
    """Return `endpoint`, or refuse it: misspelt, or reachable from other machines without `--insecure`."""
    if re.fullmatch(r"(ipc|inproc)://.+", endpoint):
        return endpoint
    match = _TCP.fullmatch(endpoint)
    if match is None or (match[2] != "*" and int(match[2]) > 65535):
        raise ConfigurationError(
            f"{endpoint!r} is no endpoint: write tcp://HOST:PORT, for example {DATA}, or ipc://PATH"
        )
    if not insecure and not _is_loopback(match[1]):
        raise ConfigurationError(
            f"{endpoint} reaches beyond this machine, and nothing on the wire is encrypted or "
            "authenticated yet: use 127.0.0.1 (a tunnel, say ssh -L, carries it safely), or say --insecure"
        )
    return endpoint


def bind(socket: zmq.Socket[Any], endpoint: str, insecure: bool = False) -> str:
    """Bind and return the actual endpoint (port 0 or * picks a free one)."""
    check_endpoint(endpoint, insecure)
    try:
        socket.bind(endpoint)
    except zmq.ZMQError as error:
        raise ConfigurationError(_bind_sentence(endpoint, error)) from error
    return str(socket.getsockopt_string(zmq.LAST_ENDPOINT))


def connect(socket: zmq.Socket[Any], endpoint: str, insecure: bool = False) -> str:
    """Connect (the other side may appear later) and return the endpoint."""
    check_endpoint(endpoint, insecure)
    if endpoint.startswith("tcp://") and (
        endpoint.startswith("tcp://*") or re.search(r":(0+|\*)$", endpoint)
    ):
        raise ConfigurationError(f"cannot connect to {endpoint}: name one host and one port")
    try:
        socket.connect(endpoint)
    except zmq.ZMQError as error:
        raise ConfigurationError(f"cannot connect to {endpoint}: {error.strerror}") from error
    return endpoint


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _bind_sentence(endpoint: str, error: zmq.ZMQError) -> str:
    if error.errno == zmq.EADDRINUSE:
        return f"{endpoint} is in use, perhaps by another ecg-monitor: stop that one or choose another port"
    if error.errno in (zmq.EADDRNOTAVAIL, errno.ENODEV):
        return f"{endpoint} is no address of this machine: bind to 127.0.0.1 or to one of its own addresses"
    return f"cannot bind {endpoint}: {os.strerror(error.errno or 0)}; choose another endpoint"


def data_socket(context: zmq.Context[Any]) -> zmq.Socket[Any]:
    """Return a SUB socket for samples of all beds: bounded in message size and in seconds of queue."""
    socket: zmq.Socket[Any] = context.socket(zmq.SUB)
    socket.setsockopt(zmq.LINGER, 0)
    socket.setsockopt(zmq.MAXMSGSIZE, MAX_MESSAGE_BYTES)
    socket.setsockopt(zmq.RCVHWM, queue_length())
    socket.setsockopt(zmq.RCVBUF, _RECEIVE_BUFFER_BYTES)
    socket.setsockopt(zmq.SUBSCRIBE, SUBSCRIPTION)
    return socket


def receive(socket: zmq.Socket[Any]) -> list[bytes]:
    """Return a waiting message in a third of the time of `recv_multipart`; zmq.Again if none waits."""
    frame = socket.recv(zmq.NOBLOCK, copy=False)
    frames = [frame.bytes]
    while frame.more:
        frame = socket.recv(zmq.NOBLOCK, copy=False)
        frames.append(frame.bytes)
    return frames


def queue_length(chunk_s: float = CHUNK_S) -> int:
    """Messages of `chunk_s` that may wait at one end of a connection: old samples are worth less than new."""
    return max(8, math.ceil(QUEUE_S / chunk_s))
