from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from monitor.review.line import AlarmLine
from monitor.review.note import MAX_LENGTH


class NotePage(ModalScreen[str | None]):
    """One line to write a note in; escape leaves it unwritten."""

    def __init__(self, line: AlarmLine, operator: str) -> None:
        super().__init__()
        self._words = (
            f"\n Note to {line.bed}/{line.id}  {line.text}\n"
            f" by {operator or '(nobody: start review with --operator NAME)'}; it stays in the journal\n"
        )

    def compose(self) -> ComposeResult:
        """To which alarm, by whom, and the line itself."""
        with Vertical():
            yield Static(self._words, markup=False)
            yield Input(max_length=MAX_LENGTH)
            yield Static("\n enter  write      esc  leave without writing\n", markup=False)

    def on_mount(self) -> None:
        """Write at once."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Done."""
        if self.app.screen is self:
            self.dismiss(event.value)

    def on_key(self, event: events.Key) -> None:
        """Leave."""
        if event.key == "escape":
            event.stop()
            if self.app.screen is self:
                self.dismiss(None)
