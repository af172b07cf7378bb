"""Whatever goes wrong with a backend, the next one serves the same windows, and one sentence says so."""

import copy
import threading

import numpy as np
import pytest

from engine.backends import rungs as rungs_module
from engine.backends import trtlibrary
from engine.backends.backend import AbsentBackendError, NetworkOutputs, is_finite
from engine.backends.buildorder import BuildOrder, check_gpu, key_of
from engine.backends.conformance import output_difference
from engine.backends.eager import TorchBackend
from engine.backends.enginekey import Batches
from engine.backends.exported import Plain
from engine.backends.ladder import Ladder, Rung
from engine.backends.rungs import judge_of, load_backend, load_ladder, rung_of
from engine.backends.samples import sample_batch
from engine.backends.tensors import LEAST_PART, InParts
from engine.errors import ConfigurationError, ModelError
from engine.scorer import load_scorer

torch = pytest.importorskip("torch")
BATCH = sample_batch(3)


def quick(model, name):
    return rung_of(model, name)


def approve(backend, precision):
    return None


class Faulty:
    """ONNX Runtime that fails from its second batch on."""

    def __init__(self, model, error, name="tensorrt"):
        self.name = name
        self._error = error
        self._sound = load_backend(model, "onnx")
        self.n_runs = 0

    def run(self, batch):
        self.n_runs += 1
        if self.n_runs > 1:
            raise self._error
        return self._sound.run(batch)


def climbed(ladder, timeout_s=60):
    """The same ladder once its slow rungs are ready."""
    ladder.wait(timeout_s)
    return ladder


# At load: what this machine lacks.


@pytest.mark.parametrize(
    ("lack", "words"),
    [
        ({"capability": None}, "no NVIDIA GPU was found"),
        ({"code": 804}, "cuInit fails with code 804"),
        ({"devices": 0}, "CUDA_VISIBLE_DEVICES"),
    ],
    ids=["no driver", "driver does not work", "no device"],
)
def test_without_cuda_the_model_runs_on_the_cpu(model, driver, lack, words):
    driver(**lack)
    ladder = load_ladder(model, "tensorrt")
    assert ladder.name == "onnx"
    assert ladder.degraded.startswith("tensorrt cannot serve: no NVIDIA GPU") and words in ladder.degraded
    assert ladder.degraded.endswith("the model runs on onnx")
    assert is_finite(ladder.run(BATCH))


def test_a_machine_without_a_gpu_has_nothing_to_report(model, driver):
    driver(capability=None)
    ladder = load_ladder(model)
    assert (ladder.name, ladder.degraded, ladder.remarks) == ("onnx", None, ())


def test_an_unsupported_gpu_is_named(driver):
    driver(capability=(7, 0))
    with pytest.raises(AbsentBackendError, match=r"Pretended GPU \(compute capability 7.0\) is too old.*7.5"):
        check_gpu()


def test_a_torch_without_cuda_is_named(driver):
    if torch.cuda.is_available():
        pytest.skip("this torch can use the GPU")
    driver()
    with pytest.raises(
        AbsentBackendError, match=r"torch .* cannot use the GPU Pretended GPU.*install a torch"
    ):
        check_gpu()


def test_a_gpu_that_nothing_can_use_leaves_the_cpu_and_says_why_once_for_each(model, driver, monkeypatch):
    driver()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    ladder = climbed(load_ladder(model))
    assert ladder.name == "onnx" and ladder.degraded is None
    assert len(ladder.remarks) == 4 and all("cannot use the GPU" in remark for remark in ladder.remarks)
    asked = climbed(load_ladder(model, "tensorrt-rtx"))
    assert asked.degraded.startswith("tensorrt-rtx cannot serve: torch")
    assert asked.degraded.endswith("the model runs on onnx")


def test_a_missing_package_is_named_with_the_cure(monkeypatch):
    monkeypatch.setattr(trtlibrary, "find_spec", lambda name: None)
    with pytest.raises(
        AbsentBackendError, match=r"tensorrt_rtx is not installed: pip install 'ecg-monitor\["
    ):
        trtlibrary.load_library("tensorrt-rtx")
    with pytest.raises(AbsentBackendError, match=r"torch_tensorrt is not installed: pip install"):
        trtlibrary.front_end_version()


