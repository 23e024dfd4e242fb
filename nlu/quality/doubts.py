"""Trained sentences that may stand in the wrong file, and those that two intents share.

Which labels are doubtful is decided by cleanlab: confident learning (Northcutt et al. 2021), on
probabilities of sentences that were left out. A doubt is no error: a sentence that no other is like
looks the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.catalogue.limits import load_limits
from nlu.catalogue.model import Catalogue
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE, Said, bare, shape
from nlu.classifier.place_mentions import PlaceMentions
from nlu.quality.left_out import LeftOut
from nlu.quality.progress import Tell, untold

_BLOCK = 1024
_WHAT = "Comparing sentences"


@dataclass(frozen=True)
class Doubt:
    """A sentence, the probability of its own intent when it was left out, and the likelier one."""

    said: Said
    own: float
    other: str
    likelier: float


@dataclass(frozen=True)
class Twins:
    """Two sentences of two intents that are the same, or nearly: cosine, and percent by letters."""

    one: Said
    two: Said
    cosine: float
    ratio: float


def doubts(said: Sequence[Said], left: LeftOut) -> list[Doubt]:
    """The sentences whose label is doubtful, the most doubtful first. Raises ImportError without
    cleanlab."""
    from cleanlab.filter import find_label_issues

    found = find_label_issues(
        left.given,
        left.probabilities,
        filter_by="both",
        return_indices_ranked_by="normalized_margin",
        n_jobs=1,
    )
    chances = left.probabilities
    return [
        Doubt(
            said[at],
            float(chances[at, left.given[at]]),
            left.labels[int(chances[at].argmax())],
            float(chances[at].max()),
        )
        for at in map(int, found)
        if chances[at].argmax() != left.given[at]
    ]


def twins(
    catalogue: Catalogue,
    said: Sequence[Said],
    vectors: np.ndarray,
    service: str | None = None,
    tell: Tell = untold,
) -> list[Twins]:
    """Pairs of two intents, the nearest first; of one `service` with all others, if named.

    Same letters count in any key. Nearly the same, in one key, is what `data/check.yml` says: at
    least `swap_ratio` by letters and `outside_cosine` by meaning. Where the two name other kinds of
    places, that is what sets them apart; and what is done elsewhere is out of scope, too.
    """
    outside = {OUT_OF_SCOPE} | {n for n, one in catalogue.conversation.items() if one.elsewhere}
    places = PlaceMentions.of(catalogue)
    found: dict[tuple[int, int], Twins] = {}
    for one, two, cosine, ratio in _near(catalogue, said, vectors, service, tell):
        a, b = said[one], said[two]
        apart = a.intent != b.intent and not {a.intent, b.intent} <= outside
        if apart and places.kinds(a.utterance.text) == places.kinds(b.utterance.text):
            found.setdefault((min(one, two), max(one, two)), Twins(a, b, cosine, ratio))
    return sorted(found.values(), key=lambda pair: (-pair.ratio, -pair.cosine))


def _near(
    catalogue: Catalogue,
    said: Sequence[Said],
    vectors: np.ndarray,
    service: str | None,
    tell: Tell,
) -> Iterator[tuple[int, int, float, float]]:
    """Places of two sentences, their cosine and their likeness by letters."""
    from rapidfuzz import fuzz

    limits = load_limits(catalogue.root)
    same: dict[str, list[int]] = {}
    for at, sentence in enumerate(said):
        same.setdefault(bare(sentence.utterance.text), []).append(at)
    for group in same.values():
        for two in group[1:]:
            if service in (None, said[group[0]].intent, said[two].intent):
                yield group[0], two, float(vectors[group[0]] @ vectors[two]), 100.0
    intents = np.asarray([sentence.intent for sentence in said])
    done = 0
    for key in dict.fromkeys(sentence.key for sentence in said):
        every = np.asarray([at for at, one_of in enumerate(said) if one_of.key == key])
        asked = every if service is None else every[intents[every] == service]
        for start in range(0, len(asked), _BLOCK):
            some = asked[start : start + _BLOCK]
            near = vectors[some] @ vectors[every].T
            near[intents[some][:, None] == intents[every][None, :]] = 0
            for row, column in zip(*np.nonzero(near >= limits.outside_cosine / 100)):
                one, two = int(some[row]), int(every[column])
                if service is None and one > two:
                    continue
                shapes = shape(said[one].utterance), shape(said[two].utterance)
                ratio = fuzz.ratio(*shapes, score_cutoff=limits.swap_ratio)
                if ratio:
                    yield one, two, float(near[row, column]), ratio
            done += len(some)
            tell(_WHAT, done, len(said) if service is None else int((intents == service).sum()))
