"""`seva check --strict`, second half: sentences of a service that mean almost the same.

Letters tell a sentence with one word swapped, but not one that was only turned round or written
in synonyms. The sentence encoder tells those: two trained utterances of a key nearer than
`swap_cosine` teach the same thing twice, a hold-out or development sentence nearer than
`leak_cosine` to a trained one measures what was learned by heart. And a sentence that is out of
scope, or elsewhere, may be one that a service has meanwhile: by meaning and by letters, as meaning
alone takes an officer for an adangal. Limits in `data/check.yml`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from nlu.catalogue.checker import CheckResult
from nlu.catalogue.errors import Problem
from nlu.catalogue.limits import load_limits
from nlu.catalogue.model import ConversationIntent, Service
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE, Said, said_of, shape, too_alike
from nlu.classifier.place_mentions import PlaceMentions
from nlu.encoder.onnx_encoder import OnnxEncoder, VectorCache
from nlu.encoder.provision import encoder_folder
from nlu.text import normalise


def alike_in_meaning(result: CheckResult, model: str) -> tuple[Problem, ...]:
    """The problems of a catalogue that could be read; `model` names the encoder."""
    limits = load_limits(result.catalogue.root)
    groups = [
        [said for said in said_of(name, service) if said.key == key]
        for name, service in result.catalogue.services.items()
        for key in service.utterances
    ]
    texts = [normalise(said.utterance.text).text for group in groups for said in group]
    vectors = VectorCache(OnnxEncoder(encoder_folder(model))).encode(
        texts, workers=os.cpu_count() or 1
    )
    problems: list[Problem] = []
    at = 0
    for group in groups:
        near = vectors[at : at + len(group)] @ vectors[at : at + len(group)].T
        problems += _too_near(group, near, limits.swap_cosine / 100, limits.leak_cosine / 100)
        at += len(group)
    return tuple(sorted(problems))


@dataclass(frozen=True)
class Astray:
    """A trained sentence of what is none of ours, and the one of a service that it is near to.
    `twice`: so near that the service would only learn it twice.
    """

    said: Said
    near: Said
    ratio: float
    twice: bool

    @property
    def problem(self) -> Problem:
        """As `seva check --strict` tells it."""
        other = self.near
        what = (
            f"`{self.said.utterance.text}` is {self.said.intent} and {self.ratio:.0f} % alike to "
            f"`{other.utterance.text}` of {other.intent} ({other.file}:{other.utterance.line})"
        )
        mend = "remove it" if self.twice else f"move it to {other.intent}"
        mend += ": `seva check --move` does, after it has asked"
        return Problem(self.said.file, self.said.utterance.line, what, mend)


def astray(result: CheckResult, model: str) -> list[Astray]:
    """Sentences that are out of scope or elsewhere and near to one of a service, in any key. Where
    only one of the two names a place elsewhere, that is what sets them apart."""
    from rapidfuzz import fuzz

    catalogue, limits = result.catalogue, load_limits(result.catalogue.root)
    places = PlaceMentions.of(catalogue)
    encoder = VectorCache(OnnxEncoder(encoder_folder(model)))

    def trained(intents: Mapping[str, Service | ConversationIntent], key: str) -> list[Said]:
        every = (said for name, one in intents.items() for said in said_of(name, one))
        return [said for said in every if (said.part, said.key) == ("utterances", key)]

    def vectors(some: Sequence[Said]) -> np.ndarray:
        texts = [normalise(said.utterance.text).text for said in some]
        return encoder.encode(texts, workers=os.cpu_count() or 1)

    outside = {
        name: one
        for name, one in catalogue.conversation.items()
        if name == OUT_OF_SCOPE or one.elsewhere
    }
    found: list[Astray] = []
    for key in catalogue.languages.keys:
        strays, inside = trained(outside, key), trained(catalogue.services, key)
        if not strays or not inside:
            continue
        near = vectors(strays) @ vectors(inside).T
        for row, said in enumerate(strays):
            close = np.flatnonzero(near[row] >= limits.outside_cosine / 100)
            ratios = [
                fuzz.ratio(shape(said.utterance), shape(inside[at].utterance)) for at in close
            ]
            if not ratios or max(ratios) < limits.outside_ratio:
                continue
            best = int(np.argmax(ratios))
            other = inside[close[best]]
            if places.kinds(said.utterance.text) == places.kinds(other.utterance.text):
                twice = ratios[best] >= limits.swap_ratio
                found.append(Astray(said, other, ratios[best], twice))
    return found


def _too_near(group: list[Said], near: np.ndarray, swap: float, leak: float) -> Iterator[Problem]:
    """Each sentence of one service and key at most once, with the nearest before it."""
    trained = [i for i, said in enumerate(group) if said.part == "utterances"]
    for i, said in enumerate(group):
        learned = said.part == "utterances"
        others = [j for j in trained if j < i] if learned else trained
        if not others:
            continue
        nearest = max(others, key=lambda j: float(near[i, j]))
        if near[i, nearest] >= (swap if learned else leak):
            how = f"{100 * near[i, nearest]:.1f} % alike in meaning"
            yield too_alike(said, group[nearest], how)
