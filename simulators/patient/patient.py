"""A synthetic patient: a story and a seed become a stream of 12 leads, the same however it is cut."""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.arrays import F32, F64, Bools, frozen
from engine.errors import ConfigurationError
from engine.grid import MAX_SOURCE_HZ, MIN_SOURCE_HZ
from engine.leads import LEADS
from simulators.patient.autonomic import Autonomic
from simulators.patient.beat import Beat, Waves
from simulators.patient.body import patient_lead_field
from simulators.patient.dipole import dipole_of_waves, waves_of
from simulators.patient.fibrillation import fade
from simulators.patient.heart import heart
from simulators.patient.lead_field import MONTAGE
from simulators.patient.noise import RAIL_MV, ElectrodeNoise, detached
from simulators.patient.scene import Scene
from simulators.patient.story import Story

BLOCK_S = 1.0
"""Signal is always made in blocks of this length on a fixed grid, then cut to what was asked for."""
N_PHASES = 25
"""Grids of patients with successive seeds are shifted against each other, so that a ward's work is spread."""
AHEAD_S = 0.8
"""Waves reach this far before and after their R peak."""
AFTERMATH_S = 3.0
"""An ended scene's electrodes have settled after this time."""


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """A stretch of the patient's signal."""

    first_sample: int
    samples: F32
    """(12, n) float32, mV, standard lead order."""
    lead_off: Bools
    """(12, n) bool: an electrode that the lead needs is off."""
    caption: str
    """What the act at the chunk's start says it is."""


class Patient:
    """An endless (or, when its story does not loop, ending) source of 12-lead ECG."""

    def __init__(self, story: Story, *, seed: int = 0, fs_hz: float = 500.0) -> None:
        check_rate(fs_hz)
        self.fs_hz = fs_hz
        self.n_samples = None if story.loop else math.floor(story.duration_s * fs_hz)
        self._autonomic = autonomic(seed)
        self._events = heart(story, seed, self._autonomic)
        self._lead_field = patient_lead_field(seed)
        self._noise = ElectrodeNoise(seed, fs_hz, self._autonomic)
        self._block_n = round(BLOCK_S * fs_hz)
        self._next_block_n = max(1, self._block_n * (1 + seed % N_PHASES) // N_PHASES)
        self._made = 0
        self._given = 0
        self._scenes: list[Scene] = []
        self._waves: list[tuple[float, Waves]] = []
        self._heard_until_s = -math.inf
        self._rest: list[Chunk] = []

    def read(self, n: int) -> Chunk:
        """The next `n` samples; fewer, and then none, once a story that does not loop has ended."""
        if self.n_samples is not None:
            n = min(n, self.n_samples - self._given)
        while self._made < self._given + n:
            self._rest.append(self._next_block())
        samples = np.concatenate([c.samples for c in self._rest] or [np.zeros((12, 0), np.float32)], axis=1)
        lead_off = np.concatenate([c.lead_off for c in self._rest] or [np.zeros((12, 0), bool)], axis=1)
        first, caption = self._given, self._caption_at(self._given / self.fs_hz)
        self._given += n
        rest = Chunk(self._given, samples[:, n:], lead_off[:, n:], caption)
        self._rest = [rest] if rest.samples.shape[1] else []
        return Chunk(first, frozen(samples[:, :n].copy()), frozen(lead_off[:, :n].copy()), caption)

    def _next_block(self) -> Chunk:
        first, n = self._made, self._next_block_n
        t_s = (first + np.arange(n)) / self.fs_hz
        self._listen(float(t_s[0]), float(t_s[-1]))
        dipole = dipole_of_waves([w for _, w in self._waves], first, n, self.fs_hz)
        samples, lead_off = self._at_the_electrodes(self._lead_field @ dipole + self._fibrillation(t_s), t_s)
        self._made += n
        self._next_block_n = self._block_n
        return Chunk(first, samples.astype(np.float32), lead_off, "")

    def _listen(self, start_s: float, end_s: float) -> None:
        """Take the heart's events up to a little after `end_s`; forget those that no longer matter."""
        while self._heard_until_s < end_s + AHEAD_S:
            event = next(self._events, None)
            if event is None:
                break
            if isinstance(event, Scene):
                self._scenes.append(event)
                self._heard_until_s = event.start_s
            else:
                waves = waves_of(event, self._scenes[-1], self._autonomic)
                self._waves.append((event.end_s, waves))
                self._heard_until_s = event.time_s
        self._scenes = [s for s in self._scenes if s.end_s > start_s - AFTERMATH_S]
        self._waves = [(end, w) for end, w in self._waves if end > start_s - AHEAD_S]

    def _fibrillation(self, t_s: F64) -> F64:
        """(12, n) mV of fibrillating atria or ventricles."""
        total = np.zeros((len(LEADS), len(t_s)))
        for scene in self._scenes:
            if scene.activity is not None:
                shape = fade(t_s, scene.start_s, scene.end_s)
                total += shape * scene.activity.leads_mv(t_s - scene.activity_since_s, self._lead_field)
        return total

    def _at_the_electrodes(self, heart_mv: F64, t_s: F64) -> tuple[F64, Bools]:
        is_open, open_mv = detached(self._scenes, t_s)
        lead_off = np.abs(MONTAGE) @ is_open > 0
        electrodes = self._noise.block(t_s, self._scenes) + open_mv
        attached_mv = np.where(lead_off, 0.0, heart_mv)
        return np.clip(attached_mv + MONTAGE @ electrodes, -RAIL_MV, RAIL_MV), lead_off

    def _caption_at(self, t_s: float) -> str:
        captions = [s.act.caption for s in self._scenes if s.start_s <= t_s]
        return captions[-1] if captions else ""


def autonomic(seed: int) -> Autonomic:
    """Breathing and heart-rate variability of the patient with this seed."""
    return Autonomic(np.random.default_rng([seed, 4]))


def beats_and_scenes(story: Story, seed: int) -> Iterator[Scene | Beat]:
    """The very events that `Patient(story, seed=seed)` plays, without making any signal."""
    return heart(story, seed, autonomic(seed))


def check_rate(fs_hz: float) -> None:
    """Refuse rates that no monitor takes."""
    if not MIN_SOURCE_HZ <= fs_hz <= MAX_SOURCE_HZ:
        raise ConfigurationError(
            f"sampling rate {fs_hz:g} Hz; choose one from {MIN_SOURCE_HZ} to {MAX_SOURCE_HZ} Hz"
        )
