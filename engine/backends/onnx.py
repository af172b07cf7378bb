from dataclasses import fields
from pathlib import Path

import numpy as np
import onnxruntime

from engine.backends.backend import INPUTS, NetworkOutputs, joined
from engine.errors import ModelError
from engine.preprocess import ModelInput

HASH_KEY = "checkpoint_sha256"
"""Key of the exported graph's metadata that names the checkpoint it was made from."""
PIECE = 8
"""Windows in one call: a window costs as much as in a call of 16, a fifth less than in one of 128, and takes
half of the memory."""

_OUTPUTS = [field.name for field in fields(NetworkOutputs)]


class OnnxBackend:
    """ONNX Runtime on the CPU.

    Parameters
    ----------
    path : Path
        Exported graph.
    checkpoint_sha256 : str
        The graph must have been exported from this checkpoint.
    threads : int
        Threads within one call; they do not spin while they wait.
    """

    name = "onnx"

    def __init__(self, path: Path, checkpoint_sha256: str, threads: int = 1) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False  # a plan kept for each size of batch: 14 MB, and no faster
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
        except OSError as error:
            raise ModelError(
                f"the exported network {path} cannot be read ({error.strerror}): train again or reinstall"
            ) from error
        except Exception as error:  # the runtime's exceptions share no base class
            raise ModelError(
                f"{path} is no ONNX network that this runtime can load ({type(error).__name__}): "
                "train again or reinstall"
            ) from error
        found = self._session.get_modelmeta().custom_metadata_map.get(HASH_KEY)
        if found != checkpoint_sha256:
            raise ModelError(
                f"{path} was exported from another checkpoint (hash {str(found)[:12]}, expected "
                f"{checkpoint_sha256[:12]}): export it again by training again, or reinstall"
            )

    def run(self, batch: ModelInput) -> NetworkOutputs:
        """Score a batch, some windows at a time: more of them would leave the processor's cache."""
        feed = {name: np.ascontiguousarray(getattr(batch, name)) for name in INPUTS}
        pieces = [
            {name: values[start : start + PIECE] for name, values in feed.items()}
            for start in range(0, len(batch.signal), PIECE)
        ]
        return joined([NetworkOutputs(*self._session.run(_OUTPUTS, piece)) for piece in pieces])
