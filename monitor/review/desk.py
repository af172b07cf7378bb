"""The reviewer's place: what is chosen, what is looked at, and the work that this asks for. No terminal."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import tzinfo
from pathlib import Path
from typing import Final

from engine.errors import EcgMonitorError
from engine.grid import FS_HZ
from monitor.journal.reader import JournalReader
from monitor.journal.story import AlarmStory
from monitor.recording import Recording
from monitor.review.book import Book, read_book, story_of
from monitor.review.film import page_n
from monitor.review.filters import Filter
from monitor.review.line import AlarmLine
from monitor.review.note import Key
from monitor.review.notebook import Notebook
from monitor.review.places import moved_along, newest_spot, relocated
from monitor.review.section import Engines, Section, Stretch, sections
from monitor.review.spot import BEFORE_SHARE, S_NS, Looks, Panel, Spot
from monitor.review.tape import Tape
from monitor.review.trends import TrendPage, Trends
from monitor.review.variability import Variability, variabilities
from monitor.review.workbench import Workbench

SCROLL_SHARE: Final = 5
"""A step sideways is so many parts of what is shown."""
RESTS_PER_S: Final = 5
"""Calls of `refresh` let pass for each second that a reading took."""
PAGE_STEPS: Final = SCROLL_SHARE - 1


class Desk:
    """One reviewer; every method returns at once, longer work is the workbench's."""

    def __init__(
        self, book: Book, folder: Path, notebook: Notebook, engines: Engines, zone: tzinfo | None = None
    ) -> None:
        self.book = book
        self.filter = Filter()
        self.looks = Looks()
        self.zone = zone
        self.said = ""
        self.bench = Workbench()
        self.notebook = notebook
        self._engines = engines
        self._recording = Recording(folder)
        self._tape = Tape(folder)
        self._trends = Trends(book.directory, self._tape)
        self.damage_seen: set[str] = set()
        """Sentences about segments that could not be read when they were looked at."""
        self._rest = 0
        """Calls of `refresh` still let pass: what takes long to read is not read all the time."""
        self._key: Key | None = None
        self.spot: Spot | None = None
        self.choose(self.filter)

    # What is chosen

    @property
    def lines(self) -> tuple[AlarmLine, ...]:
        """Alarms that pass the filters."""
        return self.filter.chosen(self.book.lines, self.book.newest_ns)

    @property
    def selected(self) -> AlarmLine | None:
        """The alarm that is looked at."""
        return None if self._key is None else self.book.alarm(self._key)

    @property
    def beds(self) -> list[str]:
        """Beds with alarms or waveform."""
        return sorted({*self._recording.beds, *(line.bed for line in self.book.lines)})

    def choose(self, chosen: Filter) -> None:
        """List other alarms; the selected one stays if it is among them."""
        self.filter = chosen
        lines = self.lines
        if self._key not in [line.key for line in lines]:
            self._look_at(lines[0] if lines else None)

    def select(self, step: int) -> None:
        """Look at another alarm of the list."""
        lines = self.lines
        keys = [line.key for line in lines]
        if keys:
            at = keys.index(self._key) if self._key in keys else -step
            self._look_at(lines[max(0, min(len(keys) - 1, at + step))])

    def _look_at(self, line: AlarmLine | None) -> None:
        self._key = None if line is None else line.key
        if line is not None:
            self.spot = Spot.of(line)
        else:
            beds = [self.filter.bed] if self.filter.bed else self.beds
            self.spot = next((spot for bed in beds if (spot := newest_spot(self._recording, bed))), None)

    # Where one looks

    def scroll(self, steps: int, width: int) -> None:
        """Look earlier (below zero) or later, by a share of what is shown."""
        if self.spot is None:
            return
        seconds = steps * self._shown_s(width) / SCROLL_SHARE
        if self.looks.panel is Panel.TRENDS:
            self.spot = relocated(self._recording, self.spot.moved(seconds))
            return
        spot = moved_along(self._recording, self.spot, seconds)
        self.said = "" if spot else f"nothing is recorded {'later' if steps > 0 else 'earlier'} than this"
        self.spot = spot or self.spot

    def jump(self, to_end: bool) -> None:
        """Look at the selected alarm's onset again, or at its end."""
        line = self.selected
        if line is None:
            return
        self.spot = Spot.of(line)
        if to_end and line.lasted_s is None:
            self.said = "this alarm has not ended"
        elif to_end and line.lasted_s is not None:
            self.spot = self.spot.moved(line.lasted_s)

    def _shown_s(self, width: int) -> float:
        if self.looks.panel is Panel.TRENDS:
            return self.looks.trend_s
        if self.looks.panel is Panel.VARIABILITY:
            return self.looks.stretch_s
        return page_n(width, self.looks) / FS_HZ

    # The work

    def ask(self, width: int) -> None:
        """Have made whatever the present panel shows in so many columns."""
        spot, line = self.spot, self.selected
        if spot is None:
            return
        stretch = self._stretch(spot, width)
        follows = self.book.last_hash if spot.run == self.book.run else ""  # it may still grow
        self.bench.want("section", (stretch, self._key, follows), lambda: self._sections(stretch, line))
        if self.looks.panel is Panel.TRENDS:
            page_s, start_ns = self.looks.trend_s, trend_start_ns(spot.time_ns, self.looks.trend_s)
            self.bench.want(
                "trends",
                (spot.bed, start_ns, page_s, follows),
                lambda: self._trends.pages(spot.bed, start_ns, page_s, self._engines.scorer, self.book.usual),
            )
        if self.looks.panel is Panel.VARIABILITY:
            half_n = self.looks.stretch_s * FS_HZ // 2
            reach = spot.bed, spot.run, max(0, spot.sample - half_n), max(1, spot.sample + half_n)
            self.bench.want("variability", reach, lambda: variabilities(self._tape, *reach))

    def refresh(self) -> None:
        """Read the journal again if it has grown."""
        if self._rest > 0 or self.bench.busy("book"):
            self._rest -= 1
            return
        known = self.book.last_hash
        self.bench.forget("book")
        self.bench.want("book", known, lambda: self._grown(known))

    def take_up(self) -> None:
        """Go on with the newest pages of the journal."""
        book = self.bench.result("book")
        if isinstance(book, Book) and book.last_hash != self.book.last_hash:
            self.book = book
            self.choose(self.filter)

    def note(self, line: AlarmLine, text: str) -> None:
        """Write a note, and say what became of it."""

        def write() -> Iterator[str]:
            try:
                yield self.notebook.write(line, text)
            except EcgMonitorError as error:
                yield str(error)

        self.bench.forget("note")
        self.bench.want("note", (line.key, text), write)

    def _stretch(self, spot: Spot, width: int) -> Stretch:
        n, cell_n = page_n(width, self.looks), self.looks.scale.samples_per_cell
        start = (spot.sample - n // BEFORE_SHARE) // cell_n * cell_n
        return Stretch(spot.bed, spot.run, start, start + n, self.looks.ghost)

    def _sections(self, stretch: Stretch, line: AlarmLine | None) -> Iterator[Section]:
        story: AlarmStory | None = None if line is None else story_of(self.book.directory, line)
        for section in sections(self._tape, self.book, stretch, story, self._engines):
            self.damage_seen |= set(section.strip.damage)
            yield section

    def _grown(self, known: str) -> Iterator[Book]:
        began = time.perf_counter()
        with JournalReader(self.book.directory) as journal:
            if journal.last_hash() != known:
                yield read_book(journal)
        self._rest = int((time.perf_counter() - began) * RESTS_PER_S)

    # What there is to show

    @property
    def section(self) -> Section | None:
        """The waveform as far as it is known; perhaps still that of the place before."""
        found = self.bench.result("section")
        return found if isinstance(found, Section) else None

    @property
    def trend_page(self) -> TrendPage | None:
        """Trends as far as they are known."""
        found = self.bench.result("trends")
        return found if isinstance(found, TrendPage) else None

    @property
    def variability(self) -> Variability | None:
        """Variability as far as it is known."""
        found = self.bench.result("variability")
        return found if isinstance(found, Variability) else None

    def change(self, looks: Callable[[Looks], Looks]) -> None:
        """Draw something else, or in another size."""
        self.looks = looks(self.looks)

    def missing(self) -> Sequence[str]:
        """Places of segments that the journal lists and that are not on disk."""
        there = {segment for bed in self._recording.beds for segment in self._recording.segments(bed)}
        return sorted(segment.place for segment in self.book.segments if segment not in there)

    def show_list(self) -> None:
        """List the alarms, or leave their room to the picture."""
        self.looks = replace(self.looks, listed=not self.looks.listed)

    def close(self) -> None:
        """Stop working."""
        self.bench.close()


def trend_start_ns(time_ns: int, page_s: int) -> int:
    """Start of the page that shows a moment: pages begin at halves of their length, and so stand still."""
    half_ns = page_s * S_NS // 2
    return (time_ns - half_ns // 2) // half_ns * half_ns
