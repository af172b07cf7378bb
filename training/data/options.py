"""Options that `data fetch` and `data check` share."""

import argparse
import re
from typing import Final

from training.data.manifest import Part
from training.ptbxl import FOLDS

_RATES: Final = {"100": (100,), "500": (500,), "both": (100, 500)}


def add_part_arguments(parser: argparse.ArgumentParser) -> None:
    """Which part of the data set is meant."""
    parser.add_argument(
        "--rate", choices=_RATES, default="100", help="in Hz; training uses 100 (%(default)s)"
    )
    parser.add_argument(
        "--folds", type=parse_folds, default=tuple(FOLDS), metavar="LIST", help="such as 8,9 or 1-7 (all)"
    )


def part_of(args: argparse.Namespace) -> Part:
    """The part that the options name."""
    return Part(_RATES[args.rate], args.folds)


def parse_folds(text: str) -> tuple[int, ...]:
    """`1-7,9` as numbers; every one of them a fold."""
    folds: set[int] = set()
    for piece in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", piece)
        if not match:
            raise argparse.ArgumentTypeError(f"{text!r} is no list of folds: write it like 8,9 or 1-7")
        folds.update(range(int(match[1]), int(match[2] or match[1]) + 1))
    if not folds or not folds <= set(FOLDS):
        raise argparse.ArgumentTypeError(f"{text!r}: there are folds 1 to {FOLDS[-1]}")
    return tuple(sorted(folds))
