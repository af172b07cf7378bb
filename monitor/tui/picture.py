"""What kind of picture the screen may show of a bed now: live, or one of the ways not to be."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from monitor.tui.bedview import BedView

STALE_AFTER_S: Final = 3.0


class State(StrEnum):
    """Worst last: only `LIVE` may look like a monitor at work."""

    LIVE = "live"
    WAITING = "waiting"
    SOURCE_LOST = "source lost"
    SIGNAL_STALE = "signal stale"
    FEED_STALE = "feed stale"
    CORE_DEAD = "core dead"


@dataclass(frozen=True, slots=True)
class Picture:
    """A state with the words for it."""

    state: State
    title: str = ""
    sentence: str = ""

    @property
    def live(self) -> bool:
        """Whether waves and numbers are of now."""
        return self.state is State.LIVE


@dataclass(frozen=True, slots=True)
class Places:
    """Endpoints that sentences name."""

    feed: str
    data: str


def picture_of(bed: BedView | None, heard_ns: int, now_ns: int, alive: bool, places: Places) -> Picture:
    """Judge a bed's picture: `heard_ns` is when the core last spoke, `alive` whether its process runs."""
    if not alive:
        return Picture(
            State.CORE_DEAD,
            "CORE DEAD: NOBODY IS WATCHING",
            "The monitoring process has ended. No alarm will be raised. Quit (q) and start it again.",
        )
    silent_s = (now_ns - heard_ns) / 1e9
    if silent_s > STALE_AFTER_S:
        return Picture(
            State.FEED_STALE,
            f"NO DATA FROM THE CORE FOR {silent_s:.0f} s",
            f"Nothing arrives from {places.feed}. What you see is old; alarms may be missing here.",
        )
    if bed is None or bed.update is None or bed.update.source.state == "waiting":
        return _waiting(bed, places)
    source = bed.update.source
    if source.state in ("lost", "bye"):
        why = "has said goodbye" if source.state == "bye" else "has fallen silent"
        return Picture(
            State.SOURCE_LOST,
            "SOURCE LOST: NO SIGNAL",
            f"The device {source.device} of {bed.bed} {why}. What you see is old. "
            "Check cable, power and network.",
        )
    silent_s = (now_ns - bed.wave_heard_ns) / 1e9
    if silent_s > STALE_AFTER_S:
        return Picture(
            State.SIGNAL_STALE,
            f"NO SIGNAL FOR {min(silent_s, 9999):.0f} s",
            f"The core is alive, but no waveform of {bed.bed} arrives. What you see is old.",
        )
    return Picture(State.LIVE)


def _waiting(bed: BedView | None, places: Places) -> Picture:
    name = f" for {bed.bed}" if bed else ""
    return Picture(
        State.WAITING,
        "WAITING FOR A DEVICE",
        f"Listening{name} at {places.data}. To play a recording, run in a second terminal: "
        f"ecg-monitor replay RECORD",
    )
