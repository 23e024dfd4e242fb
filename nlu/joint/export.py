"""Writes a trained network as ONNX int8 with all that serving needs; needs torch and onnx.

`joint.onnx`: inputs `input_ids`, `attention_mask` (n, T), `first` (n, W), `ngrams`
(n, W, MAX_NGRAMS); outputs `sentence` (n, size), `intent` (n, intents), `emissions` (n, W, tags).
The encoder's products are int8; the heads, which are small, stay float32.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import torch

from nlu.encoder import onnx_export
from nlu.joint.model import CRF, INFO, NETWORK, TOKENIZER
from nlu.joint.training import Trained
from nlu.joint.words import MAX_NGRAMS


def export(trained: Trained, folder: Path, *, max_tokens: int, int8: bool = True) -> None:
    """Writes the folder that `nlu.joint.model.JointModel` loads; float32 without `int8`."""
    folder.mkdir(parents=True, exist_ok=True)
    network = trained.network.eval().float()
    with tempfile.TemporaryDirectory() as work:
        raw, fused = Path(work) / "raw.onnx", Path(work) / "fused.onnx"
        _to_onnx(network, raw)
        onnx_export.fuse(network.encoder.config, raw, fused)
        if int8:
            onnx_export.quantise(fused, folder / NETWORK, keep=("/intent/", "/word/", "/tag/"))
        else:
            fused.replace(folder / NETWORK)
    trained.tokenizer.save(str(folder / TOKENIZER))
    np.savez(
        folder / CRF,
        transitions=network.transitions.detach().numpy(),
        start=network.start.detach().numpy(),
    )
    info = {"intents": trained.intents, "tags": trained.tags, "max_tokens": max_tokens}
    (folder / INFO).write_text(json.dumps(info, ensure_ascii=False), "utf-8")


def _to_onnx(network: torch.nn.Module, path: Path) -> None:
    ids = torch.ones(2, 8, dtype=torch.long)
    first = torch.ones(2, 3, dtype=torch.long)
    ngrams = torch.ones(2, 3, MAX_NGRAMS, dtype=torch.long)
    with torch.no_grad():
        torch.onnx.export(
            network,
            (ids, torch.ones_like(ids), first, ngrams),
            str(path),
            input_names=["input_ids", "attention_mask", "first", "ngrams"],
            output_names=["sentence", "intent", "emissions"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                "first": {0: "batch", 1: "words"},
                "ngrams": {0: "batch", 1: "words"},
                "sentence": {0: "batch"},
                "intent": {0: "batch"},
                "emissions": {0: "batch", 1: "words"},
            },
            opset_version=17,
            dynamo=False,
        )