@pytest.mark.parametrize("version", ["1.3.0.35", "2.0.1", "nonsense"])
def test_a_wrong_version_is_named_with_the_one_it_takes(monkeypatch, version):
    module = pytest.importorskip("tensorrt_rtx")
    monkeypatch.setattr(module, "__version__", version)
    with pytest.raises(
        AbsentBackendError, match=rf"is version {version}, this program needs 1.4 or newer, below 2.0"
    ):
        trtlibrary.load_library("tensorrt-rtx")


def test_a_package_that_lacks_its_library_is_named(monkeypatch):
    pytest.importorskip("tensorrt_rtx")

    def broken(name):
        raise OSError("libtensorrt_rtx.so.1: cannot open shared object file")

    monkeypatch.setattr(trtlibrary.importlib, "import_module", broken)
    with pytest.raises(AbsentBackendError, match=r"cannot be loaded \(libtensorrt_rtx.so.1"):
        trtlibrary.load_library("tensorrt-rtx")


def test_a_front_end_for_another_torch_is_named(checkpoint, monkeypatch, tmp_path):
    (tmp_path / "torch_tensorrt.py").write_text("raise ImportError('undefined symbol: _ZN3c10')")
    monkeypatch.syspath_prepend(tmp_path)
    from engine.backends.torchtrt import build_torch_tensorrt

    with pytest.raises(ModelError, match=r"torch_tensorrt cannot be loaded with torch .*undefined symbol"):
        build_torch_tensorrt(checkpoint, "fp32", Batches())


def test_without_a_compiler_nothing_is_compiled(checkpoint, monkeypatch, tmp_path):
    from engine.backends.compiled import build_compiled

    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(AbsentBackendError, match="needs a C\\+\\+ compiler"):
        build_compiled(checkpoint, "fp32", "cpu", 16, tmp_path / "x.pt2")


def test_an_asked_backend_without_the_ladder_is_an_error(driver):
    driver(capability=None)
    with pytest.raises(AbsentBackendError, match="no NVIDIA GPU"):
        load_scorer(backend="tensorrt")
    with pytest.raises(ConfigurationError, match="choose auto, tensorrt"):
        load_scorer(backend="abacus", step_down=True)


def test_a_damaged_graph_leaves_eager_torch(checkpoint, model, driver, tmp_path, weights):
    driver(capability=None)
    (tmp_path / "mcr.safetensors").write_bytes((weights / "mcr.safetensors").read_bytes())
    (tmp_path / "mcr.onnx").write_bytes(b"no graph")
    ladder = load_ladder(rungs_module.Model(checkpoint, tmp_path / "mcr.safetensors", cache=model.cache))
    assert ladder.name == "torch"
    assert "onnx cannot serve" in ladder.degraded and "no ONNX network" in ladder.degraded


def test_no_backend_at_all_is_an_error_with_every_reason(model):
    def absent(say):
        raise AbsentBackendError("nothing here")

    with pytest.raises(ModelError, match="nothing here; nothing here"):
        Ladder([Rung("onnx", absent), Rung("torch", absent)], approve)


# Built engines: made ready beside, compared, swapped in between two batches.


def test_a_slow_backend_is_made_ready_while_the_next_serves(model):
    ready, loaded = threading.Event(), load_backend(model, "torch")

    def load(say):
        assert ready.wait(60)
        return loaded

    ladder = Ladder([Rung("compiled", load, slow=True), quick(model, "onnx")], judge_of(model))
    before = ladder.run(BATCH)
    assert ladder.name == "onnx" and ladder.degraded is None
    assert ladder.remarks == ("compiled is being made ready; onnx serves",)
    ready.set()
    ladder.wait(60)
    after = ladder.run(BATCH)
    assert ladder.name == "torch" and ladder.remarks == () and ladder.degraded is None
    assert output_difference(before, after) < 1e-3


def test_an_engine_with_other_results_never_serves(model):
    class Wrong:
        name = "tensorrt"

        def run(self, batch):
            sound = loaded.run(batch)
            return NetworkOutputs(sound.window_error, sound.beat_error, sound.surprise, sound.features * 1.01)

    loaded = load_backend(model, "onnx")
    rung = Rung("tensorrt", lambda say: Wrong(), slow=True)
    ladder = climbed(Ladder([rung, quick(model, "onnx")], judge_of(model)))
    assert ladder.name == "onnx"
    assert "results are not those of eager torch" in ladder.degraded


