"""`--json`: one JSON object per line for every update and alarm event, for other programs.

    {"type": "status", ...}   the core's life sign, every second (`CoreStatus`)
    {"type": "update", ...}   a bed, every hop (`BedUpdate`)
    {"type": "alarm", ...}    a transition of an alarm (`AlarmEvent`)
    {"type": "silence"|"core_ended", ...}
Field names are those of the values; enumerations are words (`"priority": "high"`). Waveforms are not printed.
"""

import json
import math
import sys
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from enum import Enum, IntEnum
from typing import Any, TextIO

from monitor.alarms.alarm import AlarmEvent
from monitor.feed import FeedReader, FeedValue
from monitor.follow import CoreEnded, Feed, Silence, follow, to_the_end
from monitor.update import BedUpdate, CoreStatus, WaveChunk

TYPES = {
    CoreStatus: "status",
    BedUpdate: "update",
    AlarmEvent: "alarm",
    Silence: "silence",
    CoreEnded: "core_ended",
}


def line_of(value: FeedValue | Silence | CoreEnded) -> str | None:
    """The value as one line of JSON; None for what is not printed."""
    if isinstance(value, WaveChunk):
        return None
    return json.dumps({"type": TYPES[type(value)], **_plain(value)}, allow_nan=False, ensure_ascii=False)


def _plain(value: Any) -> Any:
    """Maps, lists, numbers and words; a number that JSON cannot hold is null."""
    if isinstance(value, Enum):
        return value.name.lower() if isinstance(value, IntEnum) else value.value
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def write_lines(feed: Feed, core_alive: Callable[[], bool], out: TextIO) -> int:
    """Print what the feed brings, each line at once; 1 when the core has ended by itself."""
    for value in follow(feed, core_alive):
        line = line_of(value)
        if line is not None:
            print(line, file=out, flush=True)
    return 1


def run(feed_endpoint: str, *, core_alive: Callable[[], bool] = lambda: True, insecure: bool = False) -> int:
    """Print the feed behind this endpoint until Ctrl-C, a closed pipe or the core's end."""
    with FeedReader(feed_endpoint, insecure=insecure) as feed:
        return to_the_end(lambda: write_lines(feed, core_alive, sys.stdout))
