"""Files that a kill, a crash or a full disk leaves whole: the old content or the new, never a part."""

import os
from pathlib import Path

from engine.errors import ConfigurationError


def write_whole(path: Path, content: bytes) -> None:
    """Replace a file durably; if that cannot be done, what was there stays, and the error says so."""
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with unfinished.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise ConfigurationError(
            f"{path} cannot be written ({error.strerror}); what was there before is intact: free some space, "
            "or name another folder"
        ) from error
