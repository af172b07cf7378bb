"""From an open segment to a closed one: compressed, its length in the header, with a checksum over it all."""

import hashlib
import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.errors import RecordError
from monitor.recording.files import sync_folder, write_whole
from monitor.recording.header import Header
from monitor.recording.scaling import I16
from monitor.recording.segment import Segment

FLAC_HZ: Final = 96000
"""The rate that WFDB writes into FLAC files; the true one stands in the header."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A closed segment as the journal remembers it."""

    segment: Segment
    n: int
    n_bytes: int
    sha256: str
    """Over the header and the signal files, in the header's order."""
    recovered: bool = False
    """It was left open by a core that was killed."""

    def body(self) -> dict[str, Any]:
        """JSON values for the journal."""
        return {
            "segment": self.segment.place,
            "n": self.n,
            "bytes": self.n_bytes,
            "sha256": self.sha256,
            **({"recovered": True} if self.recovered else {}),
        }


def seal(folder: Path, segment: Segment, recovered: bool = False) -> Sealed | None:
    """Close a segment on disk; None if it holds nothing (it is removed then).

    At every moment the header names files that are there: the new ones are complete before it is replaced.
    """
    path = segment.header(folder)
    header = Header.read(folder, segment)
    steps = read_open(folder, segment, header)
    if not steps.shape[1]:
        path.unlink()
        segment.data(folder).unlink(missing_ok=True)
        return None
    closed = replace(header, n=int(steps.shape[1]))
    contents, at = [], 0
    for name, size in closed.files:
        contents.append(_flac(steps[at : at + size]))
        write_whole(path.with_name(name), contents[-1])
        at += size
    text = closed.text(steps).encode("ascii")
    write_whole(path, text)
    segment.data(folder).unlink(missing_ok=True)
    sync_folder(path.parent)
    digest = hashlib.sha256(b"".join([text, *contents])).hexdigest()
    n_bytes = len(text) + sum(map(len, contents))
    return Sealed(segment, int(steps.shape[1]), n_bytes, digest, recovered)


def read_open(folder: Path, segment: Segment, header: Header) -> I16:
    """Read what an open segment holds so far, (n_signals, n); a torn last sample is left out."""
    n_signals = len(header.leads) + 1
    values = np.fromfile(segment.data(folder), "<i2")
    whole: I16 = values[: values.size // n_signals * n_signals].reshape(-1, n_signals).T
    return whole


def read_closed(folder: Path, segment: Segment, header: Header) -> I16:
    """Read a closed segment, (n_signals, n)."""
    import soundfile

    pieces = []
    for name, size in header.files:
        path = segment.header(folder).with_name(name)
        try:
            with path.open("rb") as file:
                piece, _ = soundfile.read(file, dtype="int16", always_2d=True)
        except soundfile.LibsndfileError as error:
            raise RecordError(f"{name} is damaged: {error.error_string}") from error
        if piece.shape != (header.n, size):
            raise RecordError(f"{name} is damaged: {piece.shape[0]} of {header.n} samples can be read")
        pieces.append(piece.T)
    return np.concatenate(pieces)


def digest_of(folder: Path, segment: Segment) -> str:
    """Compute a closed segment's checksum again from its files."""
    path = segment.header(folder)
    header = Header.read(folder, segment)
    digest = hashlib.sha256(path.read_bytes())
    for name, _ in header.files:
        digest.update(path.with_name(name).read_bytes())
    return digest.hexdigest()


def _flac(steps: I16) -> bytes:
    import soundfile

    buffer = io.BytesIO()
    soundfile.write(buffer, steps.T, FLAC_HZ, format="FLAC", subtype="PCM_16")
    return buffer.getvalue()
