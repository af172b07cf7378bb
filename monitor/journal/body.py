import json
from collections.abc import Iterator, Mapping
from typing import Any

from engine.errors import JournalError


class Body(Mapping[str, Any]):
    """The JSON object of a stored entry, decoded when it is first looked into."""

    __slots__ = ("_text", "_values")

    def __init__(self, text: str) -> None:
        self._text = text
        self._values: dict[str, Any] | None = None

    def __getitem__(self, name: str) -> Any:
        return self._decoded()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._decoded())

    def __len__(self) -> int:
        return len(self._decoded())

    def __repr__(self) -> str:
        return self._text

    def _decoded(self) -> dict[str, Any]:
        if self._values is None:
            try:
                self._values = json.loads(self._text)
            except ValueError as error:
                raise JournalError(
                    f"an entry of the journal is no JSON ({error}): it was changed or damaged; "
                    "compare the journal with a backup."
                ) from error
        return self._values
