"""What a large journal takes, in time and memory, to open, list, verify, and to read one alarm of.

It is made up, with `--entries` entries (200,000: some four days of ten beds), or the one in `--folder`. Each
task is done in a process of its own; its memory is to be compared with that of the one that does nothing.
"""

import argparse
import json
import os
import random
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import redirect_stdout
from itertools import islice
from pathlib import Path
from time import perf_counter
from typing import Any

from bench_tools import finish

from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.alarms.alarm import Alarm, AlarmEvent, Kind, Phase, Priority, Transition
from monitor.cli import main
from monitor.journal.entry import Entry, EntryKind, alarm_entry
from monitor.journal.journal import FILE_NAME, Journal
from monitor.journal.reader import JournalReader
from monitor.recording.segment import Segment, run_name
from monitor.review.book import read_book

BEDS = tuple(f"ward.{number}" for number in range(1, 11))
START_NS = 1_700_000_000_000_000_000
MINUTE_NS = 60_000_000_000
RUN = run_name(START_NS)
ALARMED = 0.25
"""Alarms of a bed in a minute."""
LIFE = (
    (Transition.RAISED, Phase.ACTIVE),
    (Transition.LATCHED, Phase.LATCHED),
    (Transition.ENDED, Phase.ENDED),
)
LEARNED_EVERY = 240
"""Minutes between two baselines of a bed."""


def entries() -> Iterator[Entry]:
    """What ten beds leave behind, minute by minute, as large as live."""
    dice = random.Random(1)
    yield Entry(EntryKind.START, START_NS, {"version": "0", "run": RUN})
    ids = dict.fromkeys(BEDS, 0)
    minute = 0
    while True:
        minute += 1
        now_ns = START_NS + minute * MINUTE_NS
        for bed in BEDS:
            if minute % LEARNED_EVERY == 5:
                yield Entry(EntryKind.BASELINE, now_ns, _learned(dice), bed)
            yield from _minute(bed, minute, now_ns, dice)
            if dice.random() < ALARMED:
                ids[bed] += 1
                yield from _alarm(bed, ids[bed], minute, now_ns, dice)


def _minute(bed: str, minute: int, now_ns: int, dice: random.Random) -> Iterator[Entry]:
    place = Segment.starting(bed, RUN, (minute - 1) * 60 * FS_HZ, now_ns - MINUTE_NS).place
    digest = f"{dice.getrandbits(256):064x}"
    yield Entry(
        EntryKind.SEGMENT, now_ns, {"segment": place, "n": 15000, "bytes": 103248, "sha256": digest}, bed
    )
    covered = {"assessed_s": 60.0 * minute, "not_assessed_s": 0.0, "by_reason": {}}
    yield Entry(EntryKind.COVERAGE, now_ns, covered, bed)
    came_to = {
        "start_sample": (minute - 1) * 60 * FS_HZ,
        "end_sample": minute * 60 * FS_HZ,
        "n_windows": 60,
        "assessed_share": 1.0,
        "reason": None,
        "heart_rate_bpm": round(dice.gauss(75, 5), 1),
        "st_mv": [round(dice.gauss(0, 0.03), 3) for _ in LEADS],
        "score_median": 0.4,
        "score_max": 0.7,
        "pvc_per_min": 0,
        "rhythms": {},
    }
    yield Entry(EntryKind.TREND, now_ns, came_to, bed)


def _alarm(bed: str, number: int, minute: int, now_ns: int, dice: random.Random) -> Iterator[Entry]:
    end = (minute - 1) * 60 * FS_HZ + dice.randrange(60 * FS_HZ)
    text = f"HR {dice.randrange(121, 160)} > 120"
    for k, (transition, phase) in enumerate(
        (
            (Transition.RAISED, Phase.ACTIVE),
            (Transition.LATCHED, Phase.LATCHED),
            (Transition.ENDED, Phase.ENDED),
        )
    ):
        kind, priority = Kind.PATIENT, Priority.MEDIUM
        alarm = Alarm(number, bed, "heart_rate_high", kind, priority, phase, text, end - 900, end, now_ns)
        yield alarm_entry(AlarmEvent(transition, alarm, now_ns + k), _evidence(end, dice))


