"""The network compiled by torch's inductor, ahead of time; on CUDA each batch size is one captured graph."""

import shutil
import warnings
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from engine.backends.backend import AbsentBackendError, NetworkOutputs
from engine.backends.exported import export_program
from engine.backends.tensors import InParts
from engine.checkpoint import Checkpoint
from engine.errors import ModelError
from engine.preprocess import ModelInput

_COMPILERS: Final = ("g++", "clang++", "c++", "cl")


class CompiledBackend:
    """Runs a package that `build_compiled` made.

    Parameters
    ----------
    package : Path
        The compiled network.
    device : str
        "cpu" or "cuda", the one it was compiled for.
    most : int
        Windows in one call that it was compiled for.

    Raises
    ------
    ModelError
        If the package cannot be loaded here.
    """

    name = "compiled"

    def __init__(self, package: Path, device: str, most: int) -> None:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # deprecations inside torch's own modules
                # Without torch's own locking, which would break the capture of a graph.
                loaded = torch._inductor.aoti_load_package(str(package), run_single_threaded=True)
        except Exception as error:  # the loader raises whatever it meets
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(f"the compiled network {package} cannot be loaded ({reason})") from error

        def run(tensors: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
            return tuple(loaded(*tensors))

        if device == "cuda":
            from engine.backends.cudagraphs import CudaGraphs

            torch.backends.cudnn.allow_tf32 = False  # by default convolutions are not quite float32
            self._in_parts = InParts(CudaGraphs(run, most), device, most)
        else:
            self._in_parts = InParts(run, device, most)

    def run(self, batch: ModelInput) -> NetworkOutputs:
        """Score a batch."""
        return self._in_parts(batch)


def build_compiled(checkpoint: Checkpoint, precision: str, device: str, most: int, package: Path) -> None:
    """Compile the network for 1 to `most` windows a call into a file that ends in .pt2.

    Raises
    ------
    AbsentBackendError
        If there is no C++ compiler to do it with.
    ModelError
        If the network cannot be compiled.
    """
    if not any(shutil.which(compiler) for compiler in _COMPILERS):
        raise AbsentBackendError("compiling the network needs a C++ compiler: install g++ or clang++")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # deprecations inside torch's own modules
        try:
            program = export_program(checkpoint, precision, device, most)
            torch._inductor.aoti_compile_and_package(program, package_path=str(package))
        except Exception as error:  # the compiler raises whatever it meets
            reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
            raise ModelError(f"torch cannot compile the network in {precision} ({reason})") from error
