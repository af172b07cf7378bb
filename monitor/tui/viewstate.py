"""All that a screen knows: the last word of the core and a view of every bed."""

from monitor.alarms.alarm import AlarmEvent
from monitor.feed.codec import FeedValue
from monitor.tui.bedview import BedView
from monitor.tui.picture import Picture, Places, picture_of
from monitor.update import BedUpdate, CoreStatus, WaveChunk


class ViewState:
    """Takes in what the feed brings; answers what there is to show."""

    def __init__(self, places: Places, now_ns: int) -> None:
        self.places = places
        self.core: CoreStatus | None = None
        self.beds: dict[str, BedView] = {}
        self.heard_ns = now_ns
        """When the core last said anything; at first, when we began to listen."""
        self.n_statuses = 0
        """Life signs of the core so far."""

    def apply(self, value: FeedValue, now_ns: int) -> None:
        """Take in one value of the feed."""
        self.heard_ns = now_ns
        match value:
            case WaveChunk():
                self._bed(value.bed).add_wave(value, now_ns)
            case BedUpdate():
                self._bed(value.bed).add_update(value, now_ns)
            case CoreStatus():
                self.core = value
                self.n_statuses += 1
                for name in value.beds:
                    self._bed(name)
            case AlarmEvent():
                pass  # the bed's update, sent with it, holds the alarm as it stands

    def _bed(self, name: str) -> BedView:
        if name not in self.beds:
            self.beds[name] = BedView(name)
        return self.beds[name]

    @property
    def names(self) -> list[str]:
        """Beds in the order of their keys."""
        return sorted(self.beds, key=_natural)

    def picture(self, bed: str | None, now_ns: int, alive: bool) -> Picture:
        """Judge what may be shown of a bed."""
        return picture_of(self.beds.get(bed or ""), self.heard_ns, now_ns, alive, self.places)


def _natural(name: str) -> list[tuple[int, str]]:
    """Sort key that puts ward.2 before ward.10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in name.split(".")]
