"""The large peer, as far as it can be looked at without two gigabytes."""

from __future__ import annotations

import inspect

from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer

from benchmarks.labse_size import VOCABULARY, LabseSizeFeaturizer, _pieces


def test_rasa_takes_it_for_a_featurizer_that_can_be_made() -> None:
    """DIET asks for one; once it was none, then an abstract one, and no peer was trained."""
    assert issubclass(LabseSizeFeaturizer, DenseFeaturizer)
    assert not inspect.isabstract(LabseSizeFeaturizer)


def test_pieces_are_four_characters_each_and_in_the_vocabulary() -> None:
    assert len(_pieces("కరెంటుబిల్లు")) == 3
    assert all(2 <= piece < VOCABULARY for piece in _pieces("electricity"))