def _evidence(end: int, dice: random.Random) -> dict[str, Any]:
    spans = [
        {"lead": lead, "onset": end - dice.randrange(500), "offset": end, "strength": round(dice.random(), 4)}
        for lead in LEADS
        for _ in range(2)
    ]
    return {
        "end_sample": end,
        "hop": True,
        "lead_states": dict.fromkeys(LEADS, "ok"),
        "limits": {"extreme_high_bpm": 140.0, "extreme_low_bpm": 40.0, "high_bpm": 120.0, "low_bpm": 50.0},
        "model": "mcr@cfdd42b4c6c5",
        "r_peaks": [end - 2500 + k * 160 for k in range(15)],
        "rhythm": {"label": "", "evidence": dice.random(), "waves": {"evidence": dice.random()}},
        "score": {"score": dice.random(), "threshold": 1.0, "against_all_people": dice.random()},
        "spans": spans,
        "st_mv": [dice.gauss(0, 0.05) for _ in LEADS],
        "vitals": {"heart_rate_bpm": 60 + 80 * dice.random(), "n_beats": 15, "rr_ms": 382.0},
    }


def _learned(dice: random.Random) -> dict[str, Any]:
    shape = [[round(dice.gauss(0, 0.3), 3) for _ in range(100)] for _ in LEADS]
    baseline = {"format": 0, "middle": shape, "spread": shape}
    return {"what": "learned", "text": "learned", "patient": "", "baseline": baseline}


def write(folder: Path, n: int) -> None:
    """Fill a journal."""
    with Journal(folder) as journal:
        made = islice(entries(), n)
        while batch := list(islice(made, 5000)):
            journal.append(batch)


def _opened(folder: Path) -> None:
    with JournalReader(folder) as journal:
        journal.last_hash()


def _listed(folder: Path) -> None:
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        main(["journal", str(folder)])


def _hashed(folder: Path) -> None:
    with Path(os.devnull).open("w") as nowhere, redirect_stdout(nowhere):
        main(["journal", str(folder), "--hash"])


def _pages(folder: Path) -> None:
    with JournalReader(folder) as journal:
        journal.damaged_pages()


def _verified(folder: Path) -> None:
    with JournalReader(folder) as journal:
        journal.verify()


def _booked(folder: Path) -> None:
    with JournalReader(folder) as journal:
        read_book(journal)


def _told(folder: Path) -> None:
    with JournalReader(folder) as journal:
        (event,) = islice((e for e in journal.entries(EntryKind.ALARM, BEDS[-1])), 1)
        journal.stories(event.bed, event.body["alarm"]["id"])


TASKS: dict[str, Callable[[Path], None]] = {
    "nothing": lambda folder: None,
    "open": _opened,
    "list (ecg-monitor journal)": _listed,
    "hash (ecg-monitor journal --hash)": _hashed,
    "check pages": _pages,
    "verify the chain": _verified,
    "read the book (ecg-monitor review)": _booked,
    "one alarm with its evidence": _told,
}


def alone(name: str, folder: Path) -> dict[str, float]:
    """Do one task here; seconds, and the most memory this process ever had."""
    start = perf_counter()
    TASKS[name](folder)
    taken = perf_counter() - start
    status = Path("/proc/self/status").read_text()
    peak = int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024 / 1e6
    return {"seconds": round(taken, 3), "peak_rss_mb": round(peak, 1)}


def apart(name: str, folder: Path, times: int) -> dict[str, float]:
    """Do one task in other processes; the shortest time and the most memory of them."""
    command = [sys.executable, __file__, "--folder", str(folder), "--task", name]
    runs = [json.loads(subprocess.check_output(command)) for _ in range(times)]
    return {
        "seconds": min(one["seconds"] for one in runs),
        "peak_rss_mb": max(one["peak_rss_mb"] for one in runs),
    }


def measured(folder: Path, times: int) -> dict[str, Any]:
    """All tasks over one journal."""
    with JournalReader(folder) as journal:
        n = sum(1 for _ in journal.entries())
    size_mb = round((folder / FILE_NAME).stat().st_size / 1e6, 1)
    return {"entries": n, "size_mb": size_mb, **{name: apart(name, folder, times) for name in TASKS}}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--folder", type=Path, help="a journal that is there already")
    parser.add_argument("--times", type=int, default=3, help="of each task; the shortest counts")
    parser.add_argument("--task", choices=TASKS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.task:
        print(json.dumps(alone(given.task, given.folder)))
    elif given.folder:
        finish(measured(given.folder, given.times))
    else:
        with tempfile.TemporaryDirectory() as made:
            write(Path(made), given.entries)
            finish(measured(Path(made), given.times))
