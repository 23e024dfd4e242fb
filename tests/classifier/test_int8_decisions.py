"""Weights kept as int8 decide as floats would, on the catalogue's own messages."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from nlu.catalogue import shared_catalogue
from nlu.classifier import hinge, views
from nlu.classifier.linear import Int8Rows, softmax

DATA = Path(__file__).resolve().parents[2] / "data"
VIEWS = {"written": (2, 4), "folded": (2, 4)}
TEMPERATURE = 0.13  # as a calibrated model has it


@pytest.fixture(scope="module")
def halves() -> dict[str, tuple[sparse.csr_matrix, np.ndarray, np.ndarray]]:
    """Per key, messages left out of training: n-grams, scores by floats, scores by int8."""
    catalogue = shared_catalogue(DATA)
    texts, labels, keys = [], [], []
    for name, service in list(catalogue.services.items())[::3]:
        for key, found in service.utterances.items():
            texts += [u.text for u in found]
            labels += [name] * len(found)
            keys += [key] * len(found)
    hashed = views.matrix(texts, VIEWS)
    train, left = np.arange(0, len(texts), 2), np.arange(1, len(texts), 2)
    names, place = np.unique(np.asarray(labels)[train], return_inverse=True)
    columns = np.unique(hashed[train].indices)
    own = place[:, None] == np.arange(len(names))
    found = hinge.solve(hashed[train][:, columns], own, hinge.Settings())
    weights, bias = found[:, :-1].T, found[:, -1]
    seen = hashed[left][:, columns]
    floats, small = seen @ weights + bias, Int8Rows.of(weights).product(seen) + bias
    of = np.asarray(keys)[left]
    return {key: (seen[of == key], floats[of == key], small[of == key]) for key in set(keys)}


@pytest.mark.parametrize("key", ["te", "te-Latn", "hi", "hi-Latn", "en", "mix"])
def test_int8_ranks_the_same_service_first(halves, key: str) -> None:
    """For every message but perhaps one in 200, where two services tie."""
    _, floats, small = halves[key]
    assert (floats.argmax(axis=1) == small.argmax(axis=1)).mean() >= 0.995


@pytest.mark.parametrize("key", ["te", "te-Latn", "hi", "hi-Latn", "en", "mix"])
def test_int8_moves_no_confidence_by_more_than_two_points(halves, key: str) -> None:
    """So no threshold sees a difference that calibration could have told apart."""
    _, floats, small = halves[key]
    moved = np.abs(softmax(floats / TEMPERATURE) - softmax(small / TEMPERATURE))
    assert moved.max() < 0.02
