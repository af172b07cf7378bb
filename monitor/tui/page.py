from textual import events
from textual.app import ComposeResult
from textual.screen import ModalScreen
from textual.widgets import Static


class Page(ModalScreen[bool]):
    """A page over the waves, closed by any key; `y` answers yes. The waves and alarms behind it go on."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self._words = words

    def compose(self) -> ComposeResult:
        """The words alone."""
        yield Static(self._words, markup=False)

    def on_key(self, event: events.Key) -> None:
        """Close, with the answer."""
        event.stop()
        if self.app.screen is self:  # a second key may come before the page is gone
            self.dismiss(event.key == "y")
