"""Attention without projecting the longer of its two sides: the projection joins the shorter one's."""

import torch
from torch import Tensor, nn

from engine.models.network import Attention


class FewQueries(nn.Module):
    """Few tokens attend to many, which lie channels first.

    The query meets the keys through both projections, which are one matrix; what the keys' bias adds is the
    same for all keys, and the softmax drops it. Values are projected after they were averaged.
    """

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        query, key = attention.query, attention.key
        with torch.no_grad():
            self.register_buffer("weight", attention.scale * query.weight.T @ key.weight)
            self.register_buffer("bias", attention.scale * query.bias @ key.weight)
        self.weight: Tensor
        self.bias: Tensor
        self.value = attention.value

    def forward(self, queries: Tensor, keys: Tensor, lacking: Tensor | None = None) -> Tensor:
        """Queries (B, q, c), keys (B, d, n), (B, 1, n) very negative where there is none, to (B, q, c)."""
        affinity = (queries @ self.weight + self.bias) @ keys
        weights = torch.softmax(affinity if lacking is None else affinity + lacking, dim=-1)
        attended: Tensor = queries + self.value(weights @ keys.transpose(1, 2))
        return attended


class ManyQueries(nn.Module):
    """Many tokens, which lie channels first, attend to few; the queries' projection joins the keys'."""

    def __init__(self, attention: Attention) -> None:
        super().__init__()
        query, key, scale = attention.query, attention.key, attention.scale
        with torch.no_grad():
            self.register_buffer("weight", scale * key.weight.T @ query.weight)
            self.register_buffer("bias", scale * key.bias @ query.weight)
            self.register_buffer("constant", scale * key.weight.T @ query.bias[:, None])
        self.weight: Tensor
        self.bias: Tensor
        self.constant: Tensor
        self.value = attention.value

    def forward(self, queries: Tensor, keys: Tensor, lacking: Tensor) -> Tensor:
        """Queries (B, c, n), keys (B, k, d), (B, 1, k) very negative where there is none, to (B, c, n)."""
        offset = (keys @ self.constant).transpose(1, 2) + lacking
        affinity = queries.transpose(1, 2) @ (keys @ self.weight + self.bias).transpose(1, 2)
        weights = torch.softmax(affinity + offset, dim=-1)
        attended: Tensor = queries + self.value(keys).transpose(1, 2) @ weights.transpose(1, 2)
        return attended
