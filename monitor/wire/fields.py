"""Reading a msgpack map that anybody may have sent."""

import math
from collections.abc import Mapping
from typing import Any

import msgpack

from engine.errors import WireError
from monitor.wire.limits import MAX_HEADER_BYTES, MAX_INDEX, MAX_LEADS, MAX_TEXT

_Bad = (ValueError, TypeError, OverflowError, RecursionError, msgpack.UnpackException)


class BadMessage(WireError):  # noqa: N818 - named for what it is; its base class is the error
    """A message that cannot be accepted; `reason` is the counter it belongs to."""

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class Fields:
    """A received map, read field by field; unknown fields are ignored."""

    def __init__(self, body: bytes) -> None:
        if len(body) > MAX_HEADER_BYTES:
            raise BadMessage(
                "too_large", f"a header of {len(body)} bytes; at most {MAX_HEADER_BYTES} are accepted"
            )
        try:
            values = msgpack.unpackb(body, raw=False, strict_map_key=True)
        except _Bad as error:
            raise BadMessage("bad_bytes", f"a header that is not msgpack ({error})") from error
        if not isinstance(values, dict):
            raise BadMessage("bad_bytes", f"a header that is a {type(values).__name__}, not a map")
        self._values: dict[Any, Any] = values

    def integer(self, name: str, default: int | None = None, maximum: int = MAX_INDEX) -> int:
        """Return a whole number from 0 to `maximum`."""
        value = self._get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= maximum:
            raise _bad_field(name, value, f"a whole number from 0 to {maximum}")
        return value

    def integers(self, wanted: Mapping[str, int | None], maximum: int = MAX_INDEX) -> tuple[int, ...]:
        """Return several whole numbers from 0 to `maximum`, given as name and default, at once."""
        found: list[Any] = [self._values.get(name, default) for name, default in wanted.items()]
        if {*map(type, found)} == {int} and min(found) >= 0 and max(found) <= maximum:
            return tuple(found)
        return tuple(self.integer(name, default, maximum) for name, default in wanted.items())

    def number(self, name: str) -> float:
        """Return a finite number."""
        value = self._get(name, None)
        if not _is_number(value):
            raise _bad_field(name, value, "a finite number")
        return float(value)

    def numbers(self, name: str, n: int, default: float) -> tuple[float, ...]:
        """Return `n` finite numbers; one number stands for all of them."""
        value = self._get(name, default)
        values = value if isinstance(value, list) else [value] * n
        if len(values) != n or not all(_is_number(v) for v in values):
            raise _bad_field(name, value, f"{n} finite numbers or one for all leads")
        return tuple(float(v) for v in values)

    def text(self, name: str, default: str | None = None) -> str:
        """Return a printable text."""
        value = self._get(name, default)
        if not isinstance(value, str) or len(value) > MAX_TEXT or not (value.isprintable() or value == ""):
            raise _bad_field(name, value, f"printable text of at most {MAX_TEXT} characters")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return 1 to `MAX_LEADS` printable texts."""
        value = self._get(name, None)
        if not isinstance(value, list) or not 1 <= len(value) <= MAX_LEADS:
            raise _bad_field(name, value, f"a list of 1 to {MAX_LEADS} names")
        if not all(isinstance(v, str) and len(v) <= MAX_TEXT and v.isprintable() for v in value):
            raise _bad_field(name, value, f"printable names of at most {MAX_TEXT} characters")
        return tuple(value)

    def major_version(self) -> int:
        """Return the major of `v`, [major, minor]."""
        value = self._get("v", None)
        if not isinstance(value, list) or not value or not isinstance(value[0], int):
            raise _bad_field("v", value, "[major, minor]")
        return value[0]

    def _get(self, name: str, default: Any) -> Any:
        value = self._values.get(name, default)
        if value is None:
            raise BadMessage("bad_field", f"a message without the field {name!r}")
        return value


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _bad_field(name: str, value: object, expected: str) -> BadMessage:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return BadMessage("bad_field", f"field {name!r} is {shown}; expected {expected}")
