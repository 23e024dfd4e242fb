"""Views of a message: spellings of it whose character n-grams or pairs of words classifiers see.

As written; folded to a phonetic spelling that Telugu, Devanagari and Latin text share; that
spelling across word borders; and as a consonant skeleton (what a transcript of speech keeps).
Of the folded and the skeleton's words the pairs too.

A transcript has its borders between words in wrong places ("Bharisham emni bha sva la" was बारिश
में निवास वाला). For it there are two without borders: `classes`, where sounds that are misheard for
each other are one, and `bones`, the skeleton.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

import numpy as np
from scipy import sparse

from nlu.classifier import char_ngrams
from nlu.classifier.place_mentions import PlaceMentions
from nlu.classifier.processes import shared_out
from nlu.text import fold, normalise
from nlu.text.phonetic import skeleton, sound_classes

_FEW = 2000  # texts that are hashed sooner than a process starts
Views = Mapping[str, Sequence[int]]
"""Name of the view: its shortest and longest n-gram, or how near and how far a pair's words are."""


_NGRAMS: Mapping[str, Callable[[str], str]] = {  # of a normalised text in lower case
    "written": lambda text: text,
    "folded": fold,
    "skeleton": skeleton,
    "phrase": lambda text: fold(text).replace(" ", "_"),
    "classes": sound_classes,
    "bones": lambda text: skeleton(text).replace(" ", ""),
}  # their first letters, which keep them apart, differ
_PAIRS: Mapping[str, Callable[[str], str]] = {"folded pairs": fold, "skeleton pairs": skeleton}
_SPELLINGS = {**_NGRAMS, **_PAIRS}
NAMES = tuple(_SPELLINGS)


def spellings(text: str, names: Iterable[str] = NAMES) -> dict[str, str]:
    """The spellings called `names` of a raw message. Raises KeyError for an unknown name."""
    written = normalise(text).text.lower()
    spelt = {spelling: spelling(written) for spelling in {_SPELLINGS[name] for name in names}}
    return {name: spelt[_SPELLINGS[name]] for name in names}


def hashed(
    text: str, views: Views, places: PlaceMentions | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Hash buckets (int32) and values (float32) of a raw message in the `views` named.

    With `places`, one bucket more says which kinds of places the message names, if any.
    """
    _, buckets, values = char_ngrams.weighted(_found([text], views, places), 1)
    return buckets, values


def matrix(
    texts: Sequence[str], views: Views, places: PlaceMentions | None = None, *, workers: int = 1
) -> sparse.csr_matrix:
    """Many messages as `hashed` has them, rows of a (texts, BUCKETS) matrix.

    More than a few are shared out among `workers` processes.
    """
    share = _FEW if workers > 1 else len(texts) or 1
    parts = [(texts[at : at + share], views, places) for at in range(0, len(texts), share)]
    if len(parts) < 2:
        return _rows(texts, views, places)
    return sparse.vstack(shared_out(_rows, parts, workers), format="csr")


def _rows(texts: Sequence[str], views: Views, places: PlaceMentions | None) -> sparse.csr_matrix:
    return char_ngrams.matrix(_found(texts, views, places), len(texts))


def _found(
    texts: Sequence[str], views: Views, places: PlaceMentions | None
) -> Iterator[char_ngrams.Found]:
    """What each view of the messages has, then the kinds of places that they name."""
    seen = [spellings(text, views) for text in texts]
    for name, (low, high) in views.items():
        spelt = [one[name] for one in seen]
        if name in _PAIRS:
            yield char_ngrams.pairs(spelt, low, high, name)
        else:
            yield char_ngrams.ngrams(spelt, low, high, name[0])
    kinds = [places.kinds(text) if places is not None else () for text in texts]
    named = [at for at, some in enumerate(kinds) if some]
    buckets = [char_ngrams.bucket("places " + " ".join(kinds[at])) for at in named]
    yield np.asarray(named, np.int64), np.asarray(buckets, np.int64)
