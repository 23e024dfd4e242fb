"""Writes the tokenizer of an encoder for serving.

It is a SentencePiece model if that cuts as the tokenizer does. The messages of that file are
declared here, because the classes of the package need a newer protobuf than TensorFlow allows.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
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
# sentencepiece_model.proto: kinds of pieces, the kind of model, fields by number
_NORMAL_PIECE, _UNKNOWN, _CONTROL = 1, 2, 3
_UNIGRAM = 1
_MESSAGES: dict[str, dict[str, tuple[int, str]]] = {
    "Piece": {"piece": (1, "string"), "score": (2, "float"), "type": (3, "int32")},
    "Trainer": {
        "model_type": (3, "int32"),
        "vocab_size": (4, "int32"),
        "unk_id": (40, "int32"),
        "bos_id": (41, "int32"),
        "eos_id": (42, "int32"),
        "pad_id": (43, "int32"),
        "unk_piece": (45, "string"),
        "bos_piece": (46, "string"),
        "eos_piece": (47, "string"),
        "pad_piece": (48, "string"),
    },
    "Normalizer": {
        "name": (1, "string"),
        "precompiled_charsmap": (2, "bytes"),
        "add_dummy_prefix": (3, "bool"),
        "remove_extra_whitespaces": (4, "bool"),
        "escape_whitespaces": (5, "bool"),
        "normalization_rule_tsv": (6, "string"),
    },
    "Model": {
        "pieces": (1, "Piece*"),
        "trainer_spec": (2, "Trainer"),
        "normalizer_spec": (3, "Normalizer"),
    },
}


def write_tokenizer(tokenizer: str, folder: Path) -> None:
    """Writes a tokenizer for serving. `tokenizer` is the text of a tokenizer.json.

    `folder` gets `tokenizer.model` if SentencePiece can read it, else `tokenizer.json`.
    """
    read = json.loads(tokenizer)
    if fits_sentencepiece(read):
        write_unigram(read["model"]["vocab"], read["model"]["unk_id"], folder)
    else:
        (folder / TOKENIZER_FILE).write_text(tokenizer, "utf-8")


def write_unigram(pieces: Sequence[tuple[str, float]], unknown: int, folder: Path) -> None:
    """Writes `tokenizer.model` of pieces and their scores; `unknown` is the place of <unk>."""
    (folder / SENTENCEPIECE_FILE).write_bytes(_model(pieces, unknown))


def fits_sentencepiece(tokenizer: Mapping[str, Any]) -> bool:
    """Whether SentencePiece cuts text as this tokenizer.json does.

    It does so for Unigram with NFKC, ▁ for spaces, and <s> and </s> at the ends.
    """
    model = tokenizer["model"]
    return (
        model.get("type") == "Unigram"
        and not model.get("byte_fallback")
        and tokenizer["normalizer"] == _NORMAL
        and tokenizer["pre_tokenizer"] == _METASPACE
        and (tokenizer["post_processor"] or {}).get("single") == _ENDS
        and all(token["special"] for token in tokenizer["added_tokens"])
    )


def _model(pieces: Sequence[tuple[str, float]], unknown: int) -> bytes:
    from sentencepiece import SentencePieceNormalizer

    names = [piece for piece, _ in pieces]
    make = _classes()["Model"]
    model = make()
    for place, (piece, score) in enumerate(pieces):
        kind = _CONTROL if piece in ("<s>", "</s>", "<pad>") else _NORMAL_PIECE
        model.pieces.add(piece=piece, score=score, type=_UNKNOWN if place == unknown else kind)
    trained = model.trainer_spec
    trained.model_type = _UNIGRAM
    trained.vocab_size = len(names)
    trained.unk_id, trained.pad_id = unknown, names.index("<pad>")
    trained.bos_id, trained.eos_id = names.index("<s>"), names.index("</s>")
    trained.unk_piece, trained.pad_piece = names[unknown], "<pad>"
    trained.bos_piece, trained.eos_piece = "<s>", "</s>"
    rules = SentencePieceNormalizer(rule_name="nfkc").serialized_model_proto()
    model.normalizer_spec.CopyFrom(make.FromString(rules).normalizer_spec)
    model.normalizer_spec.add_dummy_prefix = True
    model.normalizer_spec.remove_extra_whitespaces = True
    model.normalizer_spec.escape_whitespaces = True
    return bytes(model.SerializeToString())


@lru_cache(maxsize=1)
def _classes() -> dict[str, Any]:
    """The class of each message. All are kept: protobuf 4.23 crashes where the class of an inner
    message was freed and is needed again."""
    from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

    package = "seva.sentencepiece"
    file = descriptor_pb2.FileDescriptorProto(name=f"{package}.proto", package=package)
    kinds = descriptor_pb2.FieldDescriptorProto
    for message, fields in _MESSAGES.items():
        made = file.message_type.add(name=message)
        for field, (number, kind) in fields.items():
            many, kind = kind.endswith("*"), kind.rstrip("*")
            row = made.field.add(name=field, number=number)
            row.label = kinds.LABEL_REPEATED if many else kinds.LABEL_OPTIONAL
            if kind in _MESSAGES:
                row.type, row.type_name = kinds.TYPE_MESSAGE, f".{package}.{kind}"
            else:
                row.type = kinds.Type.Value(f"TYPE_{kind.upper()}")
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    found = {name: pool.FindMessageTypeByName(f"{package}.{name}") for name in _MESSAGES}
    return {name: message_factory.GetMessageClass(one) for name, one in found.items()}
