"""The operator's place: the view, what the keys have chosen, what follows from both. No terminal in here."""

import textwrap
from collections.abc import Iterable
from dataclasses import replace
from datetime import tzinfo
from typing import Final

from engine.quality import LeadState
from engine.ring import Ring
from monitor.alarms.alarm import Priority
from monitor.feed import FeedValue
from monitor.tui.bedview import BedView
from monitor.tui.boards import Moment
from monitor.tui.controls import Controls
from monitor.tui.frozen import Frozen
from monitor.tui.marks import Marks
from monitor.tui.picture import Picture, Places, State
from monitor.tui.sound import AudioPause, Sounder
from monitor.tui.sweep import Dress
from monitor.tui.viewstate import ViewState

SAID_FOR_S: Final = 4.0
SCREEN_PAUSE_S: Final = 120.0
"""How long the screen's own alarm is silenced when no core is there to ask."""
NO_MARKS: Final = Marks()


class Desk:
    """One operator's view of the feed; every method takes the time it is called at."""

    def __init__(self, places: Places, now_ns: int, zone: tzinfo | None = None) -> None:
        self.view = ViewState(places, now_ns)
        self.controls = Controls()
        self.frozen: Frozen | None = None
        self.alive = True
        """Whether the core's process runs."""
        self._zone = zone
        self._sounder = Sounder()
        self._pauses: dict[str, AudioPause] = {}
        self._screen_pause_until_ns = 0
        self._said, self._said_until_ns = "", 0
        self._glided_ns = now_ns

    @property
    def bed(self) -> BedView | None:
        """The bed on the screen: the chosen one, else the first."""
        names = self.view.names
        name = self.controls.bed if self.controls.bed in names else next(iter(names), None)
        return self.view.beds.get(name or "")

    def picture(self, now_ns: int) -> Picture:
        """Judge the picture of the bed on the screen."""
        return self._picture_of(self.bed, now_ns)

    def _picture_of(self, bed: BedView | None, now_ns: int) -> Picture:
        return self.view.picture(bed.bed if bed else None, now_ns, self.alive)

    def take(self, values: Iterable[FeedValue], now_ns: int) -> None:
        """Take in what the feed brought and let the sweep glide on."""
        for value in values:
            self.view.apply(value, now_ns)
        elapsed_s = min(1.0, max(0.0, (now_ns - self._glided_ns) / 1e9))
        self._glided_ns = now_ns
        if self.bed:
            self.bed.glide(elapsed_s)

    # The waves

    def waves(self) -> tuple[Ring | None, Marks, int, bool]:
        """Signal, marks, the sample the picture ends at, and whether it moves."""
        bed = self.bed
        if bed is None:
            return None, NO_MARKS, 0, True
        still = self._still()
        if still:
            return still.ring, still.marks, still.end, False
        return bed.ring, bed.marks, int(bed.shown), True

    def _still(self) -> Frozen | None:
        return self.frozen if self.frozen and self.bed and self.frozen.bed == self.bed.bed else None

    def dress(self, now_ns: int, page_s: float, width: int, rows: int) -> Dress:
        """Everything in the wave area that does not move, for an area of this size."""
        controls, bed, picture, still = self.controls, self.bed, self.picture(now_ns), self._still()
        states = bed.update.lead_states if bed and bed.update else (LeadState.OK,) * 12
        scale = replace(controls.scale, calibrated=bed is None or bed.calibrated)
        dress = Dress(controls.layout, scale, controls.lead, states, old=not picture.live)
        if not picture.live:
            sentence = textwrap.wrap(picture.sentence, max(20, min(64, width - 6)))
            calm = picture.state is State.WAITING
            return replace(dress, title=(picture.title, "", *sentence), calm=calm)
        if still:
            return replace(dress, title=still.title(page_s, tall=rows >= 24), calm=True, at_top=True)
        return dress

    def freeze(self) -> None:
        """Freeze the waves, or let them go."""
        self.frozen = None if self._still() or self.bed is None else Frozen.of(self.bed)

    def sideways(self, step: int) -> None:
        """Scroll the still; with moving waves, turn to another lead."""
        if self._still() and self.frozen:
            self.frozen = self.frozen.scrolled(step)
        else:
            self.controls = self.controls.step_lead(step)

    def select_alarm(self, step: int) -> None:
        """Select another alarm of the bed; with 0, none."""
        ids = [alarm.id for alarm in self.bed.alarms] if self.bed and step else []
        self.controls = self.controls.step_alarm(ids, step)

    @property
    def selected_alarm(self) -> int | None:
        """The selected alarm's id, while that alarm still stands."""
        standing = (alarm.id for alarm in self.bed.alarms) if self.bed else ()
        return self.controls.alarm if self.controls.alarm in standing else None

    # The boards

    def moment(self, now_ns: int) -> Moment:
        """Everything that the boards show now."""
        bed, controls = self.bed, self.controls
        beds = [self.view.beds[name] for name in self.view.names]
        speed, gain = controls.speed_mm_per_s, f"{controls.gain_mm_per_mv:g} mm/mV"
        if bed is not None and not bed.calibrated:
            gain = "amplitude unknown"
        return Moment(
            bed=bed,
            beds=[(other, self._picture_of(other, now_ns)) for other in beds],
            picture=self.picture(now_ns),
            core=self.view.core,
            n_heard=self.view.n_statuses,
            now_ns=now_ns,
            zone=self._zone,
            selected=self.selected_alarm,
            paused_s=self._paused_s(now_ns),
            scale=f"{controls.layout.value} · {speed:g} mm/s · {gain}",
            said=self._said if now_ns < self._said_until_ns else "",
        )

    def say(self, words: str, now_ns: int) -> None:
        """Answer a key in the bottom line for a few seconds."""
        self._said, self._said_until_ns = words, now_ns + int(SAID_FOR_S * 1e9)

    # The sound

    def rings(self, now_ns: int) -> bool:
        """Whether the bell must ring now."""
        if self._unwatched(now_ns):
            loudest = Priority.HIGH if now_ns >= self._screen_pause_until_ns else None
        else:
            audible = (self._audible(bed, now_ns) for bed in self.view.beds.values())
            loudest = max((priority for priority in audible if priority is not None), default=None)
        return self._sounder.ring(loudest, now_ns)

    def _unwatched(self, now_ns: int) -> bool:
        """Whether no core is heard, so that the screen itself must raise the alarm."""
        return self.picture(now_ns).state in (State.CORE_DEAD, State.FEED_STALE)

    def _audible(self, bed: BedView, now_ns: int) -> Priority | None:
        pause = self._pauses.setdefault(bed.bed, AudioPause())
        return pause.audible(bed.loudest, bed.paused_s(now_ns) > 0)

    def _paused_s(self, now_ns: int) -> float:
        if self._unwatched(now_ns):
            return max(0.0, (self._screen_pause_until_ns - now_ns) / 1e9)
        return self.bed.paused_s(now_ns) if self.bed else 0.0

    def pause_screen_audio(self, now_ns: int) -> bool:
        """Silence the screen's own alarm, or end that; False when the sound is the core's to pause."""
        if not self._unwatched(now_ns):
            return False
        paused = now_ns < self._screen_pause_until_ns
        self._screen_pause_until_ns = 0 if paused else now_ns + int(SCREEN_PAUSE_S * 1e9)
        return True

    @property
    def alarms_stand(self) -> bool:
        """Whether some bed has an alarm that nobody has acknowledged."""
        return any(bed.loudest is not None for bed in self.view.beds.values())
