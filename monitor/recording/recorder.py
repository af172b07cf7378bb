"""The recorder as the core sees it: a thread writes, out of the alarms' way."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue
from types import TracebackType
from typing import Final, Self

from engine.grid import FS_HZ
from monitor.intake import Samples
from monitor.journal.entry import Entry, EntryKind
from monitor.recording.recovery import Journalled
from monitor.recording.ring import Keep, Wanted
from monitor.recording.strip import AMPLITUDE_UNKNOWN
from monitor.recording.writer import Writer
from monitor.update import Source

MAX_WAITING_N: Final = 1200 * FS_HZ
"""Samples of all beds together that may wait for the disk (20 s of 60 beds, some 30 MB); more are lost and
counted."""
STUCK_NS: Final = 10_000_000_000
END_S: Final = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    """A second's work for the thread."""

    pieces: Sequence[Samples]
    now_ns: int
    about: Mapping[str, Mapping[str, str]]
    wanted: Sequence[Wanted]
    lost: Mapping[str, int]
    n_entered: int
    """Drops that the journal has since the last turn."""


class WaveformRecorder:
    """Takes samples at any time without waiting; once per `turn` they go to the thread that writes them."""

    def __init__(self, folder: Path, run: str, keep: Keep, journalled: Journalled, now_ns: int) -> None:
        self._writer = Writer(folder, run, keep, journalled)
        self._inbox: SimpleQueue[_Turn | None] = SimpleQueue()
        self._pieces: list[Samples] = []
        self._lost: dict[str, int] = {}
        self._handed_n = self._written_n = 0
        """Samples given to the thread, and those it is done with."""
        self._n_turns = self._n_done = self._seen_done = 0
        self._n_entered = 0
        self._progress_ns = self._now_ns = now_ns
        self._thread = threading.Thread(target=self._run, name="recording", daemon=True)
        self._thread.start()

    @property
    def failing(self) -> str | None:
        """Why waveforms are not being stored; None while they are."""
        if self._writer.failing is not None:
            return self._writer.failing
        if self._n_turns > self._n_done and self._now_ns - self._progress_ns > STUCK_NS:
            waited_s = (self._now_ns - self._progress_ns) / 1e9
            return f"the disk has not answered for {waited_s:.0f} s"
        return None

    def take(self, pieces: Sequence[Samples]) -> None:
        """Keep samples for the next turn; never waits, never raises."""
        for piece in pieces:
            n = int(piece.x.shape[1])
            if self._handed_n - self._written_n + n > MAX_WAITING_N:
                self._lost[piece.bed] = self._lost.get(piece.bed, 0) + n
            else:
                self._handed_n += n
                self._pieces.append(piece)

    def turn(self, now_ns: int, sources: Mapping[str, Source], wanted: Sequence[Wanted]) -> list[Entry]:
        """Hand over what was taken; return what the journal must be told. Then call `entered`."""
        self._now_ns = now_ns
        if self._n_done != self._seen_done or self._n_turns == self._n_done:
            self._seen_done, self._progress_ns = self._n_done, now_ns
        about = {bed: _about(source) for bed, source in sources.items()}
        self._hand_over(_Turn(self._pieces, now_ns, about, wanted, self._lost, self._n_entered))
        self._pieces, self._lost, self._n_entered = [], {}, 0
        return self._entries(now_ns)

    def entered(self, entries: Sequence[Entry]) -> None:
        """Know that the journal took these entries: what they call dropped may be deleted."""
        self._n_entered += sum(entry.kind is EntryKind.DROPPED for entry in entries)

    def close(self, now_ns: int) -> list[Entry]:
        """Write what is left, seal every segment, and return the last entries; waits a while for the disk."""
        if self._thread.is_alive():
            self._hand_over(_Turn(self._pieces, now_ns, {}, (), self._lost, self._n_entered))
            self._inbox.put(None)
            self._thread.join(END_S)
        return self._entries(now_ns)

    def _hand_over(self, turn: _Turn) -> None:
        self._n_turns += 1
        self._inbox.put(turn)

    def _entries(self, now_ns: int) -> list[Entry]:
        """Take the thread's entries; their time is that of the journal they go to."""
        n = len(self._writer.entries)
        return [replace(self._writer.entries.popleft(), time_ns=now_ns) for _ in range(n)]

    def _run(self) -> None:
        try:
            while (turn := self._inbox.get()) is not None:
                self._do(turn)
                self._now_written(turn)
            self._writer.close(self._now_ns)
        except BaseException as error:  # the core goes on; the operators are told
            self._writer.failing = f"the recording thread has died: {error!r}"

    def _do(self, turn: _Turn) -> None:
        for bed, about in turn.about.items():
            self._writer.describe(bed, about)
        for bed, n in turn.lost.items():
            self._writer.lose(bed, n)
        self._writer.wanted = turn.wanted
        self._writer.delete(turn.n_entered)
        self._writer.write(turn.pieces, turn.now_ns)

    def _now_written(self, turn: _Turn) -> None:
        self._written_n += sum(int(piece.x.shape[1]) for piece in turn.pieces)
        self._n_done += 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close(self._now_ns)


def _about(source: Source) -> dict[str, str]:
    """What headers say of a source: one line each, printable ASCII."""
    kind = "SIMULATED" if source.simulated else "REPLAYED" if source.replayed else "live"
    values = {
        "device": source.device,
        "patient": source.patient,
        "source_hz": f"{source.fs_hz:g}" if source.fs_hz else "",
        "kind": kind if source.fs_hz else "",
        "amplitude": "" if source.calibrated else AMPLITUDE_UNKNOWN,
    }
    return {key: "".join(c if " " <= c <= "~" else "?" for c in value) for key, value in values.items()}
