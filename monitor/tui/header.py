"""The top line: which bed, which source, whether the picture is alive, and the clock."""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from typing import Final

from rich.text import Text

from monitor.alarms.alarm import Priority
from monitor.tui.bedview import BedView
from monitor.tui.palette import ALARM_ON, STARS, Ink
from monitor.tui.picture import Picture, State

_BEATS: Final = "◐◓◑◒"
"""The liveness mark turns with what the core says, not with the screen's own clock."""


def header(
    beds: Sequence[BedView],
    shown: str | None,
    picture: Picture,
    heard: int,
    paused_s: float,
    now_ns: int,
    zone: tzinfo | None,
    width: int,
) -> Text:
    """One line: beds with their loudest alarm at the left, life sign and clock at the right."""
    left = Text(" ")
    for i, bed in enumerate(beds[:9]):
        name = f"{i + 1}:{bed.bed}" if len(beds) > 1 else bed.bed
        left.append(f" {name} ", Ink.NOT_ASSESSED if bed.bed == shown else Ink.PLAIN)
        if bed.loudest is not None:
            left.append(STARS[bed.loudest], ALARM_ON[bed.loudest])
    if len(beds) > 9:
        left.append(f" +{len(beds) - 9} beds (0) ", Ink.STRONG)
    left.append_text(_source(beds, shown))
    right = Text()
    if paused_s > 0:
        right.append(f" SOUND OFF {int(paused_s) // 60}:{int(paused_s) % 60:02} ", Ink.NOTICE).append(" ")
    right.append_text(_life(picture, heard))
    right.append(f" {datetime.fromtimestamp(now_ns / 1e9, zone):%H:%M:%S} ", Ink.STRONG)
    left.truncate(max(0, width - right.cell_len - 1), overflow="ellipsis")
    left.append(" " * (width - left.cell_len - right.cell_len))
    return left + right


def _source(beds: Sequence[BedView], shown: str | None) -> Text:
    bed = next((bed for bed in beds if bed.bed == shown), None)
    if bed is None or bed.update is None:
        return Text()
    source = bed.update.source
    words = [source.device, source.patient, f"{source.fs_hz:g} Hz" if source.fs_hz else ""]
    text = Text("  ")
    if source.replayed or source.simulated:  # first: a narrow header cuts the end
        text.append(" SIMULATED " if source.simulated else " REPLAYED ", Ink.NOTICE).append("  ")
    if not source.calibrated:
        text.append(" AMPLITUDE UNKNOWN ", Ink.NOTICE).append("  ")
    return text.append("  ".join(word for word in words if word), Ink.DIM)


def _life(picture: Picture, heard: int) -> Text:
    if picture.live:
        return Text(f"{_BEATS[heard % len(_BEATS)]} live ", Ink.GOOD)
    calm = picture.state is State.WAITING
    return Text(f" {picture.state.value.upper()} ", Ink.NOT_ASSESSED if calm else ALARM_ON[Priority.HIGH])
