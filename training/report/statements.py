"""What the cardiologists said of a record, in words."""

import ast
from collections.abc import Iterable
from pathlib import Path

from training.ptbxl import TABLES, Entry, read_table


def read_statements(entries: Iterable[Entry]) -> dict[int, str]:
    """Statements by `ecg_id`: codes, and what they mean where the data set says it."""
    chosen = {entry.ecg_id: entry for entry in entries}
    if not chosen:
        return {}
    table = _table(next(iter(chosen.values())))
    meanings = _meanings(table.parent / "scp_statements.csv")
    rows = (row for row in read_table(table, ("ecg_id",)) if int(row["ecg_id"]) in chosen)
    return {int(row["ecg_id"]): "; ".join(_in_words(code, meanings) for code in _codes(row)) for row in rows}


def _table(entry: Entry) -> Path:
    """The table that the entry was read from: its record lies in a folder below."""
    return next(
        folder / name for folder in entry.path.parents for name in TABLES if (folder / name).is_file()
    )


def _codes(row: dict[str, str]) -> list[str]:
    if "scp_codes" in row:
        return list(ast.literal_eval(row["scp_codes"]))
    parts = (row.get(name) or "" for name in ("sub_class", "form", "rhythm"))
    return list(dict.fromkeys(code for part in parts for code in part.split(";") if code))


def _meanings(table: Path) -> dict[str, str]:
    if not table.is_file():
        return {}
    return {row[""].rstrip("_"): row.get("description") or "" for row in read_table(table, ("",))}


def _in_words(code: str, meanings: dict[str, str]) -> str:
    meaning = meanings.get(code.rstrip("_"), "")
    return f"{code} ({meaning})" if meaning else code
