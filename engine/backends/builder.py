"""Builds one engine into the cache, in its own process: `python -m engine.backends.builder ORDER FOLDER`.

A builder uses minutes and gigabytes and may crash; the monitor must not. It ends when whoever started it has
gone, and whenever it ends before its time, the cache holds nothing that could be taken for an engine.
"""

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, Final

from engine.backends.backend import AbsentBackendError
from engine.backends.buildorder import BuildOrder, key_of
from engine.backends.enginecache import EngineCache
from engine.backends.trtlibrary import load_library
from engine.checkpoint import load_checkpoint
from engine.errors import EcgMonitorError, ModelError

NICENESS: Final = 10
"""Building gives way to the running monitor."""


def build_beside(order: BuildOrder, cache: EngineCache) -> None:
    """Build an engine in a child process and wait for it.

    Raises
    ------
    AbsentBackendError
        If this machine lacks what it takes.
    ModelError
        If it cannot be built, or the child was killed.
    """
    cache.sweep()
    command = [
        sys.executable,
        "-m",
        "engine.backends.builder",
        json.dumps(order.to_dict()),
        str(cache.folder),
    ]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            # The child's stdin stays open until here: that is how it knows that somebody waits for it.
            said, complaints = _read_both(child)
        except BaseException:
            child.kill()
            raise
    answer = _answer(said)
    if child.returncode == 0 and "error" not in answer:
        return
    if "error" in answer:
        raise (AbsentBackendError if answer.get("absent") else ModelError)(answer["error"])
    last = complaints.strip().splitlines()[-1:] or ["it said nothing"]
    raise ModelError(
        f"building {order.library} in {order.precision} ended with code {child.returncode} "
        f"({last[0][:200]}): nothing was kept, `ecg-monitor engine build` tries again"
    )


def build_here(order: BuildOrder, cache: EngineCache) -> Path:
    """Build an engine in this process and keep it; gives its file."""
    key, batches = key_of(order), order.batches
    if order.library == "tensorrt-rtx":
        from engine.backends.rtxbuild import build_rtx

        library = load_library(order.library)
        plan, inspection = build_rtx(library, order.graph.read_bytes(), order.precision, batches)
        return cache.store(key, lambda path: _write(path, plan), inspection.to_dict())
    checkpoint = load_checkpoint(order.checkpoint)
    if order.library == "tensorrt":
        from engine.backends.torchtrt import build_torch_tensorrt

        plan = build_torch_tensorrt(checkpoint, order.precision, batches)
        return cache.store(key, lambda path: _write(path, plan), {})
    from engine.backends.compiled import build_compiled

    def compiled(path: Path) -> None:
        build_compiled(checkpoint, order.precision, order.device, batches.most, path)

    return cache.store(key, compiled, {})


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def _read_both(child: "subprocess.Popen[str]") -> tuple[str, str]:
    assert child.stdout is not None and child.stderr is not None  # they are pipes
    complaints: list[str] = []
    errors = child.stderr
    reader = threading.Thread(target=lambda: complaints.append(errors.read()), daemon=True)
    reader.start()
    said = child.stdout.read()
    reader.join()
    return said, "".join(complaints)


def _answer(said: str) -> dict[str, Any]:
    """The last line, if it is ours: a compiler may have printed before it."""
    try:
        answer = json.loads((said.strip().splitlines() or ["{}"])[-1])
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _end_with_parent() -> None:
    """Wait for the end of stdin, which whoever started this process holds open, and end at once."""
    sys.stdin.read()
    os._exit(3)


def main(words: list[str]) -> int:
    """Build what the order says; the last line on stdout is the answer as JSON."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        path = build_here(BuildOrder.from_dict(json.loads(words[0])), EngineCache(Path(words[1])))
    except EcgMonitorError as error:
        answer = {"error": str(error), "absent": isinstance(error, AbsentBackendError)}
    else:
        answer = {"path": str(path)}
    print(json.dumps(answer), flush=True)  # noqa: T201 - the answer to whoever started it
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
