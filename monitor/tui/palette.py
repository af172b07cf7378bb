"""Colours: red, yellow and cyan belong to alarms alone; magenta marks what the model finds anomalous.

Whatever a colour says, a glyph or a word says as well: the screen is read in monochrome, too.
"""

from enum import StrEnum
from typing import Final

from rich.style import Style

from monitor.alarms.alarm import Priority

BACKGROUND: Final = "#0a0e12"


class Ink(StrEnum):
    """What a stretch of text stands for, as a style for rich and Textual."""

    PLAIN = "#d5dbe0"
    DIM = "#7d8891"
    STRONG = "bold #ffffff"
    GOOD = "bold #3fd07f"
    HEART = "bold #57e08f"
    OLD = "#6a6f75"
    ANOMALY = "bold #ffffff on #8b1f86"
    ANOMALY_TEXT = "bold #e58ae0"
    NOT_ASSESSED = "bold #101316 on #aab2b8"
    TITLE = "#9fb0bd"
    NOTICE = "bold #101316 on #c9b458"
    DEAD = "bold #ffffff on #b3131b"


TRACE: Final = Style.parse(f"#57e08f on {BACKGROUND}")
TRACE_OLD: Final = Style.parse(f"#5d646b on {BACKGROUND}")
MARKED: Final = Style.parse("bold #ffffff on #6d1a6a")
MARKED_OLD: Final = Style.parse("#c8c8c8 on #3a3040")
NO_SIGNAL: Final = Style.parse(f"#59636b on {BACKGROUND}")
GUTTER: Final = Style.parse(f"bold #c4ccd3 on {BACKGROUND}")
SCALE: Final = Style.parse(f"#59636b on {BACKGROUND}")
TECHNICAL: Final = Style.parse("bold #101316 on #aab2b8")
BOX: Final = Style.parse(Ink.DEAD.value)
CALM_BOX: Final = Style.parse("bold #0a0e12 on #d5dbe0")

ALARM_ON: Final = {
    Priority.HIGH: "bold #ffffff on #d0121b",
    Priority.MEDIUM: "bold #101316 on #f2d024",
    Priority.LOW: "bold #101316 on #35c9d8",
}
"""Lit phase of a flashing banner, and the steady look of a low priority."""
ALARM_OFF: Final = {
    Priority.HIGH: "bold #b00d16 on #ffe3e3",  # salient without colour, too
    Priority.MEDIUM: "bold #f2d024 on #3a330a",
    Priority.LOW: "bold #35c9d8 on #0a3338",
}
"""Other phase of a flashing banner: the words stay readable."""
STARS: Final = {Priority.HIGH: "***", Priority.MEDIUM: "**", Priority.LOW: "*"}
FLASH_HZ: Final = {Priority.HIGH: 2.0, Priority.MEDIUM: 0.6}


def lit(priority: Priority, now_ns: int) -> bool:
    """Whether a flashing mark of this priority is in its bright half; low ones do not flash."""
    flash_hz = FLASH_HZ.get(priority)
    return flash_hz is None or (now_ns / 1e9 * flash_hz) % 1.0 < 0.5


def alarm_style(priority: Priority, now_ns: int, *, flashing: bool = True) -> str:
    """Colours of an alarm at this moment."""
    return (ALARM_ON if not flashing or lit(priority, now_ns) else ALARM_OFF)[priority]
