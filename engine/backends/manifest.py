"""What lies beside an engine in the cache and says what it is."""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from engine.backends.enginekey import EngineKey
from engine.errors import ModelError

FORMAT: Final = "ecg-monitor engine 1"


class DamagedEngineError(ModelError):
    """What is in the cache is not what was built, or was built for something else."""


def manifest_of(key: EngineKey, path: Path, content: bytes, about: dict[str, Any]) -> str:
    """The manifest of an engine's file with this content."""
    manifest = {
        "format": FORMAT,
        "key": key.to_dict(),
        "file": path.name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "bytes": len(content),
        "about": about,
    }
    return json.dumps(manifest, indent=1)


def read_manifest(manifest: Path) -> dict[str, Any]:
    """Read a manifest; one that is none is a `DamagedEngineError`."""
    try:
        content = json.loads(manifest.read_text())
    except OSError as error:
        raise DamagedEngineError(f"{manifest} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise DamagedEngineError(f"{manifest} is no JSON ({error}): it is built again") from error
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise DamagedEngineError(f"{manifest} is no manifest of this program: it is built again")
    return content


def fault_of(path: Path, manifest: dict[str, Any]) -> str | None:
    """Why a file is not what its manifest says; None if it is."""
    try:
        content = path.read_bytes()
    except OSError as error:
        return f"{path.name}: {error.strerror}"
    if len(content) != manifest.get("bytes"):
        return f"{len(content)} bytes, built were {manifest.get('bytes')}"
    found = hashlib.sha256(content).hexdigest()
    if found != manifest.get("sha256"):
        return f"hash {found[:12]}, built was {str(manifest.get('sha256'))[:12]}"
    return None


def difference(found: Any, key: EngineKey) -> str:
    """In what another engine's key differs from the one that is needed here."""
    if not isinstance(found, dict):
        return "it does not say for what"
    return ", ".join(
        f"{name} {_short(found.get(name))}, here {_short(value)}"
        for name, value in key.to_dict().items()
        if found.get(name) != value
    )


def _short(value: Any) -> str:
    """A hash by its beginning."""
    return value[:12] if isinstance(value, str) and len(value) == 64 else str(value)
