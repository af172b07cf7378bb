"""The publisher behind one bed: who is in charge, in what order its samples lie, and how it is doing."""

from dataclasses import replace
from typing import Final, Literal

import numpy as np

from engine.arrays import Bools, frozen
from engine.grid import FS_HZ
from monitor import update
from monitor.frame import Frame
from monitor.intake.device_clock import DeviceClock, Stamp
from monitor.intake.samples import Samples
from monitor.intake.sequence import Sequence
from monitor.intake.tally import Finding, Tally
from monitor.intake.timeline import Piece, Timeline
from monitor.wire import Bye, Data, Flag, Hello, Layout, Message
from monitor.wire.limits import LOST_AFTER_S
from monitor.wire.run import Run

_LOST_NS: Final = int(LOST_AFTER_S * 1e9)
_MAX_LAYOUTS: Final = 8
_MAX_DEPOSED: Final = 16


class BedSource:
    """Everything the intake knows of one bed."""

    def __init__(self, bed: str) -> None:
        self.bed = bed
        self.tally = Tally()
        self._now_ns = 0
        self._publisher: str | None = None
        self._said_bye = False
        self._heard_ns = 0
        self._data_ns: int | None = None
        self._layouts: dict[str, Layout] = {}
        self._layout: Layout | None = None
        self._deposed: list[str] = []
        self._rival_since_ns = 0
        self._rival_ns: int | None = None
        self._sequence = Sequence(self._count)
        self._clock = DeviceClock(self._count)
        self._timeline: Timeline | None = None
        self._running: Layout | None = None
        self._lead_off: Bools = frozen(np.zeros(12, np.bool_))
        self._waiting: Run | None = None
        self.wanted = 0
        """Grid sample up to which nobody needs this bed's signal: until then messages may wait for their next
        ones, to be unpacked together (`give`)."""

    def accept(self, message: Message, now_ns: int) -> list[Samples]:
        """Take one message; raises `BadMessage` for one that contradicts the protocol or its own hello."""
        self._now_ns = now_ns
        if isinstance(message, Hello):
            self._remember(replace(message, sent_ns=0))
        if not self._in_charge(message):
            return []
        self._heard_ns = now_ns
        if isinstance(message, Bye):
            return self._say_bye()
        self._said_bye = False
        self._layout = self._layouts.get(message.publisher)
        if isinstance(message, Data):
            return self._take(message)
        return self.give() + self._give_out(self._sequence.settle())

    def accept_same(self, header: bytes, payload: bytes, now_ns: int) -> list[Samples] | None:
        """Take a message as received if it only goes on with those that wait; None of any other."""
        waiting = self._waiting
        if waiting is None or waiting.first.publisher != self._publisher:
            return None
        first_sample, times = waiting.next_sample, waiting.add_same(header, payload)
        if times is None:
            return None
        self._now_ns = self._heard_ns = now_ns
        self._note_time(first_sample, waiting.first.fs_hz, *times)
        return self._let_wait(waiting)

    def give(self) -> list[Samples]:
        """Give out the samples of messages that wait."""
        waiting, self._waiting = self._waiting, None
        if waiting is None or self._running is None:
            return []
        frame = self._running.frame(waiting.first, self._data_ns or 0, waiting.further)
        return self._give_out(self._sequence.push(frame))

    def state(self, now_ns: int) -> update.Source:
        """Describe the source as it stands."""
        hello = None if self._layout is None else self._layout.hello
        return update.Source(
            state="bye" if self._said_bye else self._liveness(now_ns),
            device=hello.device if hello else "",
            patient=hello.patient if hello else "",
            fs_hz=hello.fs_hz if hello else 0.0,
            absent=self._layout.lead_map.absent if self._layout else (),
            replayed=bool(hello and hello.flags & Flag.REPLAYED),
            simulated=bool(hello and hello.flags & Flag.SIMULATED),
            counters=dict(self.tally.counters),
            calibrated=self._layout is None or self._layout.calibrated,
        )

    def findings(self, now_ns: int) -> tuple[Finding, ...]:
        """Return what holds now or did within the last seconds."""
        recent = tuple(f for f in self.tally.recent(now_ns) if f.name != "two_publishers")
        if self._rival_is_live(now_ns):
            text = "another device publishes to this bed: its samples are refused while the first one lives"
            recent += (Finding("two_publishers", text),)
        alive = now_ns - self._heard_ns < _LOST_NS and not self._said_bye
        if alive and self._data_ns is not None and now_ns - self._data_ns >= _LOST_NS:
            recent += (Finding("no_samples", "the device is connected but sends no samples"),)
        return recent

    def _count(self, name: str, text: str) -> None:
        self.tally.count(name, text, self._now_ns)

    def _remember(self, hello: Hello) -> None:
        layout = self._layouts.get(hello.publisher)
        if layout is None or layout.hello != hello:
            layout = Layout.of(hello)
        self._layouts[hello.publisher] = layout
        while len(self._layouts) > _MAX_LAYOUTS:
            oldest = next(name for name in self._layouts if name != self._publisher)
            del self._layouts[oldest]

    # Who is in charge

    def _in_charge(self, message: Message) -> bool:
        if message.publisher == self._publisher:
            return True
        if isinstance(message, Bye):
            return False
        silent = self._said_bye or self._now_ns - self._heard_ns >= _LOST_NS
        if self._publisher is None or silent or self._is_reboot(message):
            self._take_over(message.publisher)
            return True
        if isinstance(message, Data):
            self._count("two_publishers", "another device publishes to this bed")
            if self._rival_ns is None or self._now_ns - self._rival_ns >= _LOST_NS:
                self._rival_since_ns = self._now_ns
            self._rival_ns = self._now_ns
        return False

    def _is_reboot(self, message: Message) -> bool:
        """Tell whether this is the device in charge, started anew: its serial number says so."""
        layout = self._layouts.get(message.publisher)
        if layout is None or self._layout is None or message.publisher in self._deposed:
            return False
        return bool(layout.hello.serial) and layout.hello.serial == self._layout.hello.serial

    def _take_over(self, publisher: str) -> None:
        if self._publisher is not None and not self._said_bye:
            self._count("restart", "the bed has a new publisher: the device was restarted or replaced")
            self._deposed = [*self._deposed, self._publisher][-_MAX_DEPOSED:]
        self._publisher, self._layout, self._rival_ns = publisher, None, None

    def _rival_is_live(self, now_ns: int) -> bool:
        if self._rival_ns is None or now_ns - self._rival_ns >= _LOST_NS:
            return False
        return self._heard_ns >= self._rival_since_ns  # otherwise the first one may just have died

    def _liveness(self, now_ns: int) -> Literal["waiting", "live", "lost"]:
        if self._data_ns is None:
            return "waiting"
        return "live" if now_ns - self._data_ns < _LOST_NS else "lost"

    # What its samples become

    def _take(self, data: Data) -> list[Samples]:
        layout = self._layout
        if layout is None or layout.hello.layout != data.layout:
            self._count("waiting_for_hello", "samples came before the hello that describes them")
            return []
        layout.check(data)
        waiting = self._joined(layout, data)
        if waiting is not None:
            self._note_time(data.first_sample, data.fs_hz, data.device_ns, data.sent_ns)
            return self._let_wait(waiting)
        ended = self.give()
        frame = layout.frame(data, self._now_ns)
        if layout is not self._running:
            ended += self._begin(layout, frame)
        elif self._sequence.restarted(frame):
            self._count("restart", "the device counts its samples from the start again")
            ended += self._begin(layout, frame)
        self._note_time(data.first_sample, data.fs_hz, data.device_ns, data.sent_ns)
        return ended + self._give_out(self._sequence.push(frame))

    def _joined(self, layout: Layout, data: Data) -> Run | None:
        """Messages that wait, with this one; None if other than more of the same came since samples were last
        given out.
        """
        if layout is not self._running or self._timeline is None or self.wanted <= self._timeline.head:
            return None
        if self._waiting is None:
            return Run(data) if self._sequence.awaits(data.seq, data.first_sample) else None
        return self._waiting if self._waiting.add(data) else None

    def _let_wait(self, waiting: Run) -> list[Samples]:
        self._waiting = waiting
        if self._timeline is not None and self._timeline.head_after(waiting.n_samples) < self.wanted:
            return []
        return self.give()

    def _note_time(self, first_sample: int, fs_hz: float, device_ns: int, sent_ns: int) -> None:
        self._data_ns = self._now_ns
        self._clock.check(Stamp(first_sample, fs_hz, device_ns, sent_ns, self._now_ns))

    def _begin(self, layout: Layout, frame: Frame) -> list[Samples]:
        """Start a run of samples, later than the former one by as much time as has passed."""
        ended, grid_start = self._finish(), 0
        if self._timeline is not None and self._data_ns is not None:
            pause_s = (self._now_ns - self._data_ns) * 1e-9 - frame.duration_s
            grid_start = self._timeline.end + round(max(0.0, pause_s) * FS_HZ)
        self._running, self._timeline = layout, Timeline(frame.fs_hz, grid_start)
        self._sequence, self._clock = Sequence(self._count), DeviceClock(self._count)
        return ended

    def _say_bye(self) -> list[Samples]:
        rest = self._finish()
        self._said_bye, self._running = True, None
        return rest

    def _finish(self) -> list[Samples]:
        if self._timeline is None or self._running is None:
            return []
        rest = self.give() + self._give_out(self._sequence.settle())
        return rest + self._on_grid(self._timeline.finish(), self._now_ns)

    def _give_out(self, frames: list[Frame]) -> list[Samples]:
        pieces: list[Samples] = []
        for frame in frames:
            if self._timeline is not None:
                self._lead_off = frame.lead_off
                pieces += self._on_grid(self._timeline.push(frame), frame.arrived_ns)
        return pieces

    def _on_grid(self, pieces: list[Piece], arrived_ns: int) -> list[Samples]:
        running = self._running
        present = frozen(np.zeros(12, np.bool_) if running is None else running.lead_map.present)
        calibrated = running is None or running.calibrated
        return [
            Samples(
                self.bed, first, frozen(x), frozen(valid), self._lead_off, present, arrived_ns, calibrated
            )
            for first, x, valid in pieces
        ]
