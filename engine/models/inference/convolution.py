"""Convolutions along time, in the form in which runtimes on a processor do them fastest."""

from typing import Final

from torch import Tensor, nn

from engine.models.inference.layout import weight_and_bias

BLOCK: Final = 16
"""So many channels are convolved at once, in two dimensions; a block that is not full is filled up."""
_LONG: Final = 100
"""Rows this long are convolved in one dimension faster than by blocks of channels that are not full."""


class AlongTime(nn.Module):
    """A convolution of rows (B, channels, 1, n) that keeps their length, but for the stride.

    Parameters
    ----------
    weight : (other channels, channels, taps)
    bias : (other channels,)
    n : int
        Length of the rows.
    stride, dilation : int
    """

    def __init__(self, weight: Tensor, bias: Tensor, n: int, stride: int = 1, dilation: int = 1) -> None:
        super().__init__()
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.weight: Tensor
        self.bias: Tensor
        self.stride, self.padding, self.dilation = stride, weight.shape[2] // 2 * dilation, dilation
        self.plain = n >= _LONG and weight.shape[1] % BLOCK > 0

    @classmethod
    def of(cls, conv: nn.Conv1d, n: int) -> "AlongTime":
        """The same as `conv`."""
        return cls(*weight_and_bias(conv), n, conv.stride[0], conv.dilation[0])

    def forward(self, x: Tensor) -> Tensor:
        """(B, channels, 1, n) to (B, other channels, 1, n / stride)."""
        if self.plain:
            row, how = x.squeeze(2), (self.stride, self.padding, self.dilation)
            return nn.functional.conv1d(row, self.weight, self.bias, *how).unsqueeze(2)
        shape = (1, self.stride), (0, self.padding), (1, self.dilation)
        return nn.functional.conv2d(x, self.weight.unsqueeze(2), self.bias, *shape)
