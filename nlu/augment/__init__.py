"""Varied copies of training utterances: other spellings, slips, transcripts, numbers, values.

Every kind but `heard` and `misheard`, whose copies have no marks, keeps the marks exact. Rates and
tables are data (`data/augmentation.yml`). `seva benchmark ablation` measures what a kind is worth.
"""

from __future__ import annotations

from nlu.augment.augmenter import KINDS, Augmenter
from nlu.augment.segments import Augmented

__all__ = ["KINDS", "Augmented", "Augmenter"]
