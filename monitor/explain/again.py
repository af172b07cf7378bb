"""Whether an alarm comes again when the stored minutes before it are judged without the model."""

from dataclasses import dataclass
from typing import Final

from engine.grid import FS_HZ, HOP_S
from monitor.alarms.conditions import BY_NAME
from monitor.alarms.evidence import limits_of
from monitor.alarms.limits import Limits
from monitor.alarms.state import MachineState
from monitor.evaluation.silent import SilentScorer
from monitor.journal.story import AlarmStory
from monitor.pipeline import Pipeline
from monitor.recording import Recording
from monitor.whatif.stored import strip_messages

BEFORE_S: Final = 150
"""ST levels need a minute to be learned and a minute to deviate; all else needs less."""
AFTER_S: Final = 10
OF_THE_MODEL: Final = ("learned_anomaly", "abnormal_baseline", "baseline_drift", "swapped_electrodes")


@dataclass(frozen=True, slots=True)
class Again:
    """An alarm of the same condition from the stored signal."""

    seconds: float
    """Stored signal before the alarm that was judged."""
    raised_sample: int | None
    """Where it was raised now, nearest to where it was then; None if it was not."""
    text: str = ""


def again(recording: Recording, story: AlarmStory) -> Again | None:
    """Judge the stored signal anew; None where the model or the clock judges, or nothing is stored."""
    alarm = story.raised
    condition = BY_NAME.get(alarm.name)
    if condition is None or condition.clock == "wall" or alarm.name in OF_THE_MODEL:
        return None
    hop_n = round(HOP_S * FS_HZ)
    start = max(0, (alarm.raised_sample - BEFORE_S * FS_HZ) // hop_n * hop_n)
    end = alarm.raised_sample + AFTER_S * FS_HZ
    strip = recording.read(alarm.bed, start, end, story.run)
    if not strip.stored.any():
        return None
    limits = limits_of(dict(story.seen["limits"])) if "limits" in story.seen else Limits()
    pipeline = Pipeline(SilentScorer(), restore=lambda bed: MachineState(bed, limits), learn_baselines=False)
    found: list[tuple[int, str]] = []
    for now_s, message in enumerate(strip_messages(strip)):
        pipeline.receive_message(message, now_s * 1_000_000_000)
        while outcomes := pipeline.step():
            found += [
                (start + event.alarm.raised_sample, event.alarm.text)
                for outcome in outcomes
                for event in outcome.events
                if event.alarm.name == alarm.name and event.transition == "raised"
            ]
    n_before = int(strip.stored[: alarm.raised_sample - start].sum())
    if not found:
        return Again(n_before / FS_HZ, None)
    nearest = min(found, key=lambda one: abs(one[0] - alarm.raised_sample))
    return Again(n_before / FS_HZ, *nearest)
