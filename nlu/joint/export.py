"""Writes a trained network as ONNX int8 with all that serving needs; needs torch and onnx.

`joint.onnx`: inputs `input_ids`, `attention_mask` (n, T), `first` (n, W), `ngrams`
(n, W, MAX_NGRAMS); outputs `sentence` (n, size), `intent` (n, intents), `emissions` (n, W, tags).
The encoder's products are int8; the heads, which are small, stay float32.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from nlu.encoder import onnx_export
from nlu.encoder.onnx_export import for_export, smooth
from nlu.encoder.sub_words import HuggingFace
from nlu.encoder.tokenizer_file import write_tokenizer
from nlu.joint.model import CRF, INFO, NETWORK
from nlu.joint.training import Trained
from nlu.joint.words import MAX_NGRAMS, WordReader, padded

_HEADS = ("/intent/", "/word/", "/tag/")
_MEASURED = 300  # messages from which the size of activations is taken
_SMOOTHED = 0.7  # chosen on MASSIVE train by the agreement of int8 with float32


def export(trained: Trained, folder: Path, *, max_tokens: int, int8_on: Sequence[str] = ()) -> None:
    """Writes the folder that `nlu.joint.model.JointModel` loads.

    In int8, evened out on some of the normalised messages `int8_on`; in float32 without them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    network = trained.network.eval().float()
    encoder = network.encoder
    with tempfile.TemporaryDirectory() as work:
        raw, fused = Path(work) / "raw.onnx", Path(work) / "fused.onnx"
        network.encoder = for_export(encoder)
        _to_onnx(network, raw)
        network.encoder = encoder
        onnx_export.fuse(encoder.config, raw, fused)
        if int8_on:
            even = Path(work) / "even.onnx"
            feeds = _feeds(trained.tokenizer, int8_on, max_tokens)
            smooth(fused, even, feeds, share=_SMOOTHED, keep=_HEADS)
            onnx_export.quantise(even, folder / NETWORK, keep=_HEADS)
        else:
            fused.replace(folder / NETWORK)
    trained.tokenizer.no_truncation()
    write_tokenizer(trained.tokenizer.to_str(), folder)
    np.savez(
        folder / CRF,
        transitions=network.transitions.detach().numpy(),
        start=network.start.detach().numpy(),
    )
    info = {"intents": trained.intents, "tags": trained.tags, "max_tokens": max_tokens}
    (folder / INFO).write_text(json.dumps(info, ensure_ascii=False), "utf-8")


def _feeds(tokenizer: Any, texts: Sequence[str], max_tokens: int) -> list[dict[str, np.ndarray]]:
    """Inputs of the network for messages spread evenly over `texts`."""
    step = max(1, len(texts) // _MEASURED)
    reader = WordReader(HuggingFace(tokenizer, max_tokens))
    return [padded([one], pad=0) for one in reader.read_many(texts[::step])]  # alone: no padding


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
