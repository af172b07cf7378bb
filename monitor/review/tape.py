from collections import OrderedDict
from pathlib import Path
from typing import Final

from monitor.pipeline.reading import WindowScorer
from monitor.recording import Recording, Strip
from monitor.recording.segment import Segment
from monitor.review.book import Book
from monitor.review.holes import Hole, holes_of
from monitor.review.judgement import Judgement, block_reach, judge
from monitor.review.usual import Usual

BLOCKS_KEPT: Final = 60


class Tape:
    """The stored waveform, and what was found in it so far; belongs to one thread."""

    def __init__(self, folder: Path) -> None:
        self.recording = Recording(folder)
        self._blocks: OrderedDict[tuple[str, str, int, int], Judgement] = OrderedDict()

    def read(self, bed: str, run: str, start: int, end: int) -> Strip:
        """Read a stretch; before the first sample of a run nothing is stored."""
        return self.recording.read(bed, start, end, run)

    def holes(self, strip: Strip, book: Book) -> tuple[Hole, ...]:
        """Where a strip has no signal, and why."""
        return holes_of(strip, book, self.recording.segments(strip.bed, strip.run))

    def is_judged(self, bed: str, run: str, block: int) -> bool:
        """Whether a block was judged before, as it is stored now."""
        return self._key(bed, run, block) in self._blocks

    def judged(self, bed: str, run: str, block: int, scorer: WindowScorer, usual: Usual) -> Judgement:
        """Judge a block, or remember how it was judged; one that is still being written is judged anew."""
        key = self._key(bed, run, block)
        if key not in self._blocks:
            strip = self.read(bed, run, *block_reach(block))
            self._blocks[key] = judge(strip, block, scorer, usual)
            while len(self._blocks) > BLOCKS_KEPT:
                self._blocks.popitem(last=False)
        self._blocks.move_to_end(key)
        return self._blocks[key]

    def _key(self, bed: str, run: str, block: int) -> tuple[str, str, int, int]:
        bounds = self.recording.bounds(bed, run) or (0, 0)
        return bed, run, block, min(bounds[1], block_reach(block)[1])

    def start_ns(self, segment: Segment) -> int:
        """Wall clock of a segment's first sample."""
        return self.recording.header(segment).start_ns
