"""Writes a tokenizer for serving: as a SentencePiece model where its form is one, else as it is.

Needs transformers (dependency group `training`), which has the classes of the file's format for
every version of protobuf.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlu.encoder.sub_words import SENTENCEPIECE_FILE, TOKENIZER_FILE

_NORMAL = {
    "type": "Sequence",
    "normalizers": [
        {"type": "NFKC"},
        {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "},
    ],
}
_METASPACE = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
_ENDS = [
    {"SpecialToken": {"id": "<s>", "type_id": 0}},
    {"Sequence": {"id": "A", "type_id": 0}},
    {"SpecialToken": {"id": "</s>", "type_id": 0}},
]
_NORMAL_PIECE, _UNKNOWN, _CONTROL = 1, 2, 3  # sentencepiece_model.proto


def write(tokenizer: str, folder: Path) -> None:
    """Writes `tokenizer.model` or `tokenizer.json` of the text of a tokenizer.json to `folder`."""
    read = json.loads(tokenizer)
    if has_its_form(read):
        (folder / SENTENCEPIECE_FILE).write_bytes(_model(read["model"]))
    else:
        (folder / TOKENIZER_FILE).write_text(tokenizer, "utf-8")


def has_its_form(tokenizer: Mapping[str, Any]) -> bool:
    """Whether SentencePiece cuts as this tokenizer.json does: Unigram, NFKC, ▁ for spaces, and
    <s> and </s> around."""
    model = tokenizer["model"]
    return (
        model.get("type") == "Unigram"
        and not model.get("byte_fallback")
        and tokenizer["normalizer"] == _NORMAL
        and tokenizer["pre_tokenizer"] == _METASPACE
        and (tokenizer["post_processor"] or {}).get("single") == _ENDS
        and all(token["special"] for token in tokenizer["added_tokens"])
    )


def _model(unigram: Mapping[str, Any]) -> bytes:
    from sentencepiece import SentencePieceNormalizer
    from transformers.utils import sentencepiece_model_pb2_new as proto

    names = [piece for piece, _ in unigram["vocab"]]
    model = proto.ModelProto()
    for place, (piece, score) in enumerate(unigram["vocab"]):
        kind = _CONTROL if piece in ("<s>", "</s>", "<pad>") else _NORMAL_PIECE
        kind = _UNKNOWN if place == unigram["unk_id"] else kind
        model.pieces.add(piece=piece, score=score, type=kind)
    trained = model.trainer_spec
    trained.model_type = trained.UNIGRAM
    trained.vocab_size = len(names)
    trained.unk_id, trained.pad_id = unigram["unk_id"], names.index("<pad>")
    trained.bos_id, trained.eos_id = names.index("<s>"), names.index("</s>")
    trained.unk_piece, trained.pad_piece = names[unigram["unk_id"]], "<pad>"
    trained.bos_piece, trained.eos_piece = "<s>", "</s>"
    rules = SentencePieceNormalizer(rule_name="nfkc").serialized_model_proto()
    model.normalizer_spec.CopyFrom(proto.ModelProto.FromString(rules).normalizer_spec)
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = True
    model.normalizer_spec.escape_whitespaces = True
    return bytes(model.SerializeToString())
