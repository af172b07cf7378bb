"""Signal quality of the twelve leads: a bar where a lead is good, a word where it is not."""

from typing import Final

from rich.text import Text

from engine.leads import LEADS
from engine.quality import LeadState
from monitor.tui.bedview import BedView
from monitor.tui.palette import Ink
from monitor.tui.picture import Picture

_BARS: Final = "▁▂▃▄▅▆▇█"
SHORT: Final = {
    LeadState.NOISY: "noise",
    LeadState.SATURATED: "satur",
    LeadState.FLAT: "flat",
    LeadState.GAP: "gap",
    LeadState.OFF: "OFF",
    LeadState.ABSENT: "none",
}


def lead_quality(bed: BedView | None, picture: Picture) -> Text:
    """Four rows of three leads."""
    text = Text()
    for row in range(4):
        for column in range(3):
            text.append_text(_lead(bed, picture, column * 4 + row))
        text.append("\n" if row < 3 else "")
    return text


def _lead(bed: BedView | None, picture: Picture, lead: int) -> Text:
    name = (f"{LEADS[lead]:<4}", Ink.TITLE)
    if bed is None or bed.update is None or not picture.live:
        return Text.assemble(name, (f"{'?':<6}", Ink.DIM))
    state = bed.update.lead_states[lead]
    if state is LeadState.OK:
        level = round(max(0.0, min(1.0, bed.update.quality[lead])) * (len(_BARS) - 1))
        return Text.assemble(name, (_BARS[level], Ink.GOOD), "     ")
    style = Ink.DIM if state is LeadState.ABSENT else Ink.NOT_ASSESSED
    return Text.assemble(name, (SHORT[state], style), " " * (6 - len(SHORT[state])))
