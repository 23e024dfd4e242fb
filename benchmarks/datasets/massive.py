"""MASSIVE: 60 intents, 55 slots, the same messages in many languages.

FitzGerald et al. 2022, arXiv 2204.08582; CC BY 4.0. One file for each locale and split,
`te-IN.train.jsonl`, a JSON object a line with `id`, `locale`, `intent`, `utt` and `annot_utt`,
whose slot values are marked as in `wake me [date : this week]`.
"""

from __future__ import annotations

import json
from pathlib import Path

import regex

from benchmarks.datasets.files import first_split, required
from nlu.joint.examples import Example, Span

SOURCE = "github.com/alexa/massive (1.0, CC BY 4.0), one JSON Lines file a split"
LOCALES = ("te-IN", "hi-IN", "en-US")
SCORED = ("test", "dev")  # the first that is there

_MARK = regex.compile(r"\[\s*([^\s\[\]:]+)\s*:\s*([^\[\]]*?)\s*\]")


def read(folder: Path, locale: str, split: str) -> list[Example]:
    """All messages of one locale and split (train, dev or test), in file order.

    Raises MissingData, and ValueError naming the line of a row whose marks do not fit its text.
    """
    path = required(folder, f"{locale}.{split}.jsonl", SOURCE)
    examples = []
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            row = json.loads(line)
            text, spans = unmarked(row["annot_utt"])
            if text != row["utt"]:
                raise ValueError(f"{path}:{number}: `annot_utt` without its marks is not `utt`")
            examples.append(Example(text, row["intent"], spans, locale, row["id"]))
    return examples


def scored_split(folder: Path, locale: str = LOCALES[0]) -> str:
    """`test` where the folder has it, else `dev`. Raises MissingData."""
    return first_split(folder, locale + ".{}.jsonl", SCORED, SOURCE)


def unmarked(marked: str) -> tuple[str, tuple[Span, ...]]:
    """Text of an `annot_utt` without its marks, and the spans that they marked."""
    text, spans, done = "", [], 0
    for mark in _MARK.finditer(marked):
        text += marked[done : mark.start()]
        spans.append(Span(len(text), len(text) + len(mark[2]), mark[1]))
        text += mark[2]
        done = mark.end()
    return text + marked[done:], tuple(spans)
