"""Files that are whole or not there at all."""

import os
from pathlib import Path


def write_whole(path: Path, content: bytes, durable: bool = True) -> None:
    """Write a file under a passing name, flush it to the disk if it must be `durable`, and name it."""
    passing = path.with_name(path.name + ".part")
    with passing.open("wb") as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())
    passing.replace(path)


def sync_folder(path: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
