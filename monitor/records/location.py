"""From what a person typed to a header file."""

from itertools import islice
from pathlib import Path

from engine.errors import RecordError


def find_header(path: str | Path) -> Path:
    """Return the .hea file meant by `path`: a record, with or without extension, or a signal file of it."""
    given = Path(path).expanduser()
    if given.suffix == ".hea" and given.is_file():
        return given
    appended = given.with_name(given.name + ".hea") if given.name else given
    if appended.is_file():
        return appended
    if given.is_dir():
        raise RecordError(f"{given} is a folder: name one record in it{_examples(given)}")
    if given.suffix and given.with_suffix(".hea").is_file():
        return given.with_suffix(".hea")
    if given.is_file():
        return _header_mentioning(given)
    if not given.parent.is_dir():
        raise RecordError(f"no recording {given}: the folder {given.parent} does not exist")
    raise RecordError(f"no recording {given}: there is no {appended.name}{_examples(given.parent)}")


def _header_mentioning(signal_file: Path) -> Path:
    for header in sorted(signal_file.parent.glob("*.hea")):
        lines = header.read_text("ascii", "replace").splitlines()
        if any(line.split(maxsplit=1)[:1] == [signal_file.name] for line in lines[1:]):
            return header
    raise RecordError(
        f"{signal_file} comes without a WFDB header: put its .hea file beside it, or convert the "
        "recording to WFDB (the wfdb package has readers for EDF, MATLAB and WAV)"
    )


def _examples(folder: Path) -> str:
    names = [header.stem for header in islice(sorted(folder.glob("*.hea")), 3)]
    return (
        f" (there are {', '.join(names)} ...)"
        if names
        else f" (the folder {folder.resolve()} holds no .hea file)"
    )
