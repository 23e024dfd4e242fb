"""The large peer, as far as it can be looked at without two gigabytes."""

from __future__ import annotations

import inspect

from tests.deferred import Deferred

labse_size = Deferred("benchmarks.labse_size")


def test_rasa_takes_it_for_a_featurizer_that_can_be_made() -> None:
    """DIET asks for one; once it was none, then an abstract one, and no peer was trained."""
    from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer

    assert issubclass(labse_size.LabseSizeFeaturizer, DenseFeaturizer)
    assert not inspect.isabstract(labse_size.LabseSizeFeaturizer)


def test_pieces_are_four_characters_each_and_in_the_vocabulary() -> None:
    assert len(labse_size._pieces("కరెంటుబిల్లు")) == 3
    assert all(2 <= piece < labse_size.VOCABULARY for piece in labse_size._pieces("electricity"))
