"""The language is relative evidence times what the citizen chose before."""

from __future__ import annotations

import pytest

from nlu.speech.settings import load_settings
from nlu.speech.transcriber import spoken_languages

CASES = [
    # probabilities of Whisper, saved language, expected
    ({"te": 0.28, "si": 0.35, "ml": 0.13, "en": 0.03}, None, "te"),  # right though under 0.3
    ({"ta": 0.38, "hi": 0.22, "ml": 0.11, "te": 0.07}, None, "te"),  # a real Telugu clip
    ({"ur": 0.75, "hi": 0.23}, None, "hi"),
    ({"en": 0.98, "te": 0.01}, "te", "en"),  # clear English beats the saved language
    ({"hi": 0.64, "te": 0.24}, "te", "te"),  # close: the saved language decides
    ({"hi": 0.64, "te": 0.24}, None, "hi"),
    ({"en": 0.2, "hi": 0.15}, None, "hi"),  # weak English is not English
    ({"fr": 1.0}, "hi", "hi"),
    ({}, "en", "en"),
    ({}, None, "te"),
    ({"en": 0.9}, "xx", "en"),  # an unknown saved language changes nothing
]


@pytest.mark.parametrize(("heard", "saved", "expected"), CASES)
def test_spoken_language(heard: dict[str, float], saved: str | None, expected: str) -> None:
    settings = load_settings()
    ranking = spoken_languages(heard.items(), settings.languages, settings.prior, saved)
    assert ranking[0][0] == expected
    assert sum(share for _, share in ranking) == pytest.approx(1)
