"""The shipped model, the reference's results, and an empty cache; a GPU that can be anything."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from engine.backends.conformance import Reference
from engine.backends.enginecache import EngineCache
from engine.backends.rungs import Model
from engine.checkpoint import load_checkpoint
from engine.scorer import WEIGHTS

PATH = WEIGHTS / "mcr.safetensors"


@pytest.fixture(scope="session")
def checkpoint():
    return load_checkpoint(PATH)


@pytest.fixture(scope="session")
def reference(checkpoint):
    return Reference(checkpoint)


@pytest.fixture(scope="session")
def built(checkpoint, tmp_path_factory):
    """The model with a cache that lasts for all tests: an engine is built once."""
    return Model(checkpoint, PATH, cache=EngineCache(tmp_path_factory.mktemp("engines")))


@pytest.fixture
def cache(tmp_path):
    return EngineCache(tmp_path / "engines")


@pytest.fixture
def model(checkpoint, cache):
    """The model with a cache of its own."""
    return Model(checkpoint, PATH, cache=cache)


def _write(pointer, value):
    pointer._obj.value = value
    return 0


@pytest.fixture
def driver(monkeypatch):
    """Pretend that NVIDIA's driver is there and says this; None: its library is not."""

    def pretend(capability=(9, 0), devices=1, code=0):
        def attribute(pointer, which, _device):
            return _write(pointer, capability[0] if which == 75 else capability[1])

        def name(buffer, _size, _device):
            buffer.value = b"Pretended GPU"
            return 0

        functions = SimpleNamespace(
            cuInit=lambda _flags: code,
            cuDeviceGetCount=lambda pointer: _write(pointer, devices),
            cuDeviceGet=lambda pointer, _place: _write(pointer, 0),
            cuDeviceGetName=name,
            cuDeviceGetAttribute=attribute,
            cuDriverGetVersion=lambda pointer: _write(pointer, 13000),
        )

        def load():
            if capability is None:
                raise OSError("libcuda.so.1: cannot open shared object file")
            return functions

        monkeypatch.setattr("engine.backends.gpu.load_driver", load)

    return pretend


@pytest.fixture
def weights() -> Path:
    return WEIGHTS
