"""Alarms against annotated rhythms: what was found, how soon, and what was false."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from monitor.evaluation.rhythm_truth import Episode, RhythmTruth
from monitor.evaluation.sounds import Sound

KIND_OF: Final = {
    "ventricular_fibrillation": "VF",
    "ventricular_tachycardia": "VT",
    "asystole": "asystole",
}
LETHAL: Final = tuple(KIND_OF)
AF_ALARM: Final = "atrial_fibrillation"
SETTLE_S: Final = 2.0
"""An alarm that ends within so long of an episode's start belongs to what was before."""
LATE_S: Final = 3.0
"""An alarm may begin up to so long after the end of a short episode."""
EARLY_S: Final = 2.0
"""Marks are good to about this."""
MARGIN_S: Final = 5.0
"""A lethal alarm this close to a lethal or neutral stretch is not false."""
MIN_AF_S: Final = 30.0
"""Atrial fibrillation is asked for where it lasts this long."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """One lethal episode and the alarms that answered it."""

    record: str
    episode: Episode
    alarms: tuple[str, ...]
    """Names of the lethal alarms that sounded during it."""
    after_s: float | None
    """From its start to the first alarm that began then; None where one stood already, or none came."""

    @property
    def found(self) -> bool:
        """Some lethal alarm answered it."""
        return bool(self.alarms)

    @property
    def as_own_kind(self) -> bool:
        """The alarm of its own kind answered it."""
        return any(KIND_OF[name] == self.episode.kind for name in self.alarms)


@dataclass(frozen=True, slots=True)
class RecordFigures:
    """One recording."""

    record: str
    hours: float
    outcomes: tuple[Outcome, ...]
    false: tuple[Sound, ...]
    """Lethal alarms without a lethal rhythm."""
    af: tuple[tuple[Episode, bool], ...]
    """Episodes of atrial fibrillation of at least 30 s, and whether each was found."""
    af_false: tuple[Sound, ...]
    """Alarms of atrial fibrillation that touch none."""
    quiet_h: float
    """Hours without atrial fibrillation or flutter ..."""
    af_false_h: float
    """... and how much of that was under an alarm of it."""


def compare(record: str, hours: float, truth: RhythmTruth, sounds: Sequence[Sound]) -> RecordFigures:
    """Hold the alarms of one recording against its annotations."""
    lethal = [sound for sound in sounds if sound.name in KIND_OF]
    fibrillation = [sound for sound in sounds if sound.name == AF_ALARM]
    accepted = [*truth.lethal, *truth.neutral]
    quiet_h, false_h = _af_time(truth, fibrillation, 3600 * hours)
    return RecordFigures(
        record,
        hours,
        tuple(_outcome(record, episode, lethal) for episode in truth.lethal),
        tuple(sound for sound in lethal if not _touches(sound, accepted, MARGIN_S)),
        tuple(
            (episode, any(_overlaps(sound, episode, 0.0) for sound in fibrillation))
            for episode in truth.af
            if episode.length_s >= MIN_AF_S
        ),
        tuple(sound for sound in fibrillation if not _touches(sound, truth.af, MIN_AF_S / 2)),
        quiet_h,
        false_h,
    )


def _outcome(record: str, episode: Episode, sounds: Iterable[Sound]) -> Outcome:
    heard = [
        sound
        for sound in sounds
        if sound.start_s <= episode.end_s + LATE_S and sound.end_s >= episode.start_s + SETTLE_S
    ]
    began = [sound.start_s for sound in heard]
    standing = any(start_s < episode.start_s - EARLY_S for start_s in began)
    after_s = max(0.0, min(began) - episode.start_s) if began and not standing else None
    return Outcome(record, episode, tuple(sorted({sound.name for sound in heard})), after_s)


def _overlaps(sound: Sound, episode: Episode, margin_s: float) -> bool:
    return min(sound.start_s, sound.onset_s) <= episode.end_s + margin_s and (
        sound.end_s >= episode.start_s - margin_s
    )


def _touches(sound: Sound, episodes: Iterable[Episode], margin_s: float) -> bool:
    return any(_overlaps(sound, episode, margin_s) for episode in episodes)


def _af_time(truth: RhythmTruth, sounds: Iterable[Sound], duration_s: float) -> tuple[float, float]:
    """Hours clear of atrial fibrillation (and of the half minute an alarm needs to end), and under alarm."""
    seconds = np.arange(round(duration_s)) + 0.5
    quiet = np.ones(seconds.size, np.bool_)
    for episode in truth.af:
        quiet &= (seconds < episode.start_s) | (seconds > episode.end_s + MIN_AF_S)
    alarmed = np.zeros(seconds.size, np.bool_)
    for sound in sounds:
        alarmed |= (seconds >= sound.start_s) & (seconds < sound.end_s)
    return float(quiet.sum()) / 3600, float((quiet & alarmed).sum()) / 3600
