"""The state of a training on disk: whole, or refused with a sentence."""

import hashlib
import io
from pathlib import Path
from typing import Any, Final

import torch

from engine.errors import ConfigurationError, ModelError
from training.wholefile import write_whole

_HASH_N: Final = hashlib.sha256().digest_size


def write_state(path: Path, signature: dict[str, Any], state: dict[str, Any]) -> None:
    """Write `state` behind its hash; `signature` says which training it belongs to."""
    buffer = io.BytesIO()
    torch.save({"signature": signature, "state": state}, buffer)
    content = buffer.getvalue()
    write_whole(path, hashlib.sha256(content).digest() + content)


def read_state(path: Path, signature: dict[str, Any]) -> dict[str, Any] | None:
    """The state that was written for the same training; None if there is none yet."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read ({error.strerror}): see to it") from error
    if hashlib.sha256(content[_HASH_N:]).digest() != content[:_HASH_N]:
        raise ModelError(f"{path} is no whole training state: delete it and train again, without --resume")
    kept = torch.load(io.BytesIO(content[_HASH_N:]), map_location="cpu", weights_only=True)
    if kept["signature"] != signature:
        raise ConfigurationError(
            f"{path} belongs to another training ({_differences(kept['signature'], signature)}): give the "
            "same options and data, or train without --resume"
        )
    state: dict[str, Any] = kept["state"]
    return state


def _differences(kept: dict[str, Any], asked: dict[str, Any]) -> str:
    return ", ".join(
        f"{name} {kept.get(name)} there, {asked.get(name)} asked for"
        for name in sorted(kept.keys() | asked.keys())
        if kept.get(name) != asked.get(name)
    )
