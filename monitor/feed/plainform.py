"""Frozen dataclasses to and from the plain values (maps, lists, numbers) that msgpack and JSON carry."""

import types
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import cache
from operator import attrgetter
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


def to_map(value: Any) -> dict[str, Any]:
    """Map of a dataclass's fields, as they are: what packers ask for (`default=`) of what they do not know.

    They take tuples for lists, and enumerations, which are all numbers or texts, for their values.
    """
    kind: Any = type(value)
    names, values = _fields(kind)
    return dict(zip(names, values(value), strict=True))


@cache
def _fields(kind: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """Names of a dataclass's fields, of which there are two or more, and what gets them all."""
    names = tuple(field.name for field in fields(kind))
    return names, attrgetter(*names)


def from_plain(kind: type[T], plain: Any) -> T:
    """Rebuild a dataclass; fields of a newer version are ignored, missing ones need a default.

    Raises KeyError, TypeError or ValueError when `plain` does not have the form of `kind`.
    """
    value: T = _build(kind, plain)
    return value


def _build(kind: Any, plain: Any) -> Any:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return None if plain is None else _build(_without_none(kind), plain)
    if origin is tuple:
        return tuple(_build(get_args(kind)[0], item) for item in plain)
    if origin is dict:
        key, item = get_args(kind)
        return {_build(key, k): _build(item, v) for k, v in plain.items()}
    if origin is Literal:
        return _choice(get_args(kind), plain)
    if is_dataclass(kind):
        return _dataclass(kind, plain)
    return kind(plain)


def _dataclass(kind: Any, plain: dict[str, Any]) -> Any:
    values = {}
    for field in fields(kind):
        if field.name in plain:
            values[field.name] = _build(_hints(kind)[field.name], plain[field.name])
        elif field.default is MISSING and field.default_factory is MISSING:
            raise KeyError(f"{kind.__name__} lacks {field.name}")
    return kind(**values)


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _without_none(kind: Any) -> Any:
    return next(choice for choice in get_args(kind) if choice is not types.NoneType)


def _choice(choices: tuple[Any, ...], plain: Any) -> Any:
    if plain not in choices:
        raise ValueError(f"got {plain!r}, expected one of {choices}")
    return plain
