"""A journal with waveforms to look back at, and a reviewer's screen over it.

`written` is a ward on paper: a closed-form ECG stored by the real recorder, alarms as a core would have
entered them. `lived` is a synthetic patient who went through the real pipeline.
"""

import asyncio
import sys
from dataclasses import dataclass, replace
from datetime import UTC
from functools import cache
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "core"))

from core_thread import core_running
from stored_alarm import EVIDENCE, alarm_of, store
from waveform_desk import ROOMY, START_NS, S, nothing_known, pieces

from engine.arrays import frozen
from engine.backends.backend import NetworkOutputs
from engine.grid import FS_HZ
from engine.preprocess import MAP_N
from engine.scoremap import ScoreMap
from engine.scorer import load_scorer
from monitor.alarms.alarm import AlarmEvent, Kind, Phase, Priority, Transition
from monitor.journal.entry import Entry, EntryKind, alarm_entry
from monitor.journal.journal import Journal
from monitor.journal.reader import JournalReader
from monitor.pipeline import Pipeline
from monitor.recording.recorder import WaveformRecorder
from monitor.recording.segment import run_name
from monitor.review.app import ReviewApp
from monitor.review.book import read_book
from monitor.review.desk import Desk
from monitor.review.filters import Filter
from monitor.review.notebook import Notebook
from monitor.review.restored import load_backend
from monitor.review.section import Engines
from monitor.review.spot import Looks
from monitor.update import Source
from monitor.wire import Hello, Session
from simulators.patient.patient import Patient
from simulators.patient.presets import PRESETS
from simulators.patient.story import Story

SECONDS = 150
AXIS = np.array([0.6, 1.0, 0.4, -0.8, 0.2, 0.7, -0.6, -0.8, 0.4, 1.1, 1.2, 0.9])
"""What each lead sees of the beat."""
STRANGE = range(20 * FS_HZ, 26 * FS_HZ)
"""Samples that the written ward's model finds anomalous, in V3."""
NO_CORE = "tcp://127.0.0.1:9"
__all__ = ["core_running"]  # for tests that need a core


def ecg(seconds=SECONDS):
    """(12, n) mV: 75 beats a minute; rounded, so that no machine's last bit moves a dot."""
    t = ((np.arange(round(seconds * FS_HZ)) / FS_HZ) % 0.8)[None]
    bumps = (
        (0.2, 0.03, 0.12),
        (0.36, 0.012, -0.15),
        (0.4, 0.014, 1.0),
        (0.44, 0.012, -0.2),
        (0.62, 0.05, 0.3),
    )
    beat = sum(height * np.exp(-0.5 * ((t - at) / width) ** 2) for at, width, height in bumps)
    return np.round(AXIS[:, None] * beat, 3).astype(np.float32)


class Verdicts:
    """A model that is sure of itself: 0.42 is usual, what overlaps `STRANGE` is 1.6 and marked in V3."""

    model = "written"
    backend = "paper"

    def score(self, signals, qualities, beats):
        return [self._one(window) for window in signals.windows]

    def _one(self, window):
        on_map = np.zeros((12, MAP_N), np.float32)
        at = window.start_sample + np.arange(MAP_N) * FS_HZ // 100
        on_map[8] = np.isin(at, STRANGE) * np.float32(2.0)
        strange = bool(on_map.any())
        return ScoreMap(
            window.bed, window.end_sample, frozen(on_map), 1.6 if strange else 0.42, 1.0, None, None
        )


class Copyist:
    """A network that restores everything as it is."""

    name = "paper"

    def run(self, batch):
        n = len(batch.signal)
        return NetworkOutputs(
            np.zeros_like(batch.signal), np.zeros_like(batch.beats), np.zeros((n, 2)), np.zeros((n, 1))
        )


def written(folder):
    """The ward on paper: four alarms of two beds, V6 off for a while, a gap of four seconds."""
    x = ecg()
    valid = np.ones(x.shape, bool)
    valid[11, 30 * FS_HZ : 36 * FS_HZ] = False
    whole = pieces(x, valid=valid)
    gap = range(60 * FS_HZ, 64 * FS_HZ)
    off = [
        replace(piece, lead_off=frozen(np.arange(12) == 11))
        if 30 * FS_HZ <= piece.first_sample < 36 * FS_HZ
        else piece
        for piece in whole
        if piece.first_sample not in gap
    ]
    other = pieces(ecg(30), bed="ward.2")
    alarms = [
        alarm_of(onset=20 * FS_HZ, raised=24 * FS_HZ, number=1),
        _alarm(2, "lead_off", "LEAD OFF V6", Priority.LOW, 30, 31, kind=Kind.TECHNICAL),
        _alarm(3, "gap", "GAP 4.0 s", Priority.LOW, 60, 65, kind=Kind.TECHNICAL),
        _alarm(4, "asystole", "ASYSTOLE 4.2 > 4 s", Priority.HIGH, 100, 104),
        _alarm(1, "heart_rate_low", "HR 44 < 50", Priority.MEDIUM, 10, 14, bed="ward.2"),
    ]
    spans = [{"lead": "V3", "onset": STRANGE.start, "offset": STRANGE.start + 400, "strength": 2.0}]
    store(folder, off, other, alarms=alarms, evidence={**EVIDENCE, "spans": spans}, source=None)
    events = [
        _event(alarms[0], Transition.ACKNOWLEDGED, Phase.ACKNOWLEDGED, 40, "nurse 1"),
        _event(alarms[0], Transition.ENDED, Phase.ENDED, 55, "nurse 1"),
        _event(alarms[3], Transition.LATCHED, Phase.LATCHED, 112),
    ]
    coverage = [
        Entry(EntryKind.COVERAGE, START_NS + at * S, _covered(good, bad), "ward.1")
        for at, good, bad in ((60, 60.0, 0.0), (120, 90.0, 30.0), (150, 90.0, 60.0))
    ]
    with Journal(folder) as journal:
        journal.append([*(alarm_entry(event, {}) for event in events), *coverage])
    return folder