def test_a_build_that_fails_in_any_way_never_ends_the_monitor(model):
    def load(say):
        raise MemoryError

    ladder = climbed(Ladder([Rung("tensorrt", load, slow=True), quick(model, "onnx")], approve))
    assert ladder.degraded == "tensorrt cannot serve: MemoryError; the model runs on onnx"
    assert is_finite(ladder.run(BATCH))


@pytest.mark.parametrize("left", ["damaged", "refused"])
def test_an_engine_that_cannot_be_used_is_named_and_built_again(model, driver, monkeypatch, left):
    pytest.importorskip("tensorrt_rtx")
    driver()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    key = key_of(BuildOrder("tensorrt-rtx", "fp32", model.batches, model.path))
    path = model.cache.store(key, lambda at: at.write_bytes(b"old"), {})
    if left == "damaged":
        path.write_bytes(b"odd")

    def build(order, cache):
        assert not path.exists(), "what cannot be used is gone before another is built"
        cache.store(key_of(order), lambda at: at.write_bytes(b"new"), {})

    def open_engine(key, path):
        if path.read_bytes() != b"new":
            raise ModelError("tensorrt-rtx refuses the engine on this machine: magic number")
        return load_backend(model, "onnx")

    monkeypatch.setattr(rungs_module, "build_beside", build)
    monkeypatch.setattr(rungs_module, "_open", open_engine)
    ladder = climbed(Ladder([quick(model, "tensorrt-rtx"), quick(model, "torch")], judge_of(model)))
    assert ladder.name == "onnx" and ladder.degraded is None
    (remark,) = ladder.remarks
    assert "it is built again" in remark and ("damaged" if left == "damaged" else "refuses") in remark


def test_an_engine_that_its_machine_refuses_is_not_left_for_the_next_start(model, driver, monkeypatch):
    pytest.importorskip("tensorrt_rtx")
    driver()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

    def build(order, cache):
        cache.store(key_of(order), lambda at: at.write_bytes(b"new"), {})

    def open_engine(key, path):
        raise ModelError("tensorrt-rtx refuses the engine on this machine: unsupported GPU")

    monkeypatch.setattr(rungs_module, "build_beside", build)
    monkeypatch.setattr(rungs_module, "_open", open_engine)
    ladder = climbed(Ladder([quick(model, "tensorrt-rtx"), quick(model, "onnx")], approve))
    assert "unsupported GPU; the model runs on onnx" in ladder.degraded
    assert model.cache.entries() == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_compiled_torch_is_built_once_and_rebuilt_when_damaged(built, reference, driver):
    driver(capability=None)
    first = climbed(load_ladder(built, "compiled"), 800)
    assert (first.name, first.degraded) == ("compiled", None)
    assert reference.compare(first).holds
    (entry,) = [one for one in built.cache.entries() if one.key.library == "compiled"]
    path = built.cache.folder / f"{entry.name}.pt2"
    path.write_bytes(path.read_bytes()[:-1])
    second = climbed(load_ladder(built, "compiled"), 800)
    assert second.name == "compiled" and "is damaged" in second.remarks[0]


# While it runs.


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (
            torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
            "the device is out of memory",
        ),
        (RuntimeError("CUDA error: an illegal memory access\nmore"), "CUDA error: an illegal memory access"),
        (ModelError("tensorrt cannot run the engine: it does not say why"), "cannot run the engine"),
        (KeyError(), "KeyError"),
    ],
    ids=["memory", "device", "engine", "bug"],
)
def test_the_batch_in_which_a_backend_fails_is_run_on_the_next(model, error, words):
    faulty = Faulty(model, error)
    rung = Rung("tensorrt", lambda say: faulty, slow=True)
    ladder = climbed(Ladder([rung, quick(model, "onnx"), quick(model, "torch")], judge=approve))
    expected = ladder.run(BATCH)
    assert ladder.name == "tensorrt" and faulty.n_runs == 1
    found = ladder.run(BATCH)
    assert output_difference(expected, found) == 0
    assert ladder.name == "onnx"
    assert ladder.degraded.startswith("tensorrt failed: ") and words in ladder.degraded
    assert ladder.degraded.endswith("; the model runs on onnx") and "\n" not in ladder.degraded
    assert is_finite(ladder.run(BATCH)) and faulty.n_runs == 2, "what failed is not tried again"


