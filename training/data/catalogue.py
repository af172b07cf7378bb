"""The data sets that can be fetched."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class DataSet:
    """One version of a data set."""

    name: str
    """What commands call it; also the name of its folder."""
    title: str
    content: str
    url: str
    """Folder on the web that holds its files and `SHA256SUMS.txt`."""
    n_records: int
    licence: str
    citation: str


PTBXL: Final = DataSet(
    name="ptbxl",
    title="PTB-XL 1.0.3",
    content="12 leads, 10 s, diagnostic, form and rhythm statements",
    url="https://physionet.org/files/ptb-xl/1.0.3",
    n_records=21_799,
    licence="CC BY 4.0",
    citation="Wagner et al. 2020, doi.org/10.1038/s41597-020-0495-6",
)
DATA_SETS: Final = {PTBXL.name: PTBXL}


def record_bytes(rate_hz: int) -> int:
    """Size of one record of PTB-XL: 10 s of 12 leads in 16 bits, and its header."""
    return 12 * 10 * rate_hz * 2 + 700
