"""The Merkle tree of RFC 6962, section 2.1: hashes, roots, proofs, and the checks of RFC 9162.

This module stores nothing. A tree is a function that gives the hash of a complete subtree.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from hashlib import sha256

Nodes = Callable[[int, int], bytes]
"""Hash of the complete subtree at (level, index): of the leaves index * 2^level and the next."""

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(data: bytes) -> bytes:
    """Hash of one entry."""
    return sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of two neighbours."""
    return sha256(b"\x01" + left + right).digest()


def fold(hashes: Sequence[bytes]) -> bytes:
    """Root over neighbours at one level; their number is a power of two."""
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def tree_root(nodes: Nodes, size: int) -> bytes:
    """Root of the tree of the first `size` entries."""
    return _subtree(nodes, 0, size)


def inclusion_proof(nodes: Nodes, index: int, size: int) -> list[bytes]:
    """PATH(index, D[size]) of section 2.1.1. Raises IndexError if there is no such entry."""
    if not 0 <= index < size:
        raise IndexError(f"no entry {index} in a tree of {size}")
    path, start, end = [], 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_subtree(nodes, middle, end))
            end = middle
        else:
            path.append(_subtree(nodes, start, middle))
            start = middle
    return path[::-1]


def consistency_proof(nodes: Nodes, old: int, new: int) -> list[bytes]:
    """PROOF(old, D[new]) of section 2.1.2; empty if old is 0. Raises ValueError if old > new."""
    if not 0 <= old <= new:
        raise ValueError(f"a tree of {new} does not come after one of {old}")
    if old in (0, new):
        return []
    path, start, end = [], 0, new
    while old != end:
        middle = start + _split(end - start)
        if old <= middle:
            path.append(_subtree(nodes, middle, end))
            end = middle
        else:
            path.append(_subtree(nodes, start, middle))
            start = middle
    if start:  # otherwise it is the old root, which the verifier has
        path.append(_subtree(nodes, start, end))
    return path[::-1]


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether the entry with hash `leaf` is number `index` under `root` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    at, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if at & 1 or at == last:
            found = node_hash(sibling, found)
            at, last = _to_next_turn(at, last)
        else:
            found = node_hash(found, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found == root


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether the tree of `new` entries only appends to that of `old` (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not proof and old_root == new_root
    if old == 0:
        return not proof and old_root == EMPTY_ROOT
    path = list(proof) if old & (old - 1) else [old_root, *proof]
    if not proof:
        return False
    at, last = old - 1, new - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    found_old = found_new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if at & 1 or at == last:
            found_old = node_hash(sibling, found_old)
            found_new = node_hash(sibling, found_new)
            at, last = _to_next_turn(at, last)
        else:
            found_new = node_hash(found_new, sibling)
        at, last = at >> 1, last >> 1
    return last == 0 and found_old == old_root and found_new == new_root


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _subtree(nodes: Nodes, start: int, end: int) -> bytes:
    """MTH(D[start:end]) for the ranges that occur in a tree."""
    count = end - start
    if count == 0:
        return EMPTY_ROOT
    if count & (count - 1) == 0:
        level = count.bit_length() - 1
        return nodes(level, start >> level)
    middle = start + _split(count)
    return node_hash(_subtree(nodes, start, middle), _subtree(nodes, middle, end))


def _to_next_turn(at: int, last: int) -> tuple[int, int]:
    """Climbs to the level where the path is a right child; the caller climbs the last level."""
    while not at & 1 and at:
        at, last = at >> 1, last >> 1
    return at, last
