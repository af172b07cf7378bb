"""Options that say whether, where and for how long waveforms are stored."""

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING, Final

from engine.errors import ConfigurationError

if TYPE_CHECKING:
    from monitor.recording.ring import Keep

KEEP_GB: Final = 10.0
KEEP_HOURS: Final = 72.0
FOLDER_NAME: Final = "waveforms"


def add_recording_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument(
        "--record",
        type=Path,
        metavar="DIR",
        help="folder for the waveforms, some 9 MB per bed and hour of 12 leads "
        f"(default: {FOLDER_NAME}/ in the journal's folder)",
    )
    where.add_argument(
        "--no-record", action="store_true", help="store no waveforms: alarms cannot be reviewed"
    )
    parser.add_argument(
        "--keep-gb",
        type=float,
        default=KEEP_GB,
        metavar="GB",
        help=f"most that waveforms may take; the oldest go first (default {KEEP_GB:g})",
    )
    parser.add_argument(
        "--keep-hours",
        type=float,
        default=KEEP_HOURS,
        metavar="H",
        help=f"how long waveforms are kept; those of open alarms stay (default {KEEP_HOURS:g})",
    )


def keep_of(arguments: argparse.Namespace) -> "Keep":
    """Check the limits before anything is started for them."""
    from monitor.recording.ring import Keep

    for option, value in (("--keep-gb", arguments.keep_gb), ("--keep-hours", arguments.keep_hours)):
        if not 0 < value < math.inf:
            raise ConfigurationError(f"{option} {value:g}: give a number above 0, or say --no-record")
    return Keep(round(arguments.keep_gb * 1e9), arguments.keep_hours)


def record_folder(arguments: argparse.Namespace) -> Path | None:
    """Where waveforms go; None: nowhere."""
    if arguments.no_record:
        return None
    if arguments.record is not None:
        return Path(arguments.record)
    return waveforms_beside(arguments.journal)


def waveforms_beside(journal: Path | None) -> Path:
    """The folder of waveforms that belongs to a journal."""
    from monitor.journal.journal import default_directory

    return (default_directory() if journal is None else journal) / FOLDER_NAME


def recording_options(arguments: argparse.Namespace) -> list[str]:
    """Spell the options again for a child process."""
    options = ["--keep-gb", str(arguments.keep_gb), "--keep-hours", str(arguments.keep_hours)]
    if arguments.record is not None:
        options += ["--record", str(arguments.record)]
    return options + ["--no-record"] * arguments.no_record
