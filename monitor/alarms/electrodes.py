"""Swapped electrodes: judged once in ten seconds, on twelve calibrated leads with a steady rhythm."""

from typing import Final
from zlib import crc32

from engine.grid import FS_HZ
from engine.swapped import MIN_BEATS, find_swapped, typical_beat, whole_beats
from monitor.alarms.alarm import Priority
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation

EVERY_S: Final = 10
"""Electrodes do not move by themselves: every window would be asked for nothing."""
FROM_S: Final = 1
"""Windows are asked that end within so long after a whole `EVERY_S`, plus a second of each bed's own: beds
that began together are not all asked in the same one."""


def can_judge_electrodes(observation: Observation) -> bool:
    """All leads are there in millivolts, and most beats are of one kind."""
    own_n = crc32(observation.bed.encode()) % EVERY_S * FS_HZ
    due = observation.hop and (observation.end_sample - own_n) % (EVERY_S * FS_HZ) < FROM_S * FS_HZ
    prepared = None if observation.score is None else observation.score.prepared
    if not due or prepared is None or not observation.source.calibrated or not prepared.leads.all():
        return False
    rhythm = observation.rhythm
    steady = rhythm is None or (rhythm.run is None and not rhythm.waves.fibrillation)
    return steady and int(whole_beats(prepared).sum()) >= MIN_BEATS


def swapped_electrodes(observation: Observation, limits: Limits) -> Finding | None:
    """Leads that contradict each other, or would fit better with two electrodes exchanged."""
    assert observation.score is not None and observation.score.prepared is not None
    beat = typical_beat(observation.score.prepared)
    assert beat is not None  # can_judge_electrodes
    found = find_swapped(beat)
    if not found:
        return None
    what = tuple(one.what for one in found)
    chest_alone = all(name.startswith("V") for name in what)
    text = f"ELECTRODES SWAPPED? {', '.join(what)}: check against the lead names"
    return Finding(text, observation.end_sample, Priority.LOW if chest_alone else Priority.MEDIUM, what)
