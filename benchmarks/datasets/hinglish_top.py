"""Hinglish-TOP: Hindi-English commands in Latin letters, with nested parses.

Agarwal et al. 2022, "CST5: Data Augmentation for Code-Switched Semantic Parsing"; Apache-2.0.
Tab-separated, one file a split, with `cs_query` (the code-switched command) and `cs_parse`
(`[IN:SEND_MESSAGE [SL:RECIPIENT danny ] ko message karo ]`).
"""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.datasets.files import first_split, required
from nlu.joint.examples import Example, Span

SOURCE = "github.com/google-research-datasets/Hinglish-TOP-Dataset (Apache-2.0)"
SCORED = ("test", "validation")  # the first that is there


def read(folder: Path, split: str) -> list[Example]:
    """All commands of a split (train, validation or test), with top-level intent and slots.

    Raises MissingData, and ValueError naming the line of a row without an intent.
    """
    path = required(folder, f"{split}.tsv", SOURCE)
    examples = []
    with open(path, encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        for number, row in enumerate(rows, 2):
            text = " ".join(row["cs_query"].split())
            try:
                intent, words, spans = top_level(row["cs_parse"])
            except ValueError as problem:
                raise ValueError(f"{path}:{number}: {problem}") from problem
            # The parse of a row or two spells a word differently: its offsets fit no text.
            examples.append(Example(text, intent, spans if words == text else (), "hi-Latn"))
    return examples


def scored_split(folder: Path) -> str:
    """`test` where the folder has it, else `validation`. Raises MissingData."""
    return first_split(folder, "{}.tsv", SCORED, SOURCE)


def top_level(parse: str) -> tuple[str, str, tuple[Span, ...]]:
    """Outermost intent, the words (joined by spaces) and the slots directly below that intent."""
    tokens = parse.split()
    if not tokens or not tokens[0].startswith("[IN:"):
        raise ValueError("the parse does not begin with an intent")
    words: list[str] = []
    spans = []
    opened: list[tuple[str, int]] = []  # label and where its text begins
    for token in tokens:
        if token.startswith(("[IN:", "[SL:")):
            opened.append((token[1:], _length(words) + bool(words)))
        elif token == "]":
            label, start = opened.pop()
            if len(opened) == 1 and label.startswith("SL:") and _length(words) > start:
                spans.append(Span(start, _length(words), label.removeprefix("SL:")))
        else:
            words.append(token)
    return tokens[0].removeprefix("[IN:"), " ".join(words), tuple(spans)


def _length(words: list[str]) -> int:
    return len(" ".join(words))
