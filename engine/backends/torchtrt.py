"""TensorRT engines through torch_tensorrt's dynamo front end: the whole network in one engine."""

import warnings

import torch

from engine.backends.enginekey import Batches
from engine.backends.exported import export_program
from engine.checkpoint import Checkpoint
from engine.errors import ModelError
from engine.models.network import example_batch


def build_torch_tensorrt(checkpoint: Checkpoint, precision: str, batches: Batches) -> bytes:
    """Compile the network for the GPU at hand.

    Parameters
    ----------
    checkpoint : Checkpoint
        Trained.
    precision : str
        One of `engine.backends.precisions.PRECISIONS`.
    batches : Batches
        The one optimization profile.

    Returns
    -------
    bytes
        A serialized engine, which the plain TensorRT runtime runs.

    Raises
    ------
    ModelError
        If the front end cannot be loaded, or cannot convert or compile the whole network.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the front end's own deprecations
        try:
            import torch_tensorrt
        except Exception as error:  # one built for another torch fails in its own ways
            raise ModelError(
                f"torch_tensorrt cannot be loaded with torch {torch.__version__} ({_first_line(error)}): "
                "pip install 'ecg-monitor[tensorrt]' brings versions that fit"
            ) from error
        program = export_program(checkpoint, precision, "cuda", batches.most)
        inputs = []
        for tensor in example_batch(1):
            rest = tuple(tensor.shape)[1:]
            inputs.append(
                torch_tensorrt.Input(
                    min_shape=(batches.least, *rest),
                    opt_shape=(batches.usual, *rest),
                    max_shape=(batches.most, *rest),
                    dtype=tensor.dtype,
                )
            )
        try:
            plan: bytes = torch_tensorrt.dynamo.convert_exported_program_to_serialized_trt_engine(
                program,
                arg_inputs=tuple(inputs),
                require_full_compilation=True,
                disable_tf32=precision != "tf32",
            )
        except Exception as error:  # converters and builder raise whatever they like
            raise ModelError(
                f"torch_tensorrt cannot compile the network in {precision} ({_first_line(error)})"
            ) from error
    return bytes(plan)


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
