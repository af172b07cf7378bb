"""The screen: takes in the feed, shows it, passes the operator's commands on. It decides nothing."""

import asyncio
import signal
import sys
import time
from collections.abc import Callable, Iterable
from datetime import tzinfo
from functools import partial
from typing import ClassVar, Final, Protocol

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from engine.errors import ConfigurationError
from monitor.feed import CommandClient, FeedReader, FeedValue
from monitor.tui.board import Board
from monitor.tui.boards import FILLS, MIN_ROWS, MIN_WIDTH
from monitor.tui.desk import Desk
from monitor.tui.hand import Hand
from monitor.tui.helppage import HELP, QUIT_QUESTION
from monitor.tui.page import Page
from monitor.tui.picture import Places
from monitor.tui.sweep import Sweep

FRAMES_HZ: Final = 30
BOARDS_HZ: Final = 8
STRIP: Final = ("strip-rate", "strip-state", "strip-alarms")
SIDE: Final = ("rate", "numbers", "state", "trend", "quality", "alarms", "facts")
SIDE_MIN_WIDTH: Final = 100
SIDE_MIN_ROWS: Final = 34
"""From this size on, the numbers stand beside the waves; below, above them."""


class Feed(Protocol):
    """Where values come from; `monitor.feed.FeedReader` is one."""

    def poll(self, timeout_s: float = 0.0) -> Iterable[FeedValue]:
        """Everything that has arrived."""


