"""A bed on a stage: a closed-form ECG, values of the feed, a clock that stands still, the app around them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from datetime import UTC

import numpy as np
import pytest
from textual.pilot import Pilot

from engine.quality import LeadState
from engine.vitals import Vitals
from monitor.alarms.alarm import Alarm, Kind, Phase, Priority
from monitor.tui.app import MonitorApp
from monitor.tui.hand import Hand
from monitor.tui.picture import Places
from monitor.update import BedUpdate, CoreStatus, Coverage, Source, WaveChunk

FS_HZ = 250
T0_NS = 1_767_225_600_000_000_000  # 2026-01-01 00:00:00 UTC
AXIS = np.array([0.6, 1.0, 0.4, -0.8, 0.2, 0.7, -0.6, -0.8, 0.4, 1.1, 1.2, 0.9])
"""What each lead sees of the beat."""


def ecg(first: int, n: int) -> np.ndarray:
    """(12, n) mV: 75 beats a minute; rounded, so that no machine's last bit moves a dot."""
    t = ((np.arange(first, first + n) / FS_HZ) % 0.8)[None]
    bumps = (
        (0.2, 0.03, 0.12),
        (0.36, 0.012, -0.15),
        (0.4, 0.014, 1.0),
        (0.44, 0.012, -0.2),
        (0.62, 0.05, 0.3),
    )
    beat = sum(height * np.exp(-0.5 * ((t - at) / width) ** 2) for at, width, height in bumps)
    return np.round(AXIS[:, None] * beat, 3).astype(np.float32)


def chunk(second: int, bed: str = "ward.1", invalid: Iterable[int] = ()) -> WaveChunk:
    """One second of signal."""
    valid = np.ones((12, FS_HZ), bool)
    valid[list(invalid)] = False
    return WaveChunk(bed, second * FS_HZ, ecg(second * FS_HZ, FS_HZ), valid)


def alarm(number: int, text: str, priority: Priority, phase: Phase = Phase.ACTIVE, **more) -> Alarm:
    name = more.pop("name", "heart_rate_high")
    kind = more.pop("kind", Kind.PATIENT)
    bed = more.pop("bed", "ward.1")
    raised_ns = T0_NS + more.pop("at_s", 8) * 1_000_000_000
    return Alarm(number, bed, name, kind, priority, phase, text, 0, 0, raised_ns, **more)


def update(second: int, bed: str = "ward.1", **more) -> BedUpdate:
    """What the core says at the end of a second."""
    normal = BedUpdate(
        bed=bed,
        end_sample=second * FS_HZ,
        source=Source("live", "bedside-1", "P-0042", 500.0),
        vitals=Vitals(75.0, 800.0, 31.0, 0.4, 12),
        lead_states=(LeadState.OK,) * 12,
        quality=(1.0,) * 12,
        score=0.2,
        threshold=0.5,
        reason=None,
        spans=(),
        r_peaks=(),
        alarms=(),
        coverage=Coverage(97.0, 3.0, {"starting": 3.0}),
        latency_ms=38.0,
        time_ns=T0_NS + second * 1_000_000_000,
        pvc_per_min=0,
    )
    return replace(normal, **more)


def status(second: int, **more) -> CoreStatus:
    normal = CoreStatus(
        time_ns=T0_NS + second * 1_000_000_000,
        version="0.1.0",
        backend="onnx",
        beds=("ward.1",),
        journal="ok",
        latency_p50_ms=30.0,
        latency_p99_ms=60.0,
        alarms_per_bed_hour=1.2,
    )
    return replace(normal, **more)


class Scene:
    """The makers of values, for tests without an app."""

    T0_NS = T0_NS
    chunk = staticmethod(chunk)
    update = staticmethod(update)
    status = staticmethod(status)
    alarm = staticmethod(alarm)


class Script:
    """A feed that gives what the test puts into it."""

    def __init__(self) -> None:
        self.waiting: list = []

    def poll(self, timeout_s: float = 0.0) -> list:
        values, self.waiting = self.waiting, []
        return values


class Clerk:
    """Takes commands and remembers them."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []

    def acknowledge(self, bed: str, alarm_id: int | None = None) -> None:
        self.asked.append(("acknowledge", bed, alarm_id))

    def pause_audio(self, bed: str, pause: bool = True) -> None:
        self.asked.append(("pause_audio", bed, pause))

    def close(self) -> None:
        self.asked.append(("close",))


class Stage(Scene):
    """The app with its feed, its commands and its clock in the test's hands."""

    def __init__(self) -> None:
        self.now_ns = T0_NS
        self.alive = True
        self.clerk = Clerk()
        self.script = Script()
        self.hand = Hand(lambda: self.clerk)
        self.app = MonitorApp(
            self.script,
            self.hand,
            Places("tcp://127.0.0.1:7311", "tcp://127.0.0.1:7310"),
            core_alive=lambda: self.alive,
            now_ns=lambda: self.now_ns,
            zone=UTC,
        )

    def play(self, seconds: range, *, invalid: Iterable[int] = (), **more) -> None:
        """Let seconds of signal and news arrive, with time going on."""
        for second in seconds:
            self.now_ns = T0_NS + (second + 1) * 1_000_000_000
            self.tell(chunk(second, invalid=invalid), update(second + 1, **more), status(second + 1))

    def tell(self, *values) -> None:
        """Let values arrive now."""
        self.script.waiting += values
        self.app.frame()

    def settle_commands(self) -> None:
        """Wait until the commands given so far have been carried out."""
        self.hand._thread.submit(lambda: None).result(timeout=10)

    async def picture(self, pilot: Pilot) -> str:
        """The screen as plain text."""
        for _ in range(3):  # a layout that changes shows with the next look
            self.app.look()
            self.app.frame()
            await pilot.pause()
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


@pytest.fixture
def scene() -> type[Scene]:
    """Makers of values."""
    return Scene


@pytest.fixture
def on_stage() -> Callable[[Callable[[Stage, Pilot], Awaitable[None]]], None]:
    """Run an act: an async function of the stage and Textual's pilot."""

    def run(act: Callable[[Stage, Pilot], Awaitable[None]], size: tuple[int, int] = (120, 40)) -> None:
        async def play() -> None:
            stage = Stage()
            try:
                async with stage.app.run_test(size=size) as pilot:
                    await act(stage, pilot)
            finally:
                stage.hand.close()

        asyncio.run(play())

    return run
