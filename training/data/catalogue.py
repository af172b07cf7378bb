"""The data sets that can be fetched."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DataSet:
    """One version of a data set on PhysioNet."""

    name: str
    """What commands call it; also the name of its folder."""
    title: str
    content: str
    url: str
    """Folder on the web that holds its files and `SHA256SUMS.txt`."""
    n_records: int
    size: str
    """Of its signals."""
    licence: str
    citation: str
    needed: tuple[str, ...]
    """Files without which it is not this data set."""
    folders: tuple[str, ...] = ()
    """Fetched whole, beside what lies in no folder. PTB-XL's records are chosen by rate and fold instead."""


def record_bytes(rate_hz: int) -> int:
    """Size of one record of PTB-XL: 10 s of 12 leads in 16 bits, and its header."""
    return 12 * 10 * rate_hz * 2 + 700


PTBXL: Final = DataSet(
    name="ptbxl",
    title="PTB-XL 1.0.3",
    content="12 leads, 10 s, diagnostic, form and rhythm statements",
    url="https://physionet.org/files/ptb-xl/1.0.3",
    n_records=21_799,
    size=", ".join(f"{21_799 * record_bytes(hz) / 1e9:.1f} GB at {hz} Hz" for hz in (100, 500)),
    licence="CC BY 4.0",
    citation="Wagner et al. 2020, doi.org/10.1038/s41597-020-0495-6",
    needed=("ptbxl_database.csv", "scp_statements.csv"),
)
MITDB: Final = DataSet(
    name="mitdb",
    title="MIT-BIH Arrhythmia Database 1.0.0",
    content="2 leads, 30 min, every beat annotated",
    url="https://physionet.org/files/mitdb/1.0.0",
    n_records=48,
    size="94 MB",
    licence="ODC-By 1.0",
    citation="Moody and Mark 2001, doi.org/10.1109/51.932724",
    needed=("101.hea", "101.dat", "101.atr"),
)
LUDB: Final = DataSet(
    name="ludb",
    title="LUDB 1.0.1",
    content="12 leads, 10 s, waves delineated in every lead, diagnoses",
    url="https://physionet.org/files/ludb/1.0.1",
    n_records=200,
    size="24 MB",
    licence="ODC-By 1.0",
    citation="Kalyakulina et al. 2020, doi.org/10.1109/ACCESS.2020.3029211",
    needed=("ludb.csv", "data/1.hea"),
    folders=("data",),
)
DATA_SETS: Final = {one.name: one for one in (PTBXL, MITDB, LUDB)}
