"""The screen of review: passes keys to the desk, shows what the desk has. It decides nothing."""

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar, Final

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical

from monitor.review import details
from monitor.review.boards import FILLS, MIN_ROWS, MIN_WIDTH, Moment, said_lines
from monitor.review.desk import PAGE_STEPS, Desk
from monitor.review.filters import ALL, Filter
from monitor.review.helppage import HELP
from monitor.review.notepage import NotePage
from monitor.tui.board import Board
from monitor.tui.page import Page

LOOKS_HZ: Final = 8
REFRESH_S: Final = 2.0
SAID_FOR_S: Final = 6.0
READ_PER_S: Final = 12
"""Characters; a long answer stays longer."""
WIDE: Final = 150
TALL: Final = 34
PAGE_OF_ALARMS: Final = 10


class ReviewApp(App[int]):
    """One reviewer's screen."""

    CSS_PATH = "review.tcss"
    ENABLE_COMMAND_PALETTE = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "select(-1)"),
        Binding("down", "select(1)"),
        Binding("pageup", f"select(-{PAGE_OF_ALARMS})"),
        Binding("pagedown", f"select({PAGE_OF_ALARMS})"),
        Binding("left", "scroll(-1)"),
        Binding("right", "scroll(1)"),
        Binding("shift+left", f"scroll(-{PAGE_STEPS})"),
        Binding("shift+right", f"scroll({PAGE_STEPS})"),
        Binding("home", "jump(False)"),
        Binding("end", "jump(True)"),
        Binding("tab", "panel(1)", priority=True),
        Binding("shift+tab", "panel(-1)", priority=True),
        Binding("s", "zoom(-1)"),
        Binding("S", "zoom(1)"),
        Binding("g", "gain(-1)"),
        Binding("G", "gain(1)"),
        Binding("l", "leads"),
        Binding("comma", "lead(-1)"),
        Binding("full_stop", "lead(1)"),
        Binding("r", "ghost"),
        Binding("enter", "list"),
        Binding("b", "bed(1)"),
        Binding("B", "bed(-1)"),
        *(Binding(str(n), f"bed_number({n})") for n in range(10)),
        Binding("k", "kind(1)"),
        Binding("K", "kind(-1)"),
        Binding("t", "time(1)"),
        Binding("T", "time(-1)"),
        Binding("escape", "no_filter"),
        Binding("n", "note"),
        Binding("d", "details"),
        Binding("a", "no_acknowledging"),
        Binding("question_mark", "help"),
        Binding("q", "leave"),
        Binding("ctrl+c,ctrl+q", "leave", priority=True),
    ]

    def __init__(
        self, desk: Desk, banners: tuple[str, ...] = (), now: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self.desk = desk
        self._banners = banners
        self._now = now
        self._said, self._said_until = "", 0.0
        self._shown: object = None
        self._boards = {name: Board(name) for name in FILLS}

    def compose(self) -> ComposeResult:
        """The list and its details beside or above the picture."""
        boards = self._boards
        yield boards["header"]
        yield boards["banner"]
        with Container(id="middle"):
            with Vertical(id="left"):
                yield boards["list"]
                yield boards["detail"]
            with Vertical(id="right"):
                yield boards["title"]
                yield boards["picture"]
        yield boards["tiny"]
        yield boards["keys"]

    def on_mount(self) -> None:
        """Start looking, and following a journal that grows."""
        if not self.is_headless:
            for number in (signal.SIGHUP, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self.exit, 0)
        self.set_interval(1 / LOOKS_HZ, self.look)
        self.set_interval(REFRESH_S, self.desk.refresh)

    def on_resize(self, event: events.Resize) -> None:
        """Choose the arrangement for this size."""
        width, rows = event.size
        screen = self.screen_stack[0]
        tiny = width < MIN_WIDTH or rows < MIN_ROWS
        for name, on in (("tiny", tiny), ("wide", width >= WIDE), ("tall", rows >= TALL)):
            screen.set_class(on, name)
        self.call_after_refresh(self.look)

    def look(self) -> None:
        """Ask for what is wanted and bring the boards up to date, where anything has changed."""
        desk = self.desk
        desk.take_up()
        picture = self._boards["picture"]
        if picture.size.width:
            desk.ask(picture.size.width)
        self._hear()
        self.screen_stack[0].set_class(not desk.looks.listed, "unlisted")
        banners = self.banners()
        self._boards["banner"].display = bool(banners)
        said = self._said if self._now() < self._said_until else ""
        self._boards["keys"].styles.height = len(said_lines(said, self.size.width))
        sizes = tuple(board.size for board in self._boards.values())
        state = (desk.looks, desk.filter, desk.spot, desk.selected, desk.book, desk.bench.version)
        if (state, sizes, said, banners) == self._shown:
            return
        self._shown = state, sizes, said, banners
        moment = Moment(desk, banners, said)
        for name, board in self._boards.items():
            if board.size.width and board.size.height:
                board.show(FILLS[name](moment, *board.size))

    def banners(self) -> tuple[str, ...]:
        """What is wrong with the evidence: stays on the screen."""
        failed = self.desk.bench.failed("book")
        return (*self._banners, *((f"THE JOURNAL CANNOT BE READ ANY MORE: {failed}",) if failed else ()))

    def say(self, words: str) -> None:
        """Answer a key in the bottom line for a few seconds."""
        self._said, self._said_until = words, self._now() + max(SAID_FOR_S, len(words) / READ_PER_S)

    def _hear(self) -> None:
        desk = self.desk
        if desk.said:
            self.say(desk.said)
            desk.said = ""
        if (answer := desk.bench.take("note")) is not None:
            self.say(str(answer))
            desk.refresh()

    # Keys

    def action_select(self, step: int) -> None:
        """Look at another alarm."""
        self.desk.select(step)

    def action_scroll(self, steps: int) -> None:
        """Look earlier or later."""
        self.desk.scroll(steps, self._boards["picture"].size.width)

    def action_jump(self, to_end: bool) -> None:
        """Back to the alarm."""
        self.desk.jump(to_end)

    def action_panel(self, step: int) -> None:
        """Waveform, trends, variability."""
        self.desk.change(lambda looks: looks.step_panel(step))

    def action_zoom(self, step: int) -> None:
        """Show more time, or less."""
        self.desk.change(lambda looks: looks.zoom(step))

    def action_gain(self, step: int) -> None:
        """Draw the waves larger or smaller."""
        self.desk.change(lambda looks: looks.step_gain(step))

    def action_leads(self) -> None:
        """Draw other leads."""
        self.desk.change(lambda looks: looks.step_leads())

    def action_lead(self, step: int) -> None:
        """Draw one lead, and another."""
        self.desk.change(lambda looks: looks.step_lead(step))

    def action_ghost(self) -> None:
        """Lay the restored signal beside the real one, or take it away."""
        self.desk.change(lambda looks: replace(looks, ghost=not looks.ghost))

    def action_list(self) -> None:
        """Leave the list's room to the picture, or not."""
        self.desk.show_list()

    def action_bed(self, step: int) -> None:
        """List another bed, or all."""
        self.desk.choose(self.desk.filter.step_bed(self.desk.beds, step))

    def action_bed_number(self, number: int) -> None:
        """List a bed by number; 0 is all."""
        beds = (ALL, *self.desk.beds)
        if number < len(beds):
            self.desk.choose(replace(self.desk.filter, bed=beds[number]))

    def action_kind(self, step: int) -> None:
        """List another kind of alarm, or all."""
        self.desk.choose(self.desk.filter.step_kind(self.desk.book.lines, step))

    def action_time(self, step: int) -> None:
        """List alarms of a shorter or longer time."""
        self.desk.choose(self.desk.filter.step_time(step))

    def action_no_filter(self) -> None:
        """List everything."""
        self.desk.choose(Filter())

    def action_note(self) -> None:
        """Write a note to the selected alarm."""
        line = self.desk.selected
        if line is None:
            self.say("no alarm is selected: there is nothing to write a note to")
            return

        def write(text: str | None) -> None:
            if text is not None:
                self.desk.note(line, text)

        self.push_screen(NotePage(line, self.desk.notebook.operator), write)

    def action_details(self) -> None:
        """Show everything that the journal holds of the alarm."""
        line, section = self.desk.selected, self.desk.section
        if line is None or section is None or section.story is None:
            self.say("no alarm is selected, or it is still being read")
            return
        self.push_screen(Page(details.page(line, section.story, section.strip)))

    def action_no_acknowledging(self) -> None:
        """Say where alarms are acknowledged."""
        self.say("alarms are acknowledged where they sound (ecg-monitor view); n writes a note")

    def action_help(self) -> None:
        """Show the page of keys and signs."""
        self.push_screen(Page(HELP))

    def action_leave(self) -> None:
        """Leave."""
        self.exit(0)
