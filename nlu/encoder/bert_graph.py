"""Writes BERT as an ONNX graph, node by node, from plain arrays: no torch is needed.

The graph has the form that onnxruntime's optimiser would make of an export: attention, layer norm
and GELU are one node each. It ends in `token_embeddings` (batch, tokens, hidden) and
`sentence_embedding` (batch, hidden; mean-pooled, unit length). Weights are float32;
`onnx_export.quantise` makes them int8.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_IR, _OPSET = 8, 17  # of the files that torch exports
_FUSED: dict[str, Any] = {"domain": "com.microsoft"}


def write(state: Mapping[str, np.ndarray], file: Path, *, heads: int, epsilon: float) -> None:
    """Writes the BERT of `state` (arrays by the names of transformers' BertModel; its activation
    is GELU) to `file`."""
    graph = _Bert(state, heads, epsilon)
    graph.pool(graph.encoded(graph.embedded()))
    size = state["embeddings.LayerNorm.weight"].shape[0]
    tokens = ["batch", "tokens"]
    made = helper.make_graph(
        graph.nodes,
        "bert",
        [
            helper.make_tensor_value_info(name, TensorProto.INT64, tokens)
            for name in ("input_ids", "attention_mask")
        ],
        [
            helper.make_tensor_value_info("token_embeddings", TensorProto.FLOAT, [*tokens, size]),
            helper.make_tensor_value_info("sentence_embedding", TensorProto.FLOAT, ["batch", size]),
        ],
        graph.arrays,
    )
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid("com.microsoft", 1)]
    onnx.save(helper.make_model(made, opset_imports=opsets, ir_version=_IR), str(file))


class _Bert:
    """Nodes and arrays in the order in which they are added. Each method that adds a node returns
    the name of what the node gives."""

    def __init__(self, state: Mapping[str, np.ndarray], heads: int, epsilon: float) -> None:
        self.nodes: list[Any] = []
        self.arrays: list[Any] = []
        self._state = state
        self._heads = heads
        self._epsilon: dict[str, Any] = {"epsilon": epsilon}

    def embedded(self) -> str:
        """Word, kind and place of each token, added and normed."""
        self._constant("zero", np.array([0], np.int64))
        words = self._node(
            "Gather", "words", self._weight("embeddings.word_embeddings.weight"), "input_ids"
        )
        kind = self._state["embeddings.token_type_embeddings.weight"][0]
        kinds = self._node("Add", "words_and_kind", words, self._constant("kind", kind))
        length = self._node("Shape", "length", "input_ids", start=1, end=2)
        table = self._weight("embeddings.position_embeddings.weight")
        places = self._node("Slice", "places", table, "zero", length)
        states = self._node("Add", "embedded", kinds, places)
        norm = self._scale_and_shift("embeddings.LayerNorm")
        return self._node("LayerNormalization", "layer_0", states, *norm, **self._epsilon)

    def encoded(self, states: str) -> str:
        """The states after every layer."""
        layers = 1 + max(int(n.split(".")[2]) for n in self._state if n.startswith("encoder."))
        whole = self._node("Cast", "mask", "attention_mask", to=TensorProto.INT32)
        one = self._constant("one", np.array([1], np.int64))
        lengths = self._node("ReduceSum", "lengths", whole, one, keepdims=0)
        for layer in range(layers):
            last = layer == layers - 1
            to = "token_embeddings" if last else f"layer_{layer + 1}"
            states = self._layer(f"encoder.layer.{layer}", states, lengths, to)
        return states

    def pool(self, states: str) -> str:
        """The mean of the tokens that the mask keeps, at unit length."""
        column = self._node(
            "Unsqueeze",
            "mask_column",
            "attention_mask",
            self._constant("last", np.array([-1], np.int64)),
        )
        mask = self._node("Cast", "mask_float", column, to=TensorProto.FLOAT)
        kept = self._node("Mul", "kept", states, mask)
        total = self._node("ReduceSum", "total", kept, "one", keepdims=0)
        count = self._node("ReduceSum", "count", mask, "one", keepdims=0)
        least = self._constant("least", np.array(1e-9, np.float32))
        mean = self._node("Div", "mean", total, self._node("Clip", "count_clipped", count, least))
        length = self._node("ReduceL2", "norm", mean, axes=[1], keepdims=1)
        least = self._constant("least_norm", np.array(1e-12, np.float32))
        return self._node(
            "Div", "sentence_embedding", mean, self._node("Clip", "norm_clipped", length, least)
        )

    def _layer(self, name: str, states: str, lengths: str, to: str) -> str:
        own = f"{name}.attention.self"
        parts = [f"{own}.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self._state[f"{part}.weight"].T for part in parts], axis=1)
        bias = np.concatenate([self._state[f"{part}.bias"] for part in parts])
        attended = self._node(
            "Attention",
            f"{name}.attended",
            states,
            self._constant(f"{own}.weight", weight),
            self._constant(f"{own}.bias", bias),
            lengths,
            num_heads=self._heads,
            **_FUSED,
        )
        states = self._added(f"{name}.attention.output", attended, states, f"{name}.middle")
        wide = self._dense(f"{name}.intermediate.dense", states)
        bias_name = self._weight(f"{name}.intermediate.dense.bias")
        wide = self._node("BiasGelu", f"{name}.wide", wide, bias_name, **_FUSED)
        return self._added(f"{name}.output", wide, states, to)

    def _added(self, name: str, new: str, old: str, to: str) -> str:
        """Layer norm of `new` through the dense layer `name`, and `old`."""
        inputs = (
            self._dense(f"{name}.dense", new),
            old,
            *self._scale_and_shift(f"{name}.LayerNorm"),
        )
        bias = self._weight(f"{name}.dense.bias")
        return self._node("SkipLayerNormalization", to, *inputs, bias, **self._epsilon, **_FUSED)

    def _dense(self, name: str, states: str) -> str:
        weight = self._constant(f"{name}.weight", self._state[f"{name}.weight"].T)
        return self._node("MatMul", f"{name}.product", states, weight)

    def _scale_and_shift(self, name: str) -> tuple[str, str]:
        return self._weight(f"{name}.weight"), self._weight(f"{name}.bias")

    def _weight(self, name: str) -> str:
        return self._constant(name, self._state[name])

    def _constant(self, name: str, value: np.ndarray) -> str:
        self.arrays.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def _node(self, kind: str, name: str, *inputs: str, domain: str = "", **given: Any) -> str:
        node = helper.make_node(kind, inputs, [name], f"{name}/{kind}", domain=domain, **given)
        self.nodes.append(node)
        return name
