"""Digits and a few letters that can be read across a room."""

from typing import Final

import numpy as np

_GLYPHS: Final[dict[str, str]] = {
    "0": "####/#..#/#..#/#..#/####",
    "1": "..#./.##./..#./..#./.###",
    "2": "####/...#/####/#.../####",
    "3": "####/...#/.###/...#/####",
    "4": "#..#/#..#/####/...#/...#",
    "5": "####/#.../####/...#/####",
    "6": "####/#.../####/#..#/####",
    "7": "####/...#/..#./.#../.#..",
    "8": "####/#..#/####/#..#/####",
    "9": "####/#..#/####/...#/####",
    "-": "..../..../####/..../....",
    " ": "../../../../..",
    "A": ".##./#..#/####/#..#/#..#",
    "D": "###./#..#/#..#/#..#/###.",
    "E": "####/#.../###./#.../####",
    "F": "####/#.../###./#.../#...",
    "L": "#.../#.../#.../#.../####",
    "N": "#..#/##.#/#.##/#..#/#..#",
    "O": "####/#..#/#..#/#..#/####",
    "R": "###./#..#/###./#.#./#..#",
    "S": "####/#.../####/...#/####",
    "T": "#####/..#../..#../..#../..#..",
    "Z": "####/..#./.#../#.../####",
}
_HALVES: Final = np.array([[" ", "▄"], ["▀", "█"]])


def small(text: str) -> list[str]:
    """Three rows: two pixels in a cell, one above the other."""
    pixels = np.vstack([_pixels(text), np.zeros((1, _pixels(text).shape[1]), int)])
    return ["".join(_HALVES[upper, lower]) for upper, lower in zip(pixels[::2], pixels[1::2], strict=True)]


def large(text: str) -> list[str]:
    """Five rows: two cells for a pixel."""
    return ["".join("██" if pixel else "  " for pixel in row) for row in _pixels(text)]


def _pixels(text: str) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:
    glyphs = [np.array([[c == "#" for c in row + "."] for row in _GLYPHS[c].split("/")], int) for c in text]
    return np.hstack(glyphs)[:, :-1]
