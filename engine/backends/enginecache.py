"""Built engines on disk, each with a manifest; what is not whole, or not for this machine, is never used."""

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from engine.backends.enginekey import EngineKey
from engine.backends.manifest import DamagedEngineError, difference, fault_of, manifest_of, read_manifest
from engine.errors import ConfigurationError, ModelError

ENVIRONMENT: Final = "ECG_MONITOR_ENGINES"
"""Names the folder of built engines."""
_MANIFEST: Final = ".json"
_UNFINISHED: Final = ".part"


class MissingEngineError(ModelError):
    """No such engine was built yet."""


@dataclass(frozen=True, slots=True)
class CacheEntry:
    """What lies in the cache under one name."""

    name: str
    key: EngineKey | None
    """None where the manifest does not say."""
    n_bytes: int
    built_s: float
    """Seconds since the epoch, by the file system."""
    fault: str | None
    """Why it cannot be used; None if it is whole."""
    about: dict[str, Any]
    """What its builder noted."""


def default_folder() -> Path:
    """Where engines are kept unless the operator says otherwise: `$XDG_CACHE_HOME/ecg-monitor/engines`."""
    if named := os.environ.get(ENVIRONMENT):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ecg-monitor" / "engines"


class EngineCache:
    """A folder of engines; its user alone may write there, because an engine is program code.

    Parameters
    ----------
    folder : Path or None
        None is the user's own, see `default_folder`.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or default_folder()

    def find(self, key: EngineKey) -> Path:
        """The engine's file, checked.

        Raises
        ------
        MissingEngineError
            If it was not built yet.
        DamagedEngineError
            If it is not whole, or its manifest is another engine's.
        ConfigurationError
            If others may write to the folder.
        """
        self._check_owner()
        manifest = self._manifest_of(key.name)
        if not manifest.exists():
            raise MissingEngineError(
                f"no engine {key.name} in {self.folder}: `ecg-monitor engine build` makes it"
            )
        content = read_manifest(manifest)
        if content.get("key") != key.to_dict():
            raise DamagedEngineError(
                f"the engine {key.name} in {self.folder} was built for something else "
                f"({difference(content.get('key'), key)}): it is built again"
            )
        path = self.folder / f"{key.name}{key.extension}"
        if (fault := fault_of(path, content)) is not None:
            raise DamagedEngineError(f"the engine {path} is damaged ({fault}): it is built again")
        return path

    def store(self, key: EngineKey, write: Callable[[Path], None], about: dict[str, Any]) -> Path:
        """Keep what `write` puts into a file; whoever looks meanwhile finds the whole engine or none.

        The engine comes first and its manifest last, each by renaming: after a kill at any moment the
        manifest is missing or names another hash, and what lies there is built again.
        """
        path = self.folder / f"{key.name}{key.extension}"
        unfinished = self.folder / f"{key.name}.{os.getpid()}{_UNFINISHED}{key.extension}"
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check_owner()
            write(unfinished)
            written = unfinished.read_bytes()
            _sync(unfinished)
            unfinished.replace(path)
            unfinished.write_text(manifest_of(key, path, written, about))
            _sync(unfinished)
            unfinished.replace(self._manifest_of(key.name))
        except OSError as error:
            raise ModelError(
                f"the engine cannot be kept in {self.folder} ({error.strerror or error}): free some space, "
                f"or name another folder with {ENVIRONMENT}"
            ) from error
        finally:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
        return path

    def discard(self, name: str) -> None:
        """Remove an entry; the manifest first, so that no half of it counts."""
        for extension in (_MANIFEST, ".plan", ".pt2"):
            (self.folder / f"{name}{extension}").unlink(missing_ok=True)

    def sweep(self) -> list[str]:
        """Remove what builders left that were killed; gives the names of the files."""
        gone = []
        for path in sorted(self.folder.glob(f"*{_UNFINISHED}.*")):
            builder = path.name.split(_UNFINISHED)[0].rpartition(".")[2]
            if not (builder.isdigit() and _lives(int(builder))):
                path.unlink(missing_ok=True)
                gone.append(path.name)
        return gone

    def entries(self) -> list[CacheEntry]:
        """All there is, whole or not, by name."""
        names = {path.stem for path in self._files() if _UNFINISHED not in path.name}
        return [self._entry(name) for name in sorted(names)]

    def _files(self) -> Iterator[Path]:
        for extension in (_MANIFEST, ".plan", ".pt2"):
            yield from self.folder.glob(f"*{extension}")

    def _entry(self, name: str) -> CacheEntry:
        files = [path for path in self._files() if path.stem == name]
        n_bytes = sum(path.stat().st_size for path in files)
        built_s = max(path.stat().st_mtime for path in files)
        try:
            content = read_manifest(self._manifest_of(name))
            key = EngineKey.from_dict(content["key"])
        except (DamagedEngineError, KeyError, TypeError, ConfigurationError) as error:
            return CacheEntry(name, None, n_bytes, built_s, f"its manifest cannot be read ({error})", {})
        fault = fault_of(self.folder / f"{name}{key.extension}", content)
        if fault is None and key.name != name:
            fault = f"its manifest is that of {key.name}"
        return CacheEntry(name, key, n_bytes, built_s, fault, content.get("about", {}))

    def _manifest_of(self, name: str) -> Path:
        return self.folder / f"{name}{_MANIFEST}"

    def _check_owner(self) -> None:
        if os.name != "posix" or not self.folder.exists():
            return
        found = self.folder.stat()
        if found.st_uid not in (os.getuid(), 0) or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise ConfigurationError(
                f"the engine cache {self.folder} may be written by other users, and an engine is program "
                f"code: chmod go-w it, or name a folder of your own with {ENVIRONMENT}"
            )


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
