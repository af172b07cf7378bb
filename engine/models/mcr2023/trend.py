from typing import Final

from torch import Tensor
from torch.nn import functional

AVERAGE_N: Final = 10
_FLOOR: Final = 1e-6


def trend_of(window: Tensor) -> Tensor:
    """The trend path's input: how a moving average changes from sample to sample.

    Parameters
    ----------
    window : (B, 12, n) float32
        Nothing of it hidden, as published.

    Returns
    -------
    (B, 12, n) float32
        Averages over 10 samples, their differences, 5 zeros at either end; each window, all leads together,
        from its smallest to its largest value onto -1 to 1. 0 for a window that does not move.
    """
    average = functional.avg_pool1d(window, AVERAGE_N, stride=1)
    steps = functional.pad(average[:, :, 1:] - average[:, :, :-1], (AVERAGE_N // 2, AVERAGE_N // 2))
    low, high = steps.amin(dim=(1, 2), keepdim=True), steps.amax(dim=(1, 2), keepdim=True)
    moving = (high - low > _FLOOR).to(steps.dtype)
    return moving * (2 * (steps - low) / (high - low).clamp(min=_FLOOR) - 1)
