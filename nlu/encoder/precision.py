"""bf16 where the processor has instructions for it, float32 elsewhere."""

from __future__ import annotations

from typing import Any


def has_bf16() -> bool:
    """Whether products of bf16 matrices run in hardware (AMX or AVX512-BF16)."""
    import torch

    amx = getattr(torch.cpu, "_is_amx_tile_supported", None)
    avx = getattr(torch.cpu, "_is_avx512_bf16_supported", None)
    return bool((amx and amx()) or (avx and avx()))


def autocast() -> Any:
    """Context in which torch computes in bf16, if that is faster here."""
    import torch

    return torch.autocast("cpu", torch.bfloat16, enabled=has_bf16())
