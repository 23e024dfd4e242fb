"""Four spellings of a message whose character n-grams the classifiers see.

As written; folded to a phonetic spelling that Telugu, Devanagari and Latin text share; that
spelling across word borders; and as a consonant skeleton (what a transcript of speech keeps).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from nlu.classifier import char_ngrams
from nlu.text import fold, normalise
from nlu.text.phonetic import skeleton

Views = Mapping[str, Sequence[int]]  # name of the view: shortest and longest n-gram


def spellings(text: str) -> dict[str, str]:
    """Every view of a raw message by name: written, folded, skeleton, phrase."""
    written = normalise(text).text.lower()
    folded = fold(written)
    return {
        "written": written,
        "folded": folded,
        "skeleton": skeleton(written),
        "phrase": folded.replace(" ", "_"),
    }


def hashed(text: str, views: Views) -> tuple[np.ndarray, np.ndarray]:
    """Hash buckets and values of a raw message in the `views` named (see `char_ngrams.hashed`)."""
    seen = spellings(text)
    return char_ngrams.hashed(
        [(name[0], seen[name], low, high) for name, (low, high) in views.items()]
    )
