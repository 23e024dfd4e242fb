"""Which of the citizens' languages was spoken, from Whisper's probabilities and the saved one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nlu.speech.settings import LanguageWeight, Prior


def spoken_language(
    probabilities: Iterable[tuple[str, float]],
    languages: Mapping[str, LanguageWeight],
    prior: Prior,
    saved: str | None = None,
) -> tuple[str, float]:
    """The most likely of `languages` and its share among them.

    Whisper spreads Telugu over its neighbours (Kannada, Tamil, Malayalam) and Hindi over Urdu, so
    those count as evidence too. p(te) is often under 0.3 even when right: the answer is relative.
    """
    heard = dict(probabilities)
    scores = {
        language: sum(heard.get(code, 0.0) for code in kind.sounds_like)
        * kind.weight
        * (prior.saved if language == saved else prior.other)
        for language, kind in languages.items()
    }
    total = sum(scores.values())
    if not total:
        language = saved if saved in languages else next(iter(languages))
        return language, 1.0 / len(languages)
    best = max(scores, key=lambda language: scores[language])
    return best, scores[best] / total
