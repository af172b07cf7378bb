"""Make the README's picture anew: the real screen with what the real pipeline says of a synthetic patient.

    python docs/picture.py [--at SECONDS] [--size 150x44] [--story demo] [--out docs/picture.svg]

Nothing in it depends on the hour or the machine: the same patient, clock and model give the same picture.
"""

import argparse
import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC
from pathlib import Path

os.environ.pop("NO_COLOR", None)  # before the screen's library looks at it

from svgscreen import svg_of

from engine.grid import FS_HZ
from engine.scorer import load_scorer
from monitor.feed import FeedValue
from monitor.pipeline import Pipeline
from monitor.records import read_record, to_messages
from monitor.tui.app import MonitorApp
from monitor.tui.hand import Hand
from monitor.tui.picture import Places
from monitor.update import CoreStatus, WaveChunk
from simulators.patient.patient import Patient
from simulators.patient.recording import write_record
from simulators.patient.story import load_story
from simulators.patient.truth import truth

START_NS = 1_767_254_400_000_000_000
"""2026-01-01 08:00:00 UTC, when the story begins."""
CHUNK_S = 0.1


class Script:
    """A feed that gives what has been put into it."""

    def __init__(self) -> None:
        self.waiting: list[FeedValue] = []

    def poll(self, timeout_s: float = 0.0) -> list[FeedValue]:
        values, self.waiting = self.waiting, []
        return values


def heard(story: str, until_s: float) -> Iterator[tuple[int, list[FeedValue]]]:
    """What a viewer hears of the story, with the time of it, chunk by chunk."""
    scorer = load_scorer()
    pipeline = Pipeline(scorer)
    now_ns = START_NS
    for message in _messages(story, until_s):
        now_ns += round(1e9 * getattr(message, "n_samples", 0) / getattr(message, "fs_hz", 1.0))
        values: list[FeedValue] = [
            WaveChunk(piece.bed, piece.first_sample, piece.x, piece.valid)
            for piece in pipeline.receive_message(message, now_ns)
        ]
        while outcomes := pipeline.step():
            values += [outcome.update for outcome in outcomes]
            values.append(_status(pipeline, scorer.backend, now_ns))
        yield now_ns, values


def _messages(story: str, until_s: float) -> Iterator[object]:
    fs_hz, known = 2.0 * FS_HZ, load_story(story)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "patient"
        n_samples = round(until_s * fs_hz)
        write_record(
            path, Patient(known, seed=0, fs_hz=fs_hz), truth(known, seed=0, fs_hz=fs_hz, n_samples=n_samples)
        )
        record = read_record(path)
    yield from list(to_messages(record, "ward.1", CHUNK_S))[:-1]  # the bye would end the picture


def _status(pipeline: Pipeline, backend: str, now_ns: int) -> CoreStatus:
    return CoreStatus(now_ns, "", backend, pipeline.beds, "ok", 0.0, 0.0, pipeline.alarms_per_bed_hour)


async def rendered(story: str, at_s: float, width: int, rows: int) -> str:
    """The screen at `at_s` of the story, as SVG."""
    script, now = Script(), [START_NS]
    hand = Hand(lambda: (_ for _ in ()).throw(NotImplementedError("no commands in a picture")))
    places = Places("tcp://127.0.0.1:7311", "tcp://127.0.0.1:7310")
    app = MonitorApp(script, hand, places, now_ns=lambda: now[0], zone=UTC)
    async with app.run_test(size=(width, rows)) as pilot:
        for now[0], script.waiting in heard(story, at_s):
            app.frame()
        for _ in range(3):
            app.look()
            app.frame()
            await pilot.pause()
        strips = app.screen._compositor.render_strips()
    hand.close()
    return svg_of(strips, width)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--at", type=float, default=117.0, metavar="SECONDS", help="moment of the story")
    parser.add_argument("--size", default="150x44", metavar="COLUMNSxROWS")
    parser.add_argument("--story", default="demo", metavar="NAME|FILE")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "picture.svg")
    arguments = parser.parse_args()
    width, rows = map(int, arguments.size.split("x"))
    arguments.out.write_text(
        asyncio.run(rendered(arguments.story, arguments.at, width, rows)), encoding="utf-8"
    )
    print(arguments.out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
