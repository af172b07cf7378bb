"""All backends give eager torch's results; those that this machine lacks say why they were skipped."""

import json

import numpy as np
import pytest

import monitor.engine_options
import monitor.model_options
from engine.backends.backend import AbsentBackendError, NetworkOutputs
from engine.backends.conformance import SIZES, output_difference
from engine.backends.exported import LOW, Plain, export_program
from engine.backends.precisions import PRECISIONS
from engine.backends.rungs import AUTO, NAMES, Model, load_backend
from engine.backends.samples import KINDS, sample_batch
from engine.backends.tensors import InParts
from engine.errors import ConfigurationError
from engine.preprocess import ModelInput
from engine.scorer import load_scorer
from monitor.cli import main

COMPILING = (pytest.mark.slow, pytest.mark.timeout(900))
BUILT = [
    pytest.param(name, precision, marks=[pytest.mark.gpu, pytest.mark.timeout(900)])
    for name in ("tensorrt", "tensorrt-rtx")
    for precision in PRECISIONS
]


def outputs_at(outputs: NetworkOutputs, i: int) -> list[np.ndarray]:
    return [getattr(outputs, name)[i] for name in NetworkOutputs.__dataclass_fields__]


@pytest.mark.parametrize(
    ("name", "precision"),
    [
        ("onnx", "fp32"),
        ("torch", "fp32"),
        pytest.param("compiled", "fp32", marks=COMPILING),
        pytest.param("torch-cuda", "fp32", marks=pytest.mark.gpu),
        *BUILT,
    ],
)
def test_a_backend_gives_the_results_of_eager_torch(built, reference, name, precision):
    model = Model(built.checkpoint, built.path, precision=precision, cache=built.cache)
    try:
        backend = load_backend(model, name)
    except AbsentBackendError as absent:
        pytest.skip(f"{name}: {absent}")
    agreement = reference.compare(backend, precision)
    assert agreement.holds, agreement
    assert agreement.score <= (1e-3 if precision == "fp32" else PRECISIONS[precision].tolerance)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_reduced_products_stay_within_their_tolerance(checkpoint, reference, precision):
    """The casts that engines are built with, computed by eager torch on the CPU."""
    network = Plain(checkpoint, precision).eval()

    class Reduced:
        name = precision

        def __init__(self) -> None:
            self.run = InParts(lambda tensors: network(*tensors), "cpu", 4096)

    agreement = reference.compare(Reduced(), precision)
    assert agreement.holds, agreement
    assert agreement.output > 1e-5, "nothing was reduced"


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_no_product_is_left_at_full_precision(checkpoint, precision):
    graph = export_program(checkpoint, precision, "cpu", most=16).graph
    of = {"conv1d", "conv2d", "convolution", "linear", "addmm", "mm", "matmul", "bmm", "einsum"}
    products = [node for node in graph.nodes if of & set(str(node.target).split("."))]
    assert {node.args[0].meta["val"].dtype for node in products} == {LOW[precision]} and len(products) > 20


def test_samples_cover_what_can_be_missing(reference):
    batch = sample_batch(max(SIZES))
    assert max(SIZES) >= 2 * len(KINDS)
    leads = set(batch.leads.sum(axis=1).tolist())
    assert {1, 6, 12} <= leads
    assert (~batch.beats_valid.any(axis=(1, 2, 3))).sum() >= 2
    assert np.isfinite(batch.signal).all() and batch.beat_starts.dtype == np.int64
    for field in ModelInput.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(batch, field)[:3], getattr(sample_batch(3), field))


def test_a_window_gets_the_same_result_in_any_company(checkpoint, built):
    onnx = load_backend(built, "onnx")
    whole, alone = onnx.run(sample_batch(16)), onnx.run(sample_batch(1))
    for together, single in zip(outputs_at(whole, 0), outputs_at(alone, 0), strict=True):
        np.testing.assert_allclose(together, single, atol=2e-4)


def test_a_wrong_number_is_found(reference, built):
    class Shifted:
        name = "shifted"

        def __init__(self) -> None:
            self._onnx = load_backend(built, "onnx")

        def run(self, batch: ModelInput) -> NetworkOutputs:
            sound = self._onnx.run(batch)
            surprise = sound.surprise.copy()
            surprise[-1, 0] *= 1.1
            return NetworkOutputs(sound.window_error, sound.beat_error, surprise, sound.features)

    agreement = reference.compare(Shifted())
    assert not agreement.holds and agreement.output > 1e-3


def test_a_number_where_there_is_none_is_a_difference(built):
    sound = load_backend(built, "onnx").run(sample_batch(1))
    features = sound.features.copy()
    features[0, 0] = np.nan
    holed = NetworkOutputs(sound.window_error, sound.beat_error, sound.surprise, features)
    assert output_difference(sound, holed) == float("inf")
    assert output_difference(sound, sound) == 0


def test_options_name_every_backend_and_precision():
    assert set(monitor.model_options.BACKENDS) == {AUTO, *NAMES}
    assert monitor.engine_options.BACKENDS == NAMES
    assert tuple(PRECISIONS) == monitor.model_options.PRECISIONS


def test_an_unknown_precision_is_refused_with_the_choices(built):
    with pytest.raises(ConfigurationError, match="choose fp32, tf32, fp16, bf16"):
        load_scorer(precision="fp8")


def test_check_says_which_agree_and_which_are_not_here(driver, tmp_path, capsys):
    driver(capability=None)
    words = ["onnx", "torch-cuda", "tensorrt", "tensorrt-rtx"]
    assert main(["engine", "check", "--only", *words, "--cache", str(tmp_path), "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    states = {one["backend"]: one["state"] for one in found["backends"]}
    assert states == {"onnx": "agrees"} | dict.fromkeys(words[1:], "not here")
    assert all("no NVIDIA GPU was found" in one["why"] for one in found["backends"][1:])


def test_check_fails_when_a_backend_differs(driver, tmp_path, capsys, monkeypatch):
    driver(capability=None)
    monkeypatch.setitem(PRECISIONS, "fp32", type(PRECISIONS["fp32"])("fp32", 32, 1e-12))
    assert main(["engine", "check", "--only", "onnx", "--cache", str(tmp_path)]) == 2
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["agree"] is False


def test_bench_gives_latency_by_batch_and_its_ratio_to_eager(driver, tmp_path, capsys):
    driver(capability=None)
    options = ["--seconds", "0.05", "--batches", "1", "4", "--cache", str(tmp_path)]
    assert main(["engine", "bench", "--only", "onnx", "torch", "tensorrt", *options]) == 0
    backends = json.loads(capsys.readouterr().out.splitlines()[-1])["backends"]
    assert backends["torch"]["batches"]["1"]["times_eager"] == 1.0
    one = backends["onnx"]["batches"]["1"]
    assert 0 < one["median_ms"] <= one["p99_ms"] <= one["max_ms"] and one["calls"] >= 5
    assert "no NVIDIA GPU" in backends["tensorrt"]["absent"]
