"""Engines on disk: what is not whole, not ours or not for here is never used, and never in the way."""

import json
import os
import signal
import subprocess
import sys

import pytest

from engine.backends.builder import build_beside
from engine.backends.buildorder import BuildOrder, key_of
from engine.backends.enginecache import ENVIRONMENT, EngineCache, MissingEngineError, default_folder
from engine.backends.enginekey import Batches, EngineKey
from engine.backends.manifest import DamagedEngineError
from engine.errors import ConfigurationError, ModelError
from monitor.cli import main

KEY = EngineKey("tensorrt-rtx", "fp32", Batches(), "a" * 64, "tensorrt_rtx 1.7", "any NVIDIA GPU")
CONTENT = bytes(range(256)) * 64


def keep(cache, key=KEY, content=CONTENT):
    return cache.store(key, lambda path: path.write_bytes(content), {"layers": 3})


def test_what_was_stored_is_found_and_listed(cache):
    assert keep(cache).read_bytes() == CONTENT
    assert cache.find(KEY).read_bytes() == CONTENT
    (entry,) = cache.entries()
    assert (entry.key, entry.fault, entry.about) == (KEY, None, {"layers": 3})
    assert [path.suffix for path in sorted(cache.folder.iterdir())] == [".json", ".plan"]
    assert cache.folder.stat().st_mode & 0o077 == 0


def test_nothing_is_there_until_it_is_built(cache):
    with pytest.raises(MissingEngineError, match="ecg-monitor engine build"):
        cache.find(KEY)
    assert cache.entries() == [] and cache.sweep() == []


@pytest.mark.parametrize(
    "other",
    [
        EngineKey("tensorrt-rtx", "fp32", Batches(), "b" * 64, "tensorrt_rtx 1.7", "any NVIDIA GPU"),
        EngineKey("tensorrt-rtx", "bf16", Batches(), "a" * 64, "tensorrt_rtx 1.7", "any NVIDIA GPU"),
        EngineKey("tensorrt-rtx", "fp32", Batches(1, 8, 64), "a" * 64, "tensorrt_rtx 1.7", "any NVIDIA GPU"),
        EngineKey("tensorrt-rtx", "fp32", Batches(), "a" * 64, "tensorrt_rtx 1.8", "any NVIDIA GPU"),
        EngineKey("tensorrt-rtx", "fp32", Batches(), "a" * 64, "tensorrt_rtx 1.7", "NVIDIA H200"),
    ],
    ids=["model", "precision", "batches", "library", "gpu"],
)
def test_another_model_precision_shape_library_or_gpu_is_another_engine(cache, other):
    keep(cache)
    with pytest.raises(MissingEngineError):
        cache.find(other)
    # One that was copied or renamed to our name is told from ours by its manifest.
    keep(cache, other)
    for extension in (".json", ".plan"):
        (cache.folder / f"{other.name}{extension}").replace(cache.folder / f"{KEY.name}{extension}")
    with pytest.raises(DamagedEngineError, match="built for something else"):
        cache.find(KEY)
    assert cache.entries()[0].fault is not None


@pytest.mark.parametrize("damage", ["flipped", "cut", "empty", "gone", "no json", "other json", "list"])
def test_damage_is_found_and_named(cache, damage):
    path = keep(cache)
    manifest = path.with_suffix(".json")
    match damage:
        case "flipped":
            path.write_bytes(CONTENT[:99] + b"?" + CONTENT[100:])
        case "cut":
            path.write_bytes(CONTENT[:-1])
        case "empty":
            path.write_bytes(b"")
        case "gone":
            path.unlink()
        case "no json":
            manifest.write_text("{")
        case "other json":
            manifest.write_text('{"format": "another program"}')
        case "list":
            manifest.write_text("[]")
    with pytest.raises(DamagedEngineError, match=r"built again") as found:
        cache.find(KEY)
    assert str(cache.folder) in str(found.value)
    (entry,) = cache.entries()
    assert entry.fault
    keep(cache)
    assert cache.find(KEY).read_bytes() == CONTENT


