"""The benchmark as a whole: which data, which half of it, and the report."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isnan
from pathlib import Path
from typing import Any, Final

from engine.errors import ConfigurationError
from training.dataset import window_of
from training.localization.beatbank import read_bank
from training.localization.graftfigures import GraftFigures
from training.localization.graftpart import Advance, run_grafts
from training.localization.graftplan import plan
from training.localization.judge import Scores
from training.localization.ludb import read_ludb
from training.localization.ludbpart import LudbFigures, run_ludb
from training.localization.mitdb import CHOOSE, REPORT
from training.localization.mitdbpart import MitdbFigures, run_mitdb
from training.localization.normalrecord import NormalRecord, normal_record
from training.localization.outcome import Outcome
from training.ptbxl import find_data, read_entries, read_signal

PARTS: Final = ("grafts", "mitdb", "ludb")
CHOICE_FOLD: Final = 8


@dataclass(frozen=True, slots=True)
class Extent:
    """How much of the benchmark is run."""

    parts: tuple[str, ...]
    fold: int
    """Of PTB-XL; with fold 8 the choosing half of MIT-BIH, otherwise the reporting one."""
    cases: int
    """Of each kind of graft."""
    minutes: float
    """Of each recording of MIT-BIH."""


@dataclass(frozen=True, slots=True)
class Localization:
    """The report; a part that was not run is None."""

    grafts: GraftFigures | None
    mitdb: MitdbFigures | None
    ludb: LudbFigures | None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, which knows no NaN: None."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def run_benchmark(
    scorer: Scores, data: Path, extent: Extent, advance: Advance
) -> tuple[Localization, list[Outcome]]:
    """Run the parts asked for; `data` is the folder that contains `ptbxl`, `mitdb` and `ludb`."""
    outcomes: list[Outcome] = []
    grafts: GraftFigures | None = None
    mitdb: MitdbFigures | None = None
    ludb: LudbFigures | None = None
    names = CHOOSE if extent.fold == CHOICE_FOLD else REPORT
    if "grafts" in extent.parts:
        bank = read_bank(_folder(data, "mitdb", f"{names[0]}.hea"), names)
        records = normal_records(data, extent.fold)
        grafts, some = run_grafts(scorer, plan(bank), records, extent.cases, advance)
        outcomes += some
    if "mitdb" in extent.parts:
        folder = _folder(data, "mitdb", f"{names[0]}.hea")
        mitdb, some = run_mitdb(scorer, folder, names, extent.minutes, advance)
        outcomes += some
    if "ludb" in extent.parts:
        ludb, some = run_ludb(scorer, read_ludb(_folder(data, "ludb", "ludb.csv")), advance)
        outcomes += some
    return Localization(grafts, mitdb, ludb), outcomes


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return None if isinstance(value, float) and isnan(value) else value


def normal_records(data: Path, fold: int) -> list[NormalRecord]:
    """The normal records of a fold that have beats to graft on."""
    entries = [one for one in read_entries(find_data(data / "ptbxl")) if one.fold == fold and one.normal]
    found: Iterable[NormalRecord | None] = (
        normal_record(str(one.ecg_id), window_of(*read_signal(one))) for one in entries
    )
    records = [one for one in found if one is not None]
    if not records:
        raise ConfigurationError(f"no normal record in fold {fold}: choose a fold that the data has (--fold)")
    return records


def _folder(data: Path, name: str, file: str) -> Path:
    if not (data / name / file).is_file():
        raise ConfigurationError(
            f"no {name}/{file} in {data}: put the data set there, name another folder (--data), or leave "
            "out what needs it (--part)"
        )
    return data / name
