"""The tree of RFC 6962: vectors of others, properties, and pymerkle as a second opinion."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion

from actions.transparency import merkle
from actions.transparency.tiles import Edge
from tests.transparency.vectors import LEAVES, ROOTS, VECTORS, nodes_of, unhex

entries = st.lists(st.binary(max_size=40), min_size=1, max_size=600)


def test_empty_tree_has_the_root_of_the_rfc() -> None:
    assert merkle.EMPTY_ROOT.hex() == VECTORS["empty_root"]
    assert merkle.tree_root(nodes_of([]), 0) == merkle.EMPTY_ROOT


@pytest.mark.parametrize("size", range(1, 9))
def test_roots_are_those_of_certificate_transparency(size: int) -> None:
    assert merkle.tree_root(nodes_of(LEAVES[:size]), size) == ROOTS[size - 1]


def test_hashes_are_those_of_certificate_transparency() -> None:
    leaf, node = VECTORS["leaf_hash"], VECTORS["node_hash"]
    assert merkle.leaf_hash(bytes.fromhex(leaf["data"])).hex() == leaf["hash"]
    left, right = unhex([node["left"], node["right"]])
    assert merkle.node_hash(left, right).hex() == node["hash"]


@pytest.mark.parametrize("case", VECTORS["inclusion"])
def test_inclusion_proofs_are_those_of_certificate_transparency(case: dict[str, Any]) -> None:
    proof = merkle.inclusion_proof(nodes_of(LEAVES), case["index"], case["size"])
    assert proof == unhex(case["proof"])


@pytest.mark.parametrize("case", VECTORS["consistency"])
def test_consistency_proofs_are_those_of_certificate_transparency(case: dict[str, Any]) -> None:
    old, new = case["old"], case["new"]
    proof = merkle.consistency_proof(nodes_of(LEAVES), old, new)
    assert proof == unhex(case["proof"])
    assert merkle.verify_consistency(old, new, ROOTS[old - 1], ROOTS[new - 1], proof)


def test_entry_of_a_real_log_verifies() -> None:
    case = VECTORS["real_log"]
    leaf, root = unhex([case["leaf"], case["root"]])
    proof = unhex(case["proof"])
    assert merkle.verify_inclusion(leaf, case["index"], case["size"], proof, root)
    assert not merkle.verify_inclusion(leaf, case["index"] + 1, case["size"], proof, root)


@given(entries, st.data())
def test_every_entry_is_proved_and_no_other_by_its_proof(found: list[bytes], data: Any) -> None:
    size = len(found)
    index = data.draw(st.integers(0, size - 1))
    nodes = nodes_of(found)
    root, proof = merkle.tree_root(nodes, size), merkle.inclusion_proof(nodes, index, size)
    leaf = merkle.leaf_hash(found[index])
    assert merkle.verify_inclusion(leaf, index, size, proof, root)
    assert not merkle.verify_inclusion(merkle.leaf_hash(b"x" * 41), index, size, proof, root)
    assert not merkle.verify_inclusion(leaf, index, size, [*proof, leaf], root)
    assert not proof or not merkle.verify_inclusion(leaf, index, size, proof[:-1], root)
    assert not merkle.verify_inclusion(leaf, index + size, size, proof, root)


@given(entries, st.data())
def test_every_earlier_tree_is_consistent_and_a_changed_one_is_not(
    found: list[bytes], data: Any
) -> None:
    new = len(found)
    old = data.draw(st.integers(1, new))
    nodes = nodes_of(found)
    proof = merkle.consistency_proof(nodes, old, new)
    old_root, root = merkle.tree_root(nodes, old), merkle.tree_root(nodes, new)
    assert merkle.verify_consistency(old, new, old_root, root, proof)
    changed = data.draw(st.integers(0, old - 1))
    other = nodes_of([*found[:changed], found[changed] + b"!", *found[changed + 1 :]])
    other_root = merkle.tree_root(other, new)
    other_proof = merkle.consistency_proof(other, old, new)
    assert not merkle.verify_consistency(old, new, old_root, other_root, other_proof)
    assert not merkle.verify_consistency(old, new, old_root, other_root, proof)
    assert not merkle.verify_consistency(old, new, old_root, root, [*proof, root])


def test_root_of_a_smaller_tree_is_none_of_a_larger() -> None:
    first, second = (merkle.leaf_hash(leaf) for leaf in LEAVES[:2])
    assert merkle.verify_inclusion(first, 0, 2, [second], ROOTS[1])
    assert not merkle.verify_inclusion(first, 0, 4, [second], ROOTS[1])
    assert merkle.verify_consistency(1, 2, ROOTS[0], ROOTS[1], [second])
    assert not merkle.verify_consistency(1, 4, ROOTS[0], ROOTS[1], [second])


def test_shrinking_and_inventing_from_nothing_are_never_consistent() -> None:
    assert not merkle.verify_consistency(5, 4, ROOTS[4], ROOTS[3], [])
    assert not merkle.verify_consistency(0, 4, ROOTS[0], ROOTS[3], [])
    assert merkle.verify_consistency(0, 4, merkle.EMPTY_ROOT, ROOTS[3], [])


@given(entries)
def test_edge_has_the_root_of_the_tree_at_every_size(found: list[bytes]) -> None:
    edge, nodes = Edge(), nodes_of(found)
    for size, entry in enumerate(found, 1):
        edge.extend([merkle.leaf_hash(entry)])
        if size % 97 == 0 or size == len(found):
            assert edge.root() == merkle.tree_root(nodes, size)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=2, max_size=60), st.data())
def test_pymerkle_agrees(found: list[bytes], data: Any) -> None:
    peer, nodes, new = InmemoryTree(algorithm="sha256"), nodes_of(found), len(found)
    for entry in found:
        peer.append_entry(entry)
    old = data.draw(st.integers(1, new))
    index = data.draw(st.integers(0, new - 1))
    root, old_root = merkle.tree_root(nodes, new), merkle.tree_root(nodes, old)
    assert peer.get_state() == root
    assert peer.get_state(old) == old_root
    theirs = peer.prove_inclusion(index + 1, new)
    verify_inclusion(merkle.leaf_hash(found[index]), root, theirs)
    assert theirs.path[1:] == merkle.inclusion_proof(nodes, index, new)
    verify_consistency(old_root, root, peer.prove_consistency(old, new))
