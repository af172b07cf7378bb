"""An alarm with the signal around it: what every form of export is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from engine.beatclass import BeatClass
from engine.errors import ConfigurationError
from engine.grid import FS_HZ
from engine.leads import LEADS
from monitor.alarms.alarm import Alarm
from monitor.export.beats import beats_of_strip, lead_in
from monitor.journal.reader import JournalReader
from monitor.journal.story import AlarmStory
from monitor.recording import Recording, Strip
from monitor.recording.strip import stretches_of

WORTH_SAYING_S: Final = 0.2
"""Shorter holes are drawn, but not put into words."""


@dataclass(frozen=True, slots=True, eq=False)
class Excerpt:
    """An alarm, the strip around its onset, and what is wrong with the strip."""

    story: AlarmStory
    strip: Strip
    r_peaks: tuple[int, ...]
    """Absolute samples, found again in the stored signal."""
    spans: tuple[Mapping[str, Any], ...]
    """What the model marked, as journalled with the alarm: lead, onset, offset, strength."""
    holes: tuple[str, ...]
    """Sentences: what is not stored, damaged, or was never received."""
    classes: tuple[BeatClass, ...] = ()
    """One for each of `r_peaks`."""

    @property
    def alarm(self) -> Alarm:
        """As it was raised."""
        return self.story.raised

    @property
    def empty(self) -> bool:
        """Whether there is not one sample to show."""
        return not self.strip.valid.any()

    def seconds(self, sample: int) -> float:
        """Time of an absolute sample from the strip's start."""
        return (sample - self.strip.start_sample) / FS_HZ


def find_alarm(journal: JournalReader, bed: str | None, alarm_id: int) -> AlarmStory:
    """The one alarm of this id; raises ConfigurationError if there is none, or several beds have one."""
    found = journal.stories(bed, alarm_id)
    beds = sorted({story.raised.bed for story in found})
    if not found:
        of = f" of bed {bed}" if bed else ""
        raise ConfigurationError(
            f"the journal in {journal.directory} has no alarm {alarm_id}{of}: "
            "`ecg-monitor journal` lists what it has"
        )
    if len(beds) > 1:
        raise ConfigurationError(
            f"several beds have an alarm {alarm_id} ({', '.join(beds)}): say which, for example "
            f"{beds[0]}/{alarm_id}"
        )
    return found[-1]


def excerpt(story: AlarmStory, folder: Path, before_s: float, after_s: float) -> Excerpt:
    """Read the signal from before the alarm's onset to after it."""
    onset = story.raised.onset_sample
    start = max(0, onset - round(before_s * FS_HZ))
    end = max(start + 1, onset + round(after_s * FS_HZ))
    # A run without a name is that of a core which stored nothing; no segment has it.
    recording, bed = Recording(folder), story.raised.bed
    strip = recording.read(bed, start, end, story.run)
    beats = beats_of_strip(recording.read(bed, lead_in(start), end, story.run), start)
    return Excerpt(
        story,
        strip,
        tuple(peak for peak, _ in beats),
        _spans(story, start, end),
        tuple(_holes(strip)),
        tuple(klass for _, klass in beats),
    )


def _spans(story: AlarmStory, start: int, end: int) -> tuple[Mapping[str, Any], ...]:
    found = {
        (span["lead"], span["onset"], span["offset"]): span
        for evidence in story.evidence
        for span in evidence.get("spans", ())
        if span["lead"] in LEADS and span["onset"] < end and span["offset"] > start
    }
    return tuple(found[key] for key in sorted(found, key=lambda key: (key[1], LEADS.index(key[0]))))


def _holes(strip: Strip) -> list[str]:
    if not strip.stored.any():
        return ["NO WAVEFORM IS STORED around this alarm", *strip.damage]
    said = list(strip.damage)
    for start, end in stretches_of(~strip.stored):
        said.append(f"NOT STORED: {_range(start, end)} of this strip")
    silent = strip.stored & ~strip.valid.any(axis=0)
    for start, end in stretches_of(silent):
        if end - start >= WORTH_SAYING_S * FS_HZ:
            off = strip.lead_off[strip.present, start:end].all()
            said.append(f"{'ALL LEADS OFF' if off else 'NO SIGNAL'}: {_range(start, end)} of this strip")
    partly = strip.stored & strip.valid.any(axis=0)
    for lead in np.flatnonzero(strip.present):
        lost_n = int((partly & ~strip.valid[lead]).sum())
        if lost_n >= WORTH_SAYING_S * FS_HZ:
            off = (partly & strip.lead_off[lead]).any()
            said.append(f"{LEADS[lead]}: {'lead off' if off else 'no signal'} for {lost_n / FS_HZ:.1f} s")
    return said


def _range(start: int, end: int) -> str:
    return f"{start / FS_HZ:.1f} to {end / FS_HZ:.1f} s"