def test_the_last_backend_fails_to_the_caller_and_is_tried_again(model):
    faulty = Faulty(model, RuntimeError("no more"), "torch")
    ladder = Ladder([Rung("torch", lambda say: faulty)], approve)
    ladder.run(BATCH)
    for _ in range(2):
        with pytest.raises(RuntimeError, match="no more"):
            ladder.run(BATCH)
    assert ladder.name == "torch"


def test_a_lower_slow_backend_is_made_ready_after_a_failure(model):
    upper = Rung("tensorrt", lambda say: Faulty(model, RuntimeError("lost")), slow=True)
    lower = Rung("compiled", lambda say: load_backend(model, "torch"), slow=True)
    ladder = climbed(Ladder([upper, lower, quick(model, "onnx")], approve))
    ladder.run(BATCH)
    ladder.run(BATCH)
    climbed(ladder).run(BATCH)
    assert ladder.name == "torch"
    assert ladder.degraded == "tensorrt failed: lost; the model runs on torch"


class Overflowing:
    """The network in half precision, with weights that float32 holds and float16 does not."""

    name = "tensorrt"

    def __init__(self, checkpoint, precision):
        network = Plain(checkpoint, precision).eval()
        self.run = InParts(lambda tensors: network(*tensors), "cpu", 4096).__call__


@pytest.fixture(scope="module")
def steep(checkpoint):
    weights = dict(checkpoint.weights)
    # Two neighbouring layers scaled against each other: the same function, too large between for 16 bits.
    weights["to_window.value.weight"] = weights["to_window.value.weight"] * np.float32(1e6)
    weights["to_window.value.bias"] = weights["to_window.value.bias"] * np.float32(1e6)
    steep = copy.copy(checkpoint)
    object.__setattr__(steep, "weights", weights)
    return steep


def test_numbers_missing_in_a_reduced_precision_are_given_by_float32(model, steep):
    half = Overflowing(steep, "fp16")
    assert not is_finite(half.run(BATCH)), "the fault is real"
    exact = TorchBackend(steep)
    assert is_finite(exact.run(BATCH))
    below = [Rung("tensorrt-rtx", lambda say: half, "fp16", slow=True), Rung("torch", lambda say: exact)]
    ladder = climbed(Ladder([Rung("tensorrt", lambda say: half, "fp16", slow=True), *below], approve))
    assert ladder.name == "tensorrt"
    found = ladder.run(BATCH)
    assert is_finite(found) and output_difference(exact.run(BATCH), found) == 0
    assert ladder.degraded == ("tensorrt gave no numbers in fp16 where float32 does; the model runs on torch")
    climbed(ladder).run(BATCH)
    assert ladder.name == "torch", "the same precision is not tried by another library"


def test_numbers_missing_everywhere_are_the_signals_fault(model):
    class NoNumbers:
        def __init__(self, name):
            self.name = name

        def run(self, batch):
            sound = loaded.run(batch)
            return NetworkOutputs(
                sound.window_error, sound.beat_error, sound.surprise * np.nan, sound.features
            )

    loaded = load_backend(model, "onnx")
    rungs = [
        Rung("tensorrt", lambda say: NoNumbers("tensorrt"), "bf16", slow=True),
        Rung("torch", lambda say: NoNumbers("torch")),
    ]
    ladder = climbed(Ladder(rungs, approve))
    assert not is_finite(ladder.run(BATCH))
    assert ladder.name == "tensorrt" and ladder.degraded is None


def test_a_batch_without_room_goes_in_smaller_parts(checkpoint):
    """As eager torch on a GPU does; below the least part it is the next backend's turn."""
    eager, room = TorchBackend(checkpoint), 20
    sizes = []

    def run(tensors):
        sizes.append(len(tensors[0]))
        if len(tensors[0]) > room:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return tuple(network(*tensors))

    network = Plain(checkpoint).eval()
    batch = sample_batch(50)
    found = InParts(run, "cpu", 4096, yields=True)(batch)
    assert sizes == [50, 25, LEAST_PART, LEAST_PART, LEAST_PART, 2]
    assert output_difference(eager.run(batch), found) < 1e-3
    with pytest.raises(torch.OutOfMemoryError):
        InParts(run, "cpu", 4096)(batch)
    room = 1
    with pytest.raises(torch.OutOfMemoryError):
        InParts(run, "cpu", 4096, yields=True)(batch)
