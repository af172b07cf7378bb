"""The device SDK: samples in, ECGM/1 out.

with Publisher("tcp://127.0.0.1:7310", "icu.3", leads=["I", "II", "V1"], fs_hz=500) as publisher:
    while True:
        publisher.send(read_samples())  # (3, n) millivolts, some 40 ms at a time
"""

import time
from collections.abc import Callable, Iterable, Sequence
from types import TracebackType
from typing import Literal

from engine.arrays import F32
from engine.errors import WireError
from monitor.endpoints import DATA
from monitor.wire import Flag, Hello, Session, bed_name, encode
from monitor.wire.limits import CHUNK_S
from simulators.link import Link

Through = Callable[[list[bytes]], Iterable[list[bytes]]]
"""What happens to a data message on its way: a fault."""


class Publisher:
    """One bed's source. Use it from one thread; heartbeats and hellos go on while that thread is busy.

    Parameters
    ----------
    endpoint, bed : str
        Where the monitor listens (or, with `bind`, where this publisher does), and `unit.bed`.
    leads : sequence of str
        Channel names in the order of the samples' rows, in any common spelling.
    fs_hz : float
        100 to 2000.
    unit : str
        Unit of what `send` is given: V, mV, uV or nV; NU if the amplitude is unknown.
    payload : "float32" or "int16"
        On the wire; int16 takes half the room at `gain_uv` microvolts per step (1 if not given).
    serial : str
        Of the device: with it a rebooted device takes its bed over at once, otherwise after 3 s of silence.
    lossless : bool
        Wait for a slow monitor instead of dropping samples: for recordings, never for patients.
    through : callable
        Applied to every encoded data message; gives the messages that are really sent.
    """

    def __init__(
        self,
        endpoint: str = DATA,
        bed: str = "ward.1",
        *,
        leads: Sequence[str],
        fs_hz: float,
        unit: str = "mV",
        payload: Literal["float32", "int16"] = "float32",
        gain_uv: Sequence[float] = (),
        offset_uv: Sequence[float] = (),
        flags: Flag = Flag.NONE,
        device: str = "",
        serial: str = "",
        patient: str = "",
        filters: str = "",
        bind: bool = False,
        insecure: bool = False,
        lossless: bool = False,
        chunk_s: float = CHUNK_S,
        through: Through | None = None,
    ) -> None:
        hello = Hello(
            bed=bed_name(bed),
            publisher="",
            leads=tuple(leads),
            fs_hz=fs_hz,
            unit=unit,
            payload=payload,
            gain_uv=tuple(gain_uv),
            offset_uv=tuple(offset_uv),
            flags=flags,
            device=device,
            serial=serial,
            patient=patient,
            filters=filters,
        )
        self.session = Session(hello)
        self._through = through
        self._started_ns = 0
        self._link = Link(self.session, endpoint, bind, insecure, lossless, chunk_s)
        self.endpoint = self._link.endpoint
        """Where it really is: with `bind` and port 0, the port that was free."""

    @property
    def monitors(self) -> int:
        """Number of monitors that are listening."""
        return self._link.subscribers

    def wait_for_monitor(self, timeout_s: float | None = None) -> bool:
        """Wait until a monitor listens; tell whether one does."""
        return self._link.subscribed.wait(timeout_s)

    def send(self, samples: F32, lead_off: int = 0, device_ns: int | None = None) -> None:
        """Send (n_leads, n) samples, NaN where invalid; bit i of `lead_off` says that lead i is detached.

        `device_ns` is the device's clock at the first sample; without it, samples tell the time.
        """
        now_ns = time.time_ns()
        self._started_ns = self._started_ns or now_ns
        if device_ns is None:
            elapsed_s = self.session.next_sample / self.session.hello.fs_hz
            device_ns = self._started_ns + round(elapsed_s * 1e9)
        parts = encode(self.session.data(samples, lead_off, device_ns, now_ns))
        for message in [parts] if self._through is None else self._through(parts):
            self._link.send(message)

    def skip(self, n_samples: int) -> None:
        """Leave out samples that the device lost: the monitor shows a gap."""
        self.session.skip(n_samples)

    def close(self, reason: str = "") -> None:
        """Say bye and close; a monitor then knows that this is no failure."""
        self._link.close(reason)

    def __enter__(self) -> "Publisher":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self.close("" if kind is None else kind.__name__)
        except WireError:
            if error is None:
                raise
