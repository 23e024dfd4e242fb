"""The test vectors of others, and a tree kept in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from actions.transparency.merkle import Nodes, fold, leaf_hash
from nlu.fast_yaml import load_yaml

VECTORS: dict[str, Any] = load_yaml(Path(__file__).with_name("vectors.yml").read_text("utf-8"))
LEAVES = [bytes.fromhex(leaf) for leaf in VECTORS["leaves"]]
ROOTS = [bytes.fromhex(root) for root in VECTORS["roots"]]


def unhex(texts: Sequence[str]) -> list[bytes]:
    """Bytes of hexadecimal texts."""
    return [bytes.fromhex(text) for text in texts]


def nodes_of(entries: Sequence[bytes]) -> Nodes:
    """Complete subtrees over these entries, computed from the leaves each time."""
    leaves = [leaf_hash(entry) for entry in entries]

    def node(level: int, index: int) -> bytes:
        found = leaves[index << level : (index + 1) << level]
        assert len(found) == 1 << level, "not a complete subtree"
        return fold(found)

    return node
