"""What the NVIDIA driver says of this machine, asked without torch: the CPU monitor never loads it."""

import ctypes
import sys
from dataclasses import dataclass
from typing import Any, Final

from engine.backends.backend import AbsentBackendError

_MAJOR: Final = 75
_MINOR: Final = 76
"""Attributes of a device in `cuda.h`."""


@dataclass(frozen=True, slots=True)
class Gpu:
    """The first NVIDIA GPU that this process may use."""

    name: str
    capability: tuple[int, int]
    """Compute capability, for example (9, 0)."""
    driver: int
    """Newest CUDA version that the driver serves, for example 13000."""

    def __str__(self) -> str:
        return f"{self.name} (compute capability {self.capability[0]}.{self.capability[1]})"


def find_gpu() -> Gpu:
    """Ask the driver.

    Raises
    ------
    AbsentBackendError
        If there is no driver, it does not work, or it serves no GPU; the message says which.
    """
    try:
        driver = load_driver()
    except OSError as error:
        raise AbsentBackendError(
            f"no NVIDIA GPU was found: the driver's library cannot be opened ({str(error).split(':')[0]}); "
            "a machine with a GPU needs NVIDIA's driver"
        ) from error
    if code := driver.cuInit(0):
        raise AbsentBackendError(
            f"no NVIDIA GPU can be used (the driver's cuInit fails with code {code}); see nvidia-smi"
        )
    number = ctypes.c_int(0)
    driver.cuDeviceGetCount(ctypes.byref(number))
    if number.value == 0:
        raise AbsentBackendError("no NVIDIA GPU may be used by this process; see CUDA_VISIBLE_DEVICES")
    return _describe(driver)


def load_driver() -> Any:
    """Open the driver's library."""
    return ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")


def _describe(driver: Any) -> Gpu:
    device, value, version = ctypes.c_int(0), ctypes.c_int(0), ctypes.c_int(0)
    driver.cuDeviceGet(ctypes.byref(device), 0)
    name = ctypes.create_string_buffer(128)
    driver.cuDeviceGetName(name, len(name), device)
    found = []
    for attribute in (_MAJOR, _MINOR):
        driver.cuDeviceGetAttribute(ctypes.byref(value), attribute, device)
        found.append(value.value)
    driver.cuDriverGetVersion(ctypes.byref(version))
    return Gpu(name.value.decode(errors="replace"), (found[0], found[1]), version.value)
