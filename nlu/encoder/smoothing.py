"""Evens out activations before they become int8, so that few large channels do not cost the rest.

Int8 activations share one scale. Where a channel is ten times as large as the others, those keep
few of their 256 steps. Each product's input channels are divided by a factor and the rows of its
weights multiplied by it: the same result in float32, a smaller error in int8. SmoothQuant (Xiao et
al. 2023, arXiv 2211.10438). Needs onnx; serving never imports this module.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

_PRODUCTS = ("MatMul", "Attention")
_SMALLEST = 1e-5


def smooth(
    fused: Path,
    target: Path,
    feeds: Sequence[dict[str, np.ndarray]],
    *,
    share: float,
    keep: Sequence[str] = (),
) -> None:
    """Writes `fused` to `target` with even activations.

    `feeds` are inputs as in service, a few hundred; from them the size of each channel is taken.
    `share` (0 to 1) of the unevenness goes from the activations into the weights. Nodes whose
    names begin with `keep` stay as they are. Raises ValueError without feeds.
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


def _factor(activations: np.ndarray, rows: np.ndarray, share: float) -> np.ndarray:
    """What each channel is divided by, around 1, from the largest of its values and weights."""
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

    from nlu.encoder.onnx_session import open_session

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
