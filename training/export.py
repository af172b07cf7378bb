"""From a checkpoint to the ONNX graph that the monitor runs."""

import logging
import warnings
from pathlib import Path
from typing import Final

import torch

from engine.backends.backend import INPUTS
from engine.backends.onnx import HASH_KEY
from engine.errors import ConfigurationError
from engine.models.inference.network import InferenceNetwork
from engine.models.network import Outputs, RestorationNetwork, example_batch

OPSET: Final = 18


def export_onnx(network: RestorationNetwork, checkpoint_sha256: str, path: Path) -> None:
    """Write the inference form, with a dynamic batch; it names its checkpoint."""
    try:
        import onnx
        import onnxscript  # noqa: F401  (the exporter needs it)
    except ModuleNotFoundError as error:
        raise ConfigurationError(
            f"exporting the network needs {error.name}: pip install 'ecg-monitor[train]'"
        ) from error
    n = torch.export.Dim("n")
    quiet = logging.getLogger("torch.onnx")
    level = quiet.level
    quiet.setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            InferenceNetwork(network).eval(),
            example_batch(2),
            dynamo=True,
            verbose=False,
            opset_version=OPSET,
            input_names=list(INPUTS),
            output_names=list(Outputs._fields),
            dynamic_shapes=[{0: n} for _ in INPUTS],
        )
    quiet.setLevel(level)
    assert program is not None  # dynamo=True always gives a program
    graph = program.model_proto
    for part in (*graph.graph.node, *graph.graph.value_info, *graph.graph.input, *graph.graph.output):
        del part.metadata_props[:]  # where in which file of this machine it comes from
    entry = graph.metadata_props.add()
    entry.key, entry.value = HASH_KEY, checkpoint_sha256
    unfinished = path.with_suffix(".part")
    onnx.save(graph, unfinished)
    unfinished.replace(path)
