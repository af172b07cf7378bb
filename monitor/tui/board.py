"""A place for text that changes now and then."""

from rich.text import Text
from textual.widget import Widget


class Board(Widget):
    """Shows a rich text; drawn again only when the text has changed."""

    can_focus = False

    def __init__(self, name: str) -> None:
        super().__init__(id=name)
        self._text = Text()

    def show(self, text: Text) -> None:
        """Show this text from now on."""
        if text != self._text or text.spans != self._text.spans or text.style != self._text.style:
            self._text = text
            self.refresh()

    def render(self) -> Text:
        """Textual asks for what to draw."""
        return self._text