def test_the_list_names_what_is_wrong_and_cleans_it_away(cache, capsys):
    path = keep(cache)
    path.write_bytes(CONTENT[:-1])
    (cache.folder / f"{KEY.name}.999999999.part.plan").write_bytes(b"half")
    assert main(["engine", "list", "--cache", str(cache.folder)]) == 0
    assert "bytes, built were" in capsys.readouterr().out
    assert main(["engine", "list", "--cache", str(cache.folder), "--clean", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["engines"] == [] and len(found["removed"]) == 2
    assert list(cache.folder.iterdir()) == []


def test_a_folder_that_others_may_write_is_refused(cache):
    keep(cache)
    cache.folder.chmod(0o777)
    with pytest.raises(ConfigurationError, match="program code"):
        cache.find(KEY)
    with pytest.raises(ConfigurationError, match=ENVIRONMENT):
        keep(cache)


def test_a_folder_that_cannot_be_written_is_one_sentence(tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ModelError, match="cannot be kept"):
        keep(EngineCache(tmp_path / "file" / "engines"))


def test_the_folder_is_the_users_cache_or_what_is_named(monkeypatch, tmp_path):
    monkeypatch.delenv(ENVIRONMENT, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert default_folder() == tmp_path / "ecg-monitor" / "engines"
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "named"))
    assert EngineCache().folder == tmp_path / "named"


KILLED = """
import pathlib, sys
sys.path.insert(0, {here!r})
from test_engine_cache import CONTENT, KEY
from engine.backends.enginecache import EngineCache

def halt():
    print("now", flush=True)
    sys.stdin.read()

def write(path):
    path.write_bytes(CONTENT[: len(CONTENT) // 2])
    if {point!r} == "engine half written":
        halt()
    path.write_bytes(CONTENT)

rename = pathlib.Path.replace
def replace(self, target):
    if {point!r} == "engine not renamed" and str(target).endswith(".plan"):
        halt()
    if {point!r} == "manifest not renamed" and str(target).endswith(".json"):
        halt()
    return rename(self, target)

pathlib.Path.replace = replace
EngineCache(pathlib.Path({folder!r})).store(KEY, write, {{}})
"""


@pytest.mark.parametrize("before", ["nothing", "an older engine"])
@pytest.mark.parametrize("point", ["engine half written", "engine not renamed", "manifest not renamed"])
def test_a_kill_at_any_moment_leaves_the_whole_engine_or_none(cache, point, before):
    if before == "an older engine":
        keep(cache, content=CONTENT[::-1])
    here = os.path.dirname(__file__)  # noqa: PTH120
    code = KILLED.format(here=here, point=point, folder=str(cache.folder))
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "now\n"
        assert cache.sweep() == [], "what a living builder writes is left alone"
        child.send_signal(signal.SIGKILL)
        child.wait(20)
    try:
        assert cache.find(KEY).read_bytes() == CONTENT[::-1] and before == "an older engine"
    except (MissingEngineError, DamagedEngineError):
        assert before == "nothing" or point == "manifest not renamed"
    assert len(cache.sweep()) == 1
    keep(cache)
    assert cache.find(KEY).read_bytes() == CONTENT
    assert all(entry.fault is None for entry in cache.entries())


@pytest.fixture
def order(tmp_path):
    """An engine of a graph that is built at once."""
    pytest.importorskip("tensorrt_rtx")
    onnx = pytest.importorskip("onnx")
    ports = [onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, ["n", 4]) for name in "xy"]
    node = onnx.helper.make_node("Relu", ["x"], ["y"])
    graph = onnx.helper.make_graph([node], "small", ports[:1], ports[1:])
    opset = [onnx.helper.make_opsetid("", 18)]
    onnx.save(onnx.helper.make_model(graph, opset_imports=opset, ir_version=9), tmp_path / "small.onnx")
    return BuildOrder("tensorrt-rtx", "fp32", Batches(1, 1, 2), tmp_path / "small.safetensors")


def test_a_builder_that_is_killed_is_told_and_leaves_nothing(cache, order, monkeypatch):
    real = subprocess.Popen

    class Doomed(real):
        def __init__(self, *words, **options):
            super().__init__(*words, **options)
            self.send_signal(signal.SIGKILL)

    monkeypatch.setattr("engine.backends.builder.subprocess.Popen", Doomed)
    with pytest.raises(ModelError, match=r"ended with code -9.*nothing was kept"):
        build_beside(order, cache)
    monkeypatch.undo()
    with pytest.raises(MissingEngineError):
        cache.find(key_of(order))
    build_beside(order, cache)
    assert cache.find(key_of(order)).stat().st_size > 1e3


def test_a_builder_ends_with_whoever_started_it(cache, order):
    words = ["-m", "engine.backends.builder", json.dumps(order.to_dict()), str(cache.folder)]
    with subprocess.Popen(
        [sys.executable, *words], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        child.stdin.close()
        assert child.wait(30) == 3
    assert cache.entries() == []


def test_the_builders_own_sentence_arrives(cache, order):
    order.graph.write_bytes(b"no graph")
    with pytest.raises(ModelError, match="tensorrt-rtx cannot compile the graph"):
        build_beside(order, cache)
    assert cache.entries() == []
