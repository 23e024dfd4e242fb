"""Varied copies of training utterances: other spellings, slips, transcripts, numbers, values.

Every kind but `heard`, which has none, keeps the marked values of the utterance exact. Rates and
tables are data (`data/augmentation.yml`); which kinds earn their place is measured by `seva
benchmark ablation`.
"""

from __future__ import annotations

from nlu.augment.augmenter import KINDS, Augmenter
from nlu.augment.segments import Augmented

__all__ = ["KINDS", "Augmented", "Augmenter"]
