"""The one word for how the ECG looks now, and its reasons."""

from dataclasses import dataclass

from engine.grid import WINDOW_N
from monitor.alarms.alarm import Priority
from monitor.tui.bedview import BedView
from monitor.tui.palette import ALARM_ON, Ink
from monitor.tui.picture import Picture


@dataclass(frozen=True, slots=True)
class Assessment:
    """A word, its colours, and a line of detail."""

    word: str
    style: str
    detail: str = ""


def assess(bed: BedView | None, picture: Picture) -> Assessment:
    """NORMAL is said only of a live, assessed window without marks and without an alarm about the patient.

    A window that is as usual for its patient, but not like normal ECG, is AS USUAL.
    """
    if bed is None or bed.update is None or not picture.live:
        return Assessment("╱╱ NOT ASSESSED ╱╱", Ink.NOT_ASSESSED, picture.state.value)
    update = bed.update
    if update.score is None or update.reason is not None:
        return Assessment("╱╱ NOT ASSESSED ╱╱", Ink.NOT_ASSESSED, update.reason or "no score")
    detail = f"score {update.score:.2f}, limit {update.threshold:.2f}"
    against_all = update.population_score
    if against_all is not None:
        detail = f"score {update.score:.2f}, to normal ECG {against_all:.2f}"
    if update.score > update.threshold:
        return Assessment("◆ ANOMALOUS ◆", Ink.ANOMALY, detail)
    priority = bed.patient_priority
    if priority is not None and priority > Priority.LOW:
        return Assessment("SEE ALARM", ALARM_ON[priority], f"beat shapes usual, score {update.score:.2f}")
    if any(span.offset > update.end_sample - WINDOW_N for span in update.spans):
        return Assessment("◆ SINGLE MARKS", Ink.ANOMALY_TEXT, detail)
    if against_all is not None and against_all > update.threshold:
        return Assessment("● AS USUAL ●", Ink.NOTICE, detail)
    return Assessment("✔ NORMAL", Ink.GOOD, detail)
