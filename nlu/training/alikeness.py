"""`seva check --strict`, second half: sentences of a service that mean almost the same.

Letters tell a sentence with one word swapped, but not one that was only turned round or written
in synonyms. The sentence encoder tells those: two trained utterances of a key nearer than
`swap_cosine` teach the same thing twice, a hold-out or development sentence nearer than
`leak_cosine` to a trained one measures what was learned by heart. Limits in `data/check.yml`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import numpy as np

from nlu.catalogue.checker import CheckResult
from nlu.catalogue.errors import Problem
from nlu.catalogue.limits import load_limits
from nlu.catalogue.rules.utterances import Said, said_of, too_alike
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
