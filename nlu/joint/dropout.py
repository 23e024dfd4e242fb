"""Dropout whose masks are cut from a pool of random bits; needs torch.

Drawing a new mask for every tensor took an eighth of a training step on two cores. Here each
tensor takes a random stretch of one pool, made once: the bits come again, but beside other units.
"""

from __future__ import annotations

import torch
from torch import nn

_POOL = 1 << 23


class PooledDropout(nn.Module):
    """As `nn.Dropout`: zeroes a share `p` in training and scales the rest by 1 / (1 - p)."""

    def __init__(self, p: float) -> None:
        """0 <= p < 1."""
        super().__init__()
        self.p = p
        self._pool = torch.empty(0)

    def forward(self, values: torch.Tensor) -> torch.Tensor:
        """The values, of any shape, in training with some of them zeroed."""
        if not self.training or not self.p:
            return values
        count = values.numel()
        if count > _POOL:
            return nn.functional.dropout(values, self.p)
        if not len(self._pool):
            kept = torch.rand(_POOL) >= self.p
            self._pool = (kept / (1 - self.p)).to(torch.bfloat16)
        start = int(torch.randint(_POOL - count + 1, (1,)))
        mask = self._pool[start : start + count].view(values.shape)
        return values * mask.to(values.dtype)


def set_dropout(network: nn.Module, share: float) -> None:
    """Replaces each `nn.Dropout`: `share` on hidden states, none on attention, where it costs much
    and brings little."""
    for name, module in list(network.named_modules()):
        for inner, child in list(module.named_children()):
            if isinstance(child, nn.Dropout):
                attention = f"{name}.{inner}".endswith("attention.self.dropout")
                setattr(module, inner, PooledDropout(0.0 if attention else share))
