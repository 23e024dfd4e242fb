"""The page's own decoders and proofs, in Chromium, against the libraries of the server's side."""

from __future__ import annotations

import hashlib

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from actions.transparency.merkle import inclusion_proof, leaf_hash, node_hash, tree_root
from tests.verification.conftest import expect_state
from tests.verification.reading import expect_words_in_every_language
from tests.verification.test_hostile_content import modules

DECODE = """
async ([base, samples]) => {
  const [{decodeCbor, Tagged}, {fromHex, toHex}] = await Promise.all(
    ["cbor.js", "bytes.js"].map((name) => import(base + name)));
  const plain = (value) => {
    if (value instanceof Tagged) return {tag: value.tag, value: plain(value.value)};
    if (value instanceof Uint8Array) return {bytes: toHex(value)};
    if (value instanceof Map) return {map: [...value].map((pair) => pair.map(plain))};
    return Array.isArray(value) ? value.map(plain) : value;
  };
  return samples.map((hex) => {
    try {
      return plain(decodeCbor(fromHex(hex)));
    } catch (error) {
      return error.constructor.name;
    }
  });
}
"""


@pytest.fixture
def page(office, open_page):
    return open_page(office.origin, "home")


INTEGERS = st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1)
VALUES = st.recursive(
    INTEGERS | st.text(max_size=30) | st.binary(max_size=300),
    lambda below: st.lists(below, max_size=4) | st.dictionaries(INTEGERS, below, max_size=4),
    max_leaves=8,
)


def plain(value):
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, dict):
        return {"map": [[key, plain(below)] for key, below in value.items()]}
    return [plain(below) for below in value] if isinstance(value, list) else value


def depth(value) -> int:
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(depth, below), default=0)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(value=VALUES.filter(lambda value: depth(value) <= 6))
def test_cbor_reads_what_the_library_writes(page, value):
    found = page.evaluate(DECODE, [modules(page), [cbor2.dumps(value).hex()]])
    assert found == [plain(value)]


REFUSED = {
    "empty": "",
    "cut off": "6261",
    "not the shortest 1": "1817",
    "not the shortest 2": "1900ff",
    "not the shortest 4": "1a0000ffff",
    "not the shortest 8": "1b00000000ffffffff",
    "beyond exact numbers": "1b0020000000000000",
    "indefinite array": "9f00ff",
    "indefinite text": "7f6161ff",
    "reserved length": "1c",
    "true": "f5",
    "null": "f6",
    "float": "f93c00",
    "text as a key": "a1616100",
    "key twice": "a200000000",
    "seven deep": "81" * 7 + "00",
    "surplus": "0000",
    "surrogate": "63eda080",
}


def test_cbor_refuses_what_we_never_write(page):
    found = page.evaluate(DECODE, [modules(page), list(REFUSED.values())])
    assert dict(zip(REFUSED, found)) == dict.fromkeys(REFUSED, "MalformedCbor")


ROOTS = """
async ([base, proofs]) => {
  const [{rootFromProof}, {fromHex, toHex}] = await Promise.all(
    ["merkle.js", "bytes.js"].map((name) => import(base + name)));
  return Promise.all(proofs.map(async ([data, index, size, proof]) => {
    const root = await rootFromProof(fromHex(data), index, size, proof.map(fromHex));
    return root && toHex(root);
  }));
}
"""


def test_inclusion_proofs_of_every_small_tree_give_the_root(page):
    entries = [hashlib.sha256(bytes([number])).digest() for number in range(17)]

    def nodes(level: int, index: int) -> bytes:
        if level == 0:
            return leaf_hash(entries[index])
        return node_hash(nodes(level - 1, 2 * index), nodes(level - 1, 2 * index + 1))

    cases, roots = [], []
    for size in range(1, len(entries) + 1):
        for index in range(size):
            proof = [node.hex() for node in inclusion_proof(nodes, index, size)]
            cases.append([entries[index].hex(), index, size, proof])
            roots.append(tree_root(nodes, size).hex())
    assert page.evaluate(ROOTS, [modules(page), cases]) == roots
    longer = [[data, index, size, [*proof, "00" * 32]] for data, index, size, proof in cases]
    assert set(page.evaluate(ROOTS, [modules(page), longer])) == {None}
    shorter = [[d, index, size, proof[:-1]] for d, index, size, proof in cases if proof]
    assert set(page.evaluate(ROOTS, [modules(page), shorter])) == {None}
    beyond = [[data, size, size, proof] for data, _, size, proof in cases]
    assert set(page.evaluate(ROOTS, [modules(page), beyond])) == {None}


def test_a_proof_in_a_tree_beyond_32_bits(page):
    """With shifts of 32 bits this index would be read as another."""
    index, size = 2**33 + 5, 2**40
    hashes = [hashlib.sha256(bytes([level])).digest() for level in range(40)]
    root = leaf_hash(b"x" * 32)
    for level, sibling in enumerate(hashes):
        root = node_hash(sibling, root) if index >> level & 1 else node_hash(root, sibling)
    case = [(b"x" * 32).hex(), index, size, [node.hex() for node in hashes]]
    assert page.evaluate(ROOTS, [modules(page), [case]]) == [root.hex()]


OLD_BROWSER = """
const real = crypto.subtle.importKey.bind(crypto.subtle);
crypto.subtle.importKey = (format, key, name, ...more) =>
  name === "Ed25519"
    ? Promise.reject(new DOMException("", "NotSupportedError"))
    : real(format, key, name, ...more);
"""


def test_a_browser_without_ed25519_verifies_with_the_library(office, open_page):
    text = office.issue()
    page = open_page(text, "valid", before=OLD_BROWSER)
    fetched = page.evaluate("performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert any("noble" in name for name in fetched)
    page.goto(text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:])
    expect_state(page, "forged")


SIGNATURES = """
async ([base, rows]) => {
  const [{verifyEd25519}, {fromHex}] = await Promise.all(
    ["ed25519.js", "bytes.js"].map((name) => import(base + name)));
  return Promise.all(rows.map((row) => verifyEd25519(...row.map(fromHex))));
}
"""
ORDER = 2**252 + 27742317777372353535851937790883648493


@pytest.mark.parametrize("before", ["", OLD_BROWSER], ids=["the browser's", "the library's"])
def test_signatures_are_judged_alike(office, open_page, before):
    page = open_page(office.origin, "home", before=before)
    key = Ed25519PrivateKey.generate()
    public, good = key.public_key().public_bytes_raw(), key.sign(b"message")
    scalar = int.from_bytes(good[32:], "little") + ORDER
    rows = [
        (public, good, b"message", True),
        (public, good, b"massage", False),
        (public, good[:32] + scalar.to_bytes(32, "little"), b"message", False),  # malleable
        (public, bytes(64), b"message", False),
        (b"\xff" * 32, good, b"message", False),  # no point of the curve
        (Ed25519PrivateKey.generate().public_key().public_bytes_raw(), good, b"message", False),
    ]
    asked = [[part.hex() for part in row[:3]] for row in rows]
    assert page.evaluate(SIGNATURES, [modules(page), asked]) == [row[3] for row in rows]


def test_a_page_without_a_safe_connection_says_so(office, open_page):
    """Browsers take the cryptography away from pages that did not come by https."""
    page = open_page(
        office.issue(),
        "old_browser",
        before="Object.defineProperty(crypto, 'subtle', {value: undefined})",
    )
    expect_words_in_every_language(page, "old_browser")
