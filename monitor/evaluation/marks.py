from dataclasses import dataclass
from pathlib import Path

from engine.arrays import F64
from engine.errors import RecordError


@dataclass(frozen=True, slots=True, eq=False)
class Marks:
    """The annotations of a recording."""

    at_s: F64
    """(n,) seconds."""
    symbols: tuple[str, ...]
    notes: tuple[str, ...]
    """`(AFIB` where a rhythm begins."""

    def rhythms(self, duration_s: float) -> list[tuple[float, float, str]]:
        """(start, end, name) of each annotated rhythm; names without their bracket."""
        changes = [
            (at_s, note[1:])
            for at_s, note in zip(self.at_s.tolist(), self.notes, strict=True)
            if note.startswith("(")
        ]
        ends = [at_s for at_s, _ in changes][1:] + [duration_s] * bool(changes)
        return [(start, end, name) for (start, name), end in zip(changes, ends, strict=True)]


def read_marks(record: Path) -> Marks:
    """Read the `.atr` annotations of a WFDB record; raises `RecordError`."""
    import wfdb

    if not record.with_suffix(".atr").is_file():
        raise RecordError(f"{record}: no annotations beside it ({record.stem}.atr): choose an annotated one")
    try:
        marks = wfdb.rdann(str(record), "atr")
        fs_hz = float(marks.fs or wfdb.rdheader(str(record)).fs)
    except Exception as error:  # wfdb raises whatever a damaged file makes it stumble over
        raise RecordError(f"{record}.atr cannot be read ({error}): fetch it again") from error
    notes = tuple((note or "").strip("\x00 ") for note in marks.aux_note)
    return Marks(marks.sample / fs_hz, tuple(marks.symbol), notes)
