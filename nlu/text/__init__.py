"""Text as citizens write it: cleaning, scripts, sound, numbers in words, masking."""

from __future__ import annotations

from nlu.text.masking import mask
from nlu.text.normalise import Normalised, normalise
from nlu.text.numbers import NumberSpan, find_numbers, spoken_to_digits
from nlu.text.phonetic import fold, skeleton
from nlu.text.script import shares

__all__ = [
    "Normalised",
    "NumberSpan",
    "find_numbers",
    "fold",
    "mask",
    "normalise",
    "shares",
    "skeleton",
    "spoken_to_digits",
]
