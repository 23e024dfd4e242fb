"""Even activations: the same result in float32, a smaller error in int8."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

from nlu.encoder.onnx_encoder import open_session
from nlu.encoder.onnx_export import quantise, smooth

RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.normal(size=(16, 12)).astype(np.float32)
LAST = RANDOM.normal(size=(12, 3)).astype(np.float32)


@pytest.fixture()
def graph(tmp_path: Path) -> Path:
    """A product of 16 channels and a head."""
    nodes = [
        helper.make_node("Identity", ["x"], ["states"]),
        helper.make_node("MatMul", ["states", "weights"], ["wide"], name="/dense/MatMul"),
        helper.make_node("MatMul", ["wide", "last"], ["y"], name="/head/MatMul"),
    ]
    made = helper.make_graph(
        nodes,
        "two products",
        [helper.make_tensor_value_info("x", 1, [None, 16])],
        [helper.make_tensor_value_info("y", 1, [None, 3])],
        [numpy_helper.from_array(WEIGHTS, "weights"), numpy_helper.from_array(LAST, "last")],
    )
    path = tmp_path / "graph.onnx"
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)]), str(path))
    return path


def _uneven(rows: int) -> np.ndarray:
    """Two of 16 channels are forty times as large."""
    found = RANDOM.normal(size=(rows, 16)).astype(np.float32)
    found[:, [3, 7]] *= 40
    return found


def _run(path: Path, x: np.ndarray) -> np.ndarray:
    found: np.ndarray = open_session(path).run(["y"], {"x": x})[0]
    return found


@pytest.fixture
def quiet() -> Iterator[None]:
    """The quantiser warns of every node; other tests of the process want their logs."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


def test_same_in_float32_and_closer_in_int8(graph: Path, tmp_path: Path, quiet: None) -> None:
    even = tmp_path / "even.onnx"
    smooth(graph, even, [{"x": _uneven(50)}], share=0.7, keep=("/head/",))
    x = _uneven(20)
    exact = _run(graph, x)
    assert np.allclose(_run(even, x), exact, rtol=1e-4, atol=1e-3)
    errors = []
    for source in (graph, even):
        quantise(source, tmp_path / "int8.onnx", keep=("/head/",))
        errors.append(np.abs(_run(tmp_path / "int8.onnx", x) - exact).mean())
    assert errors[1] < 0.7 * errors[0]


def test_kept_nodes_stay_as_they_are(graph: Path, tmp_path: Path) -> None:
    even = tmp_path / "even.onnx"
    smooth(graph, even, [{"x": _uneven(50)}], share=0.7, keep=("/head/",))
    kept = {one.name: one for one in onnx.load(str(even)).graph.initializer}
    assert np.array_equal(numpy_helper.to_array(kept["last"]), LAST)
    assert not np.array_equal(numpy_helper.to_array(kept["weights"]), WEIGHTS)


def test_inputs_are_needed(graph: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="no inputs"):
        smooth(graph, tmp_path / "even.onnx", [], share=0.7)
