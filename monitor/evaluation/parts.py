"""Which records limits and weights were chosen on; the others are held out."""

from pathlib import Path
from typing import Final, Literal

from engine.errors import RecordError

Part = Literal["chosen-on", "held-out", "all"]

SETS: Final = ("vfdb", "cudb", "mitdb", "cpsc2021-af")
CHOSEN_ON: Final = {
    "vfdb": frozenset({"418", "424", "428", "430", "605", "611"}),
    "cudb": frozenset[str](),
    "mitdb": frozenset({"101", "107", "109", "114", "116", "119", "124", "203", "207", "209", "217", "223"}),
    "cpsc2021-af": frozenset({"data_101_6", "data_101_9", "data_35_6", "data_35_10", "data_8_2", "data_8_4"}),
}
"""Every second record of MIT-BIH, in order of number; half of the others so that each part has every rhythm,
and no patient of CPSC 2021 is in both."""

TOGETHER: Final = 16
"""Recordings that are played side by side: a full batch."""


def grouped(paths: list[Path]) -> list[list[Path]]:
    """Groups of recordings to be played side by side."""
    return [paths[at : at + TOGETHER] for at in range(0, len(paths), TOGETHER)]


def part_of(record: str) -> str:
    """Part of a record, `set/name`."""
    folder, name = record.split("/")
    return "chosen-on" if name in CHOSEN_ON[folder] else "held-out"


def records_of(root: Path, part: Part) -> list[Path]:
    """Records of a part under the data folder, without extension; raises `RecordError` if there is none."""
    found = [
        path.with_suffix("")
        for name in SETS
        for path in sorted((root / name).glob("*.hea"))
        if part in ("all", part_of(f"{name}/{path.stem}"))
    ]
    if not found:
        raise RecordError(f"no records of {', '.join(SETS)} in {root}: check --data")
    return found