def _covered(assessed_s, not_assessed_s):
    reasons = {"gap": not_assessed_s} if not_assessed_s else {}
    return {"assessed_s": assessed_s, "not_assessed_s": not_assessed_s, "by_reason": reasons}


def _alarm(number, name, text, priority, onset_s, raised_s, bed="ward.1", kind=Kind.PATIENT):
    alarm = alarm_of(onset=onset_s * FS_HZ, raised=raised_s * FS_HZ, bed=bed, number=number)
    return replace(alarm, name=name, text=text, priority=priority, kind=kind)


def _event(alarm, transition, phase, at_s, by=None):
    return AlarmEvent(transition, replace(alarm, phase=phase, acknowledged_by=by), START_NS + at_s * S)


@cache
def real_scorer():
    return load_scorer()


def lived(folder, rhythms=("sinus", "vt", "sinus"), seconds=16.0):
    """A synthetic patient, heard by the real pipeline, journalled and recorded as a core does it."""
    pipeline, now_ns = Pipeline(real_scorer()), START_NS
    session = Session(Hello("ward.1", "boot-1", ("I", "II", "V1", "V2", "V5"), 250.0))
    patients = [Patient(Story((PRESETS[name],)), fs_hz=250, seed=1) for name in rhythms]
    signal = np.concatenate([one.read(round(seconds * 250)).samples for one in patients], axis=1)
    signal = signal[[0, 1, 6, 7, 10]]
    run = run_name(START_NS)
    with Journal(folder) as journal:
        journal.append([Entry(EntryKind.START, START_NS, {"version": "0.1.0", "run": run})])
        recorder = WaveformRecorder(folder / "waveforms", run, ROOMY, nothing_known, START_NS)
        pipeline.receive_message(session.announce(), now_ns)
        for start in range(0, signal.shape[1], 50):
            now_ns += S // 5
            recorder.take(pipeline.receive_message(session.data(signal[:, start : start + 50], 0), now_ns))
            outcomes = []
            while more := pipeline.step(lambda at_ns=now_ns: at_ns):
                outcomes += more
            entries = [alarm_entry(event, one.evidence) for one in outcomes for event in one.events]
            journal.append(entries + recorder.turn(now_ns, {"ward.1": SOURCE}, ()))
        for bed in pipeline.beds:
            recorder.take(pipeline.give(bed))
        journal.append(recorder.close(now_ns))
    return folder


SOURCE = Source("live", device="monitor 3", patient="p-17", fs_hz=250)


@dataclass
class Reviewer:
    """The screen, its desk, and how to look at them."""

    app: ReviewApp
    desk: Desk
    pilot: object = None

    async def begin_again(self):
        """As it was when the screen was opened."""
        while len(self.app.screen_stack) > 1:
            self.app.pop_screen()
        self.desk.change(lambda looks: Looks())
        self.desk.choose(Filter())
        self.desk.select(-100)
        self.app.say("")
        await self.picture()

    async def picture(self):
        """The screen as plain text, when all work is done."""
        for _ in range(400):
            self.app.look()
            await self.pilot.pause()
            if self.desk.bench.idle:
                break
            await asyncio.sleep(0.02)
        for _ in range(3):
            self.app.look()
            await self.pilot.pause()
        strips = self.app.screen._compositor.render_strips()
        return "\n".join(strip.text.rstrip() for strip in strips) + "\n"


def paper_engines():
    return Engines(Verdicts, Copyist)


def real_engines():
    return Engines(real_scorer, load_backend)


def reviewing(folder, act, size=(120, 40), engines=None, operator="nurse 1", commands=NO_CORE, banners=()):
    """Run an act, an async function of the reviewer, over the journal in a folder."""

    async def play():
        with JournalReader(folder) as journal:
            book = read_book(journal)
        notebook = Notebook(folder, operator, commands, now_ns=lambda: START_NS + 200 * S)
        desk = Desk(book, folder / "waveforms", notebook, engines or paper_engines(), zone=UTC)
        app = ReviewApp(desk, banners, now=lambda: 0.0)
        try:
            async with app.run_test(size=size) as pilot:
                await act(Reviewer(app, desk, pilot))
        finally:
            desk.close()

    asyncio.run(play())
