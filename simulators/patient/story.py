"""A patient's story: acts in TOML, read with errors that name the act, the field and the cure."""

import tomllib
from dataclasses import dataclass, fields
from importlib import resources
from pathlib import Path
from typing import Any, Final

from engine.errors import ConfigurationError
from simulators.patient.act import Act
from simulators.patient.presets import PRESETS

BUILT_IN: Final = ("demo",)


@dataclass(frozen=True, slots=True)
class Story:
    """Acts played one after the other, again and again when it loops."""

    acts: tuple[Act, ...]
    loop: bool = True

    @property
    def duration_s(self) -> float:
        """Length of one turn."""
        return sum(act.duration_s for act in self.acts)


def single_rhythm(name: str) -> Story:
    """A story that stays in one of `PRESETS`."""
    if name not in PRESETS:
        raise ConfigurationError(f"no rhythm is called {name!r}; choose one of: {', '.join(PRESETS)}")
    return Story((PRESETS[name],))


def load_story(name_or_path: str) -> Story:
    """A built-in story by name, or a TOML file."""
    if name_or_path in BUILT_IN:
        text = (resources.files("simulators") / "stories" / f"{name_or_path}.toml").read_text("utf-8")
        return parse_story(text, name_or_path)
    try:
        text = Path(name_or_path).read_text("utf-8")
    except FileNotFoundError:
        raise ConfigurationError(
            f"no story {name_or_path!r}: neither a file nor built in ({', '.join(BUILT_IN)})"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"story {name_or_path}: cannot be read as text: {error}") from None
    return parse_story(text, name_or_path)


def parse_story(text: str, name: str) -> Story:
    """A story from TOML: `loop = true` and a list of `[[act]]` tables; `preset = NAME` fills an act in."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"story {name}: not valid TOML: {error}") from None
    unknown = set(document) - {"loop", "act"}
    if unknown:
        raise ConfigurationError(
            f"story {name}: unknown {_listed(unknown)}; a story has 'loop' and [[act]] tables"
        )
    tables = document.get("act", [])
    if not isinstance(tables, list) or not tables or not all(isinstance(table, dict) for table in tables):
        raise ConfigurationError(
            f"story {name}: no acts; write at least one [[act]] table with duration_s and rhythm"
        )
    loop = document.get("loop", True)
    if not isinstance(loop, bool):
        raise ConfigurationError(f"story {name}: loop is {loop!r}, expected true or false")
    return Story(tuple(_act(table, f"story {name}, act {n}") for n, table in enumerate(tables, 1)), loop)


def _act(table: dict[str, Any], where: str) -> Act:
    known = [field.name for field in fields(Act)]
    values = dict(table)
    preset = values.pop("preset", None)
    if unknown := set(values) - set(known):
        raise ConfigurationError(
            f"{where}: unknown {_listed(unknown)}; an act has: preset, {', '.join(known)}"
        )
    if preset is None:
        base: dict[str, Any] = {}
    elif isinstance(preset, str) and preset in PRESETS:
        base = {field: getattr(PRESETS[preset], field) for field in known}
    else:
        raise ConfigurationError(f"{where}: no preset {preset!r}; choose one of: {', '.join(PRESETS)}")
    try:
        return Act(**{**base, **{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}})
    except (ConfigurationError, TypeError) as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _listed(names: set[str]) -> str:
    return ", ".join(repr(name) for name in sorted(names))