class MonitorApp(App[int]):
    """One operator's screen."""

    CSS_PATH = "monitor.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "acknowledge"),
        Binding("p", "pause_audio"),
        Binding("f,space", "freeze"),
        Binding("l", "layout"),
        Binding("g", "gain(-1)"),
        Binding("G", "gain(1)"),
        Binding("s", "speed(-1)"),
        Binding("S", "speed(1)"),
        Binding("left", "sideways(-1)"),
        Binding("right", "sideways(1)"),
        Binding("up", "select(-1)"),
        Binding("down", "select(1)"),
        Binding("escape", "select(0)"),
        Binding("b", "next_bed"),
        Binding("0", "all_beds"),
        *(Binding(str(n), f"bed({n})") for n in range(1, 10)),
        Binding("question_mark", "help"),
        Binding("q", "leave"),
        Binding("ctrl+c,ctrl+q", "leave_at_once", priority=True),
    ]

    def __init__(
        self,
        feed: Feed,
        hand: Hand,
        places: Places,
        *,
        core_alive: Callable[[], bool] = lambda: True,
        now_ns: Callable[[], int] = time.time_ns,
        zone: tzinfo | None = None,
    ) -> None:
        super().__init__()
        self._feed = feed
        self._hand = hand
        self._core_alive = core_alive
        self._now_ns = now_ns
        self.desk = Desk(places, now_ns(), zone)
        self._sweep = Sweep()
        self._boards = {name: Board(name) for name in FILLS}

    def compose(self) -> ComposeResult:
        """Boards around the waves."""
        boards = self._boards
        yield boards["header"]
        yield boards["banner"]
        yield boards["notices"]
        with Horizontal(id="strip"):
            yield from (boards[name] for name in STRIP)
        with Horizontal(id="middle"):
            yield self._sweep
            yield boards["overview"]
            with Vertical(id="side"):
                yield from (boards[name] for name in SIDE)
        yield boards["tiny"]
        yield boards["keys"]

    def on_mount(self) -> None:
        """Start the two beats of the screen: the waves, and everything else."""
        if (
            not self.is_headless
        ):  # a closed window or a kill ends the command in order, with all it has started
            for number in (signal.SIGHUP, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self.exit, 0)
        self.set_interval(1 / FRAMES_HZ, self.frame)
        self.set_interval(1 / BOARDS_HZ, self.look)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the arrangement for this size."""
        width, rows = event.size
        tiny = width < MIN_WIDTH or rows < MIN_ROWS
        compact = not tiny and (width < SIDE_MIN_WIDTH or rows < SIDE_MIN_ROWS)
        for name, on in (("tiny", tiny), ("compact", compact), ("wide", width >= 160), ("tall", rows >= 40)):
            self.screen_stack[0].set_class(on, name)
        self.call_after_refresh(self.look)

    def frame(self) -> None:
        """Take in what has arrived and move the waves on."""
        now_ns = self._now_ns()
        self.desk.take(self._feed.poll(0.0), now_ns)
        sweep = self._sweep
        if sweep.size.width and sweep.size.height:
            ring, marks, end, sweeping = self.desk.waves()
            dress = self.desk.dress(now_ns, sweep.page_s, *sweep.size)
            sweep.show(dress, ring, marks, end, sweeping=sweeping)

    def look(self) -> None:
        """Bring the boards up to date and sound what must sound."""
        if not self.screen_stack:
            return  # a last beat, after the screens have gone
        now_ns = self._now_ns()
        self.desk.alive = self._core_alive()
        if (answer := self._hand.said()) is not None:
            self.desk.say(answer, now_ns)
        moment = self.desk.moment(now_ns)
        self._reveal(self._boards["notices"], bool(moment.core and moment.core.banners))
        self._reveal(self._boards["overview"], self.desk.controls.all_beds)
        self._reveal(self._sweep, not self.desk.controls.all_beds)
        self.screen_stack[0].set_class(self.desk.controls.all_beds, "all-beds")
        for name, board in self._boards.items():
            if board.size.width and board.size.height:
                board.show(FILLS[name](moment, *board.size))
        if self.desk.rings(now_ns):
            self.bell()

    def _reveal(self, widget: Widget, on: bool) -> None:
        if widget.display != on:
            widget.display = on
            self.call_after_refresh(self.look)

    # Keys

    def action_acknowledge(self) -> None:
        """Acknowledge the selected alarm, or all of the bed."""
        if self.desk.bed:
            self._hand.acknowledge(self.desk.bed.bed, self.desk.selected_alarm)

    def action_pause_audio(self) -> None:
        """Silence the alarm sound for two minutes, or end that."""
        now_ns = self._now_ns()
        if not self.desk.pause_screen_audio(now_ns) and self.desk.bed:
            self._hand.pause_audio(self.desk.bed.bed, self.desk.bed.paused_s(now_ns) <= 0)

    def action_freeze(self) -> None:
        """Freeze the waves, or let them go."""
        self.desk.freeze()

    def action_layout(self) -> None:
        """Share the wave area in another way."""
        self.desk.controls = self.desk.controls.next_layout()

    def action_gain(self, step: int) -> None:
        """Draw the waves larger or smaller."""
        self.desk.controls = self.desk.controls.step_gain(step)

    def action_speed(self, step: int) -> None:
        """Sweep faster or slower."""
        self.desk.controls = self.desk.controls.step_speed(step)

    def action_sideways(self, step: int) -> None:
        """Scroll the still, or turn to another lead."""
        self.desk.sideways(step)

    def action_select(self, step: int) -> None:
        """Select another alarm; with 0, none."""
        self.desk.select_alarm(step)

    def action_next_bed(self) -> None:
        """Turn to the next bed."""
        names = self.desk.view.names
        if names and self.desk.bed:
            at = names.index(self.desk.bed.bed)
            self.action_bed((at + 1) % len(names) + 1)

    def action_bed(self, number: int) -> None:
        """Turn to a bed by its place in the top line."""
        names = self.desk.view.names
        if number <= len(names):
            self.desk.controls = self.desk.controls.show_bed(names[number - 1])

    def action_all_beds(self) -> None:
        """Show all beds at a glance, or the one again."""
        self.desk.controls = self.desk.controls.toggle_all_beds()

    def action_help(self) -> None:
        """Show the page of keys and signs."""
        self.push_screen(Page(HELP))

    def action_leave(self) -> None:
        """Leave; ask first while an alarm stands unacknowledged."""
        if self.desk.alarms_stand:
            self.push_screen(Page(QUIT_QUESTION), self._leave_if)
        else:
            self.exit(0)

    def _leave_if(self, yes: bool | None) -> None:
        if yes:
            self.exit(0)

    def action_leave_at_once(self) -> None:
        """Leave without a question."""
        self.exit(0)


def run(
    feed_endpoint: str,
    command_endpoint: str,
    *,
    data_endpoint: str = "",
    core_alive: Callable[[], bool] = lambda: True,
    operator: str = "",
    insecure: bool = False,
) -> int:
    """Show the core behind these endpoints until the operator quits; return the exit code."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):  # drawn on stderr
        raise ConfigurationError(
            "the screen needs a terminal, and this is none: use --plain for a page of text, "
            "or --json for other programs"
        )
    connect = partial(CommandClient, command_endpoint, operator=operator, insecure=insecure)
    hand = Hand(connect)
    try:
        with FeedReader(feed_endpoint, insecure=insecure) as feed:
            places = Places(feed=feed_endpoint, data=data_endpoint or "its data endpoint")
            return MonitorApp(feed, hand, places, core_alive=core_alive).run() or 0
    finally:
        hand.close()
