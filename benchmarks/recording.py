"""What storing waveforms costs: CPU time and disk space per bed, and how long writing a second takes.

The signal is a synthetic patient with electrode noise, in pieces of 40 ms, handed over once a second as the
core does it; CPU time includes compressing and checksumming each minute. Real signals compress alike: give a
WFDB record of 12 leads as RECORD to see.
"""

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from bench_tools import finish, spread

from engine.arrays import frozen
from engine.grid import FS_HZ
from engine.leads import LEADS, LeadMap
from engine.resample import resample_whole
from monitor.intake import Samples
from monitor.recording.ring import Keep
from monitor.recording.segment import run_name
from monitor.recording.writer import Writer
from monitor.records import read_record
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story

START_NS = 1_700_000_000_000_000_000
S_NS = 1_000_000_000
PIECE_N = 10


def signal_of(record: str | None, n: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(12, n) mV, (12, n) valid, (12,) present; a record is repeated as often as it takes."""
    if record is None:
        x = Patient(Story((PRESETS["sinus"],), loop=True), fs_hz=FS_HZ).read(n).samples
        return x, np.isfinite(x), np.ones(len(LEADS), bool)
    read = read_record(record)
    lead_map = LeadMap.from_names(read.leads)
    x = lead_map.apply(read.samples)
    x, valid = resample_whole(np.nan_to_num(x), np.isfinite(x), read.fs_hz)
    times = -(-n // x.shape[1])
    return np.tile(x, times)[:, :n], np.tile(valid, times)[:, :n], lead_map.present


def second_of(x: np.ndarray, valid: np.ndarray, present: np.ndarray, second: int) -> list[Samples]:
    """One second of one bed, in pieces."""
    none = frozen(np.zeros(len(LEADS), bool))
    return [
        Samples(
            "bench.1",
            at,
            frozen(x[:, at : at + PIECE_N]),
            frozen(valid[:, at : at + PIECE_N]),
            none,
            frozen(present),
            START_NS + (at + PIECE_N) * S_NS // FS_HZ,
        )
        for at in range(second * FS_HZ, (second + 1) * FS_HZ, PIECE_N)
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("record", nargs="?")
    words = parser.parse_args()
    n_seconds = max(120, round(words.seconds)) // 60 * 60
    x, valid, present = signal_of(words.record, n_seconds * FS_HZ)
    with tempfile.TemporaryDirectory() as name:
        writer = Writer(Path(name), run_name(START_NS), Keep(reserve_bytes=0), lambda since_ns: None)
        waited_ms, cpu_s = [], 0.0
        for second in range(n_seconds):
            pieces = second_of(x, valid, present, second)
            began_s, used_s = time.perf_counter(), time.process_time()
            writer.write(pieces, START_NS + second * S_NS)
            if second >= 60:  # the first minute loads the FLAC library
                cpu_s += time.process_time() - used_s
                waited_ms.append(1000 * (time.perf_counter() - began_s))
        writer.close(START_NS + n_seconds * S_NS)
        assert writer.failing is None, writer.failing
        n_bytes = sum(path.stat().st_size for path in Path(name).rglob("*") if path.is_file())
    finish(
        {
            "leads": int(present.sum()),
            "seconds": n_seconds,
            "cpu_percent_of_one_core_per_bed": round(100 * cpu_s / (n_seconds - 60), 3),
            "megabytes_per_bed_hour": round(n_bytes / n_seconds * 3600 / 1e6, 2),
            "uncompressed_megabytes_per_bed_hour": round(2 * (present.sum() + 1) * FS_HZ * 3600 / 1e6, 2),
            "write_of_a_second_ms": spread(waited_ms),
        }
    )
