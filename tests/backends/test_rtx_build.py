"""TensorRT-RTX really compiles the shipped model, here and now: its builder needs no GPU.

Without a GPU an engine cannot be loaded again, so what is inspected is what its builder was given and gave:
layers, ports, types, the profile, and a plan that carries the library's mark. With one, `gpu` tests run it.
"""

import json

import pytest

from engine.backends.backend import INPUTS, AbsentBackendError, NetworkOutputs
from engine.backends.builder import build_beside
from engine.backends.buildorder import BuildOrder, key_of
from engine.backends.enginekey import Batches
from engine.backends.gpu import find_gpu
from engine.backends.lowering import to_bfloat16
from engine.backends.precisions import PRECISIONS
from engine.backends.rtxbuild import build_rtx
from engine.backends.trtlibrary import load_library
from engine.errors import ConfigurationError, ModelError
from engine.preprocess import BEAT_N, MODEL_N, N_BEATS
from engine.scorer import WEIGHTS
from monitor.cli import main

torch = pytest.importorskip("torch")
MARK = b"vtrt"
SHAPES = {
    "signal": (12, MODEL_N),
    "valid": (12, MODEL_N),
    "beats": (N_BEATS, 12, BEAT_N),
    "beats_valid": (N_BEATS, 12, BEAT_N),
    "beat_starts": (N_BEATS,),
}


@pytest.fixture(scope="module")
def library():
    try:
        return load_library("tensorrt-rtx")
    except AbsentBackendError as absent:
        pytest.skip(str(absent))


@pytest.fixture(scope="module")
def graph():
    return (WEIGHTS / "mcr.onnx").read_bytes()


@pytest.mark.parametrize(
    "precision", ["fp32", "fp16", *(pytest.param(one, marks=pytest.mark.slow) for one in ("tf32", "bf16"))]
)
def test_the_shipped_model_becomes_an_engine(library, graph, precision):
    plan, found = build_rtx(library, graph, precision, Batches(1, 16, 4096))
    assert plan.startswith(MARK) and 1e6 < len(plan) < 50e6
    assert [port.name for port in found.inputs] == list(INPUTS)
    for port in found.inputs:
        assert port.shape == (-1, *SHAPES[port.name])
        assert port.profile == tuple((n, *SHAPES[port.name]) for n in (1, 16, 4096))
        assert port.dtype == ("INT64" if port.name == "beat_starts" else "FLOAT")
    assert [port.name for port in found.outputs] == list(NetworkOutputs.__dataclass_fields__)
    assert {port.dtype for port in found.outputs} == {"FLOAT"}
    assert found.outputs[0].shape == (-1, 12, MODEL_N) and found.outputs[2].shape == (-1, 2)
    products = found.layers["CONVOLUTION"] + found.layers["MATRIX_MULTIPLY"]
    assert found.layers["CONVOLUTION"] >= 4 and products >= 10
    assert found.n_lowered == (products if precision in ("fp16", "bf16") else 0)


def test_a_graph_that_cannot_be_compiled_is_refused_with_the_librarys_reason(library, graph):
    with pytest.raises(ModelError, match=r"cannot compile the graph: .*[Pp]arse"):
        build_rtx(library, graph[:1000], "fp32", Batches())


def test_a_layer_the_library_does_not_know_fails_the_build(library):
    onnx = pytest.importorskip("onnx")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, ["n", 4])
    result = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, ["n", 4])
    node = onnx.helper.make_node("NoSuchLayer", ["x"], ["y"], domain="elsewhere")
    graph = onnx.helper.make_graph([node], "odd", [value], [result])
    imports = [onnx.helper.make_opsetid("", 18), onnx.helper.make_opsetid("elsewhere", 1)]
    odd = onnx.helper.make_model(graph, opset_imports=imports, ir_version=9).SerializeToString()
    with pytest.raises(ModelError, match="NoSuchLayer"):
        build_rtx(library, odd, "fp32", Batches())


def test_an_engine_is_built_beside_kept_and_listed(library, tmp_path, capsys):
    words = ["--library", "tensorrt-rtx", "--batches", "1", "4", "64", "--cache", str(tmp_path / "engines")]
    assert main(["engine", "build", *words]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert first["built"] and first["about"]["layers"]["CONVOLUTION"] >= 4
    assert main(["engine", "build", *words, "--json"]) == 0
    assert not json.loads(capsys.readouterr().out)["built"]
    assert main(["engine", "list", "--cache", str(tmp_path / "engines"), "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["engines"]
    assert entry["valid"] and entry["key"]["batches"]["most"] == 64
    assert entry["bytes"] == first["bytes"]


def test_batches_that_make_no_sense_are_refused(capsys):
    assert main(["engine", "build", "--library", "tensorrt-rtx", "--batches", "8", "4", "2"]) == 2
    assert "least <= usual <= most" in capsys.readouterr().err
    with pytest.raises(ConfigurationError, match="compiled knows no tf32"):
        BuildOrder("compiled", "tf32", Batches(), WEIGHTS / "mcr.safetensors")


def test_bfloat16_is_rounded_to_the_nearest(graph):
    x = torch.randn(1000, generator=torch.Generator().manual_seed(0)) * 100
    expected = x.to(torch.bfloat16).view(torch.uint16).numpy()
    assert (to_bfloat16(x.numpy()) == expected).all()


@pytest.mark.gpu
@pytest.mark.timeout(600)
@pytest.mark.parametrize("precision", PRECISIONS)
def test_an_engine_loaded_on_a_gpu_is_the_one_that_was_ordered(library, built, precision):
    from engine.backends.planbackend import PlanBackend

    try:
        find_gpu()
    except AbsentBackendError as absent:
        pytest.skip(str(absent))
    order = BuildOrder("tensorrt-rtx", precision, Batches(), built.path)
    build_beside(order, built.cache)
    plan = built.cache.find(key_of(order)).read_bytes()
    found = PlanBackend(library, plan, "tensorrt-rtx", 4096).inspect()
    assert found["layers"] > 0 and found["profiles"] == 1
    for name, shapes in found["inputs"].items():
        assert [tuple(shape) for shape in shapes] == [(n, *SHAPES[name]) for n in (1, 16, 4096)]
    assert len(found["outputs"]) == 4
