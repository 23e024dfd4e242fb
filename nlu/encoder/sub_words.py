"""Cuts a message into sub-words: their ids, and where in the message each of them ends.

There are two readers of a tokenizer. Hugging Face's `tokenizers` reads every tokenizer.json, but it
keeps our 126,386 pieces in a tree of hash maps: 115 MB in each process and 42 us for a message.
SentencePiece (Kudo & Richardson 2018, arXiv 1808.06226) keeps them in a double array: 27 MB and
7 us, with the same sub-words. `tokenizer_file` makes its file.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import regex

TOKENIZER_FILE = "tokenizer.json"
SENTENCEPIECE_FILE = "tokenizer.model"
_SPACE = regex.compile(r"\s")


class SubWords(Protocol):
    """Cuts normalised messages. Special sub-words stand at both ends."""

    def ids(self, text: str) -> list[int]:
        """The ids (T,) of a message."""

    def read(self, text: str) -> tuple[list[int], list[int]]:
        """The ids (T,), and for each sub-word the character (T,) before which it ends.

        Special sub-words end at 0.
        """


class SentencePiece:
    """Reads with SentencePiece. Threads may share it."""

    def __init__(self, file: Path, max_tokens: int) -> None:
        """Longer messages are cut to `max_tokens`, including the special ones."""
        from sentencepiece import SentencePieceProcessor

        self._pieces = SentencePieceProcessor(model_file=str(file))
        self._begin, self._end = self._pieces.bos_id(), self._pieces.eos_id()
        self._most = max_tokens - 2

    def ids(self, text: str) -> list[int]:
        """See `SubWords`."""
        found = self._pieces.encode(_SPACE.sub(" ", text))
        return [self._begin, *found[: self._most], self._end]

    def read(self, text: str) -> tuple[list[int], list[int]]:
        """See `SubWords`."""
        found = self._pieces.encode(_SPACE.sub(" ", text), return_type="offset_mapping")
        ids = found["ids"][: self._most]
        # the mark of the first word may be a piece of its own; it counts as the first letter
        ends = [max(end, 1) for _, end in found["offsets"][: self._most]]
        return [self._begin, *ids, self._end], [0, *ends, 0]


class HuggingFace:
    """Reads with a `tokenizers.Tokenizer`. Threads may share it."""

    def __init__(self, tokenizer: Any, max_tokens: int) -> None:
        """Longer messages are cut to `max_tokens`, including the special ones."""
        tokenizer.enable_truncation(max_tokens)
        self._tokenizer = tokenizer

    def ids(self, text: str) -> list[int]:
        """See `SubWords`."""
        return list(self._tokenizer.encode(text).ids)

    def read(self, text: str) -> tuple[list[int], list[int]]:
        """See `SubWords`."""
        found = self._tokenizer.encode(text)
        return list(found.ids), [end for _, end in found.offsets]


def load(folder: Path, max_tokens: int) -> SubWords:
    """The reader of an exported folder. Raises FileNotFoundError if it has no tokenizer."""
    if (folder / SENTENCEPIECE_FILE).is_file():
        return SentencePiece(folder / SENTENCEPIECE_FILE, max_tokens)
    if not (folder / TOKENIZER_FILE).is_file():
        raise FileNotFoundError(
            f"{folder / TOKENIZER_FILE} is missing; run `make encoder`, for a model `seva train`"
        )
    from tokenizers import Tokenizer

    return HuggingFace(Tokenizer.from_file(str(folder / TOKENIZER_FILE)), max_tokens)
