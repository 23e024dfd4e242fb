"""Sub-words of a message: their ids, and where in the message each of them ends.

Two readers of one tokenizer. Hugging Face's `tokenizers` reads every tokenizer.json, but keeps the
126,386 pieces of ours in a tree of hash maps: 115 MB in each process and 42 us a message.
SentencePiece (Kudo & Richardson 2018, arXiv 1808.06226) keeps them in a double array: 27 MB and
7 us, the same sub-words. `sentencepiece_file` makes its file of a tokenizer.json that has its form.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import regex

TOKENIZER_FILE = "tokenizer.json"
SENTENCEPIECE_FILE = "tokenizer.model"
_SPACE = regex.compile(r"\s")


class SubWords(Protocol):
    """Cuts normalised messages; special sub-words stand at both ends."""

    def ids(self, text: str) -> list[int]:
        """Ids (T,) of a message."""

    def read(self, text: str) -> tuple[list[int], list[int]]:
        """Ids (T,), and the character (T,) of the message before which each sub-word ends; 0 for
        special ones."""


class SentencePiece:
    """Reads with SentencePiece; thread-safe."""

    def __init__(self, file: Path, max_tokens: int) -> None:
        """Longer messages are cut to `max_tokens`, special ones included."""
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
        # the mark of a first word, where it is a piece of its own, counts as the first letter
        ends = [max(end, 1) for _, end in found["offsets"][: self._most]]
        return [self._begin, *ids, self._end], [0, *ends, 0]


class HuggingFace:
    """Reads with a `tokenizers.Tokenizer`; thread-safe."""

    def __init__(self, tokenizer: Any, max_tokens: int) -> None:
        """Longer messages are cut to `max_tokens`, special ones included."""
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
    """The reader of an exported folder. Raises FileNotFoundError where it has no tokenizer."""
    if (folder / SENTENCEPIECE_FILE).is_file():
        return SentencePiece(folder / SENTENCEPIECE_FILE, max_tokens)
    if not (folder / TOKENIZER_FILE).is_file():
        raise FileNotFoundError(
            f"{folder / TOKENIZER_FILE} is missing; run `make encoder`, for a model `seva train`"
        )
    from tokenizers import Tokenizer

    return HuggingFace(Tokenizer.from_file(str(folder / TOKENIZER_FILE)), max_tokens)
