"""Heart rate in big digits and the other numbers, as rich text."""

from typing import Final

from rich.text import Text

from monitor.tui import bigtext
from monitor.tui.assessment import assess
from monitor.tui.bedview import BedView
from monitor.tui.palette import ALARM_ON, Ink
from monitor.tui.picture import Picture

UNKNOWN: Final = "---"
_RATE_ALARMS: Final = ("heart_rate", "brady", "tachy", "asystole", "ventricular", "fibrillation")


def rate_digits(bed: BedView | None, picture: Picture) -> str:
    """The heart rate as three places; never an old one."""
    rate = bed.update.vitals.heart_rate_bpm if bed and bed.update and picture.live else None
    return UNKNOWN if rate is None else f"{min(round(rate), 999):>3}"


def heart_rate(bed: BedView | None, picture: Picture, *, large: bool) -> Text:
    """A title and big digits in the colour of the rate's alarm, if it has one."""
    digits = rate_digits(bed, picture)
    style = rate_style(bed, picture)
    lines = bigtext.large(digits) if large else bigtext.small(digits)
    return Text.assemble(("HR ", Ink.STRONG), ("bpm\n", Ink.DIM), ("\n".join(lines), style))


def rhythm_line(bed: BedView | None, picture: Picture, width: int) -> Text:
    """What stands out of the rhythm at the left, ventricular beats in the last minute at the right."""
    update = bed.update if bed and picture.live else None
    label = update.rhythm if update else ""
    count = update.pvc_per_min if update else None
    pvc = f"PVC {UNKNOWN if count is None else count}/min"
    room = max(0, width - len(pvc) - 1)
    name = label if len(label) <= room else f"{label[: room - 1]}…" if room > 1 else ""
    return Text.assemble(
        (name, _rhythm_style(bed, picture)),
        " " * (width - len(name) - len(pvc)),
        (pvc, Ink.STRONG if count else Ink.DIM),
    )


def _rhythm_style(bed: BedView | None, picture: Picture) -> str:
    """A rhythm is named in the colour of its alarm; one that raises none stays white."""
    style = rate_style(bed, picture)
    return Ink.STRONG if style in (Ink.HEART, Ink.OLD) else style


def rate_style(bed: BedView | None, picture: Picture) -> str:
    """Colour of the heart rate: that of its alarm while one holds."""
    if bed is None or not picture.live:
        return Ink.OLD
    for alarm in bed.alarms:
        if any(word in alarm.name for word in _RATE_ALARMS) and alarm.ended_sample is None:
            return f"bold {ALARM_ON[alarm.priority].split(' on ')[1]}"
    return Ink.HEART


def intervals(bed: BedView | None, picture: Picture) -> Text:
    """RR interval, its variability, and the age of the last beat."""
    vitals = bed.update.vitals if bed and bed.update and picture.live else None
    text = Text()
    _row(text, "RR", vitals.rr_ms if vitals else None, "{:.0f} ms")
    _row(text, "RMSSD", vitals.rmssd_ms if vitals else None, "{:.0f} ms")
    _row(text, "last beat", vitals.since_last_beat_s if vitals else None, "{:.1f} s ago")
    text.right_crop(1)
    return text


def intervals_line(bed: BedView | None, picture: Picture) -> Text:
    """The most of `intervals` that fits one line."""
    vitals = bed.update.vitals if bed and bed.update and picture.live else None
    rr = f"{vitals.rr_ms:.0f} ms" if vitals and vitals.rr_ms is not None else UNKNOWN
    since = vitals.since_last_beat_s if vitals else None
    last = UNKNOWN if since is None else f"{since:.1f} s ago"
    return Text.assemble(("RR ", Ink.DIM), (rr, Ink.PLAIN), ("  beat ", Ink.DIM), (last, Ink.PLAIN))


def _row(text: Text, name: str, value: float | None, form: str) -> None:
    text.append(f"{name:<10}", Ink.DIM)
    text.append((UNKNOWN if value is None else form.format(value)) + "\n", Ink.PLAIN)


def state_word(bed: BedView | None, picture: Picture, width: int) -> Text:
    """The word for the ECG's look in a block of colour, and a line of detail."""
    found = assess(bed, picture)
    return Text.assemble(
        (found.word.center(width), found.style), "\n", (found.detail[:width].center(width), Ink.PLAIN)
    )
