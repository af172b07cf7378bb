"""Swapped electrodes: judged once in ten seconds, on twelve calibrated leads with a steady rhythm."""

from typing import Final
from zlib import crc32

from engine.grid import FS_HZ
from monitor.alarms.alarm import Priority
from monitor.alarms.finding import Finding
from monitor.alarms.limits import Limits
from monitor.alarms.observation import Observation

EVERY_S: Final = 10
"""Electrodes do not move by themselves: every window would be asked for nothing."""
FROM_S: Final = 1
"""Windows are asked that end within so long after a whole `EVERY_S`, plus a second of each bed's own: beds
that began together are not all asked in the same one."""


def are_due(bed: str, end_sample: int) -> bool:
    """Whether the electrodes of a bed are to be judged in a window that ends there."""
    own_n = crc32(bed.encode()) % EVERY_S * FS_HZ
    return (end_sample - own_n) % (EVERY_S * FS_HZ) < FROM_S * FS_HZ


def can_judge_electrodes(observation: Observation) -> bool:
    """They were judged, on leads in millivolts."""
    return observation.swapped is not None and observation.source.calibrated


def swapped_electrodes(observation: Observation, limits: Limits) -> Finding | None:
    """Leads that contradict each other, or would fit better with two electrodes exchanged."""
    if not observation.swapped:
        return None
    what = tuple(one.what for one in observation.swapped)
    chest_alone = all(name.startswith("V") for name in what)
    text = f"ELECTRODES SWAPPED? {', '.join(what)}: check against the lead names"
    return Finding(text, observation.end_sample, Priority.LOW if chest_alone else Priority.MEDIUM, what)
