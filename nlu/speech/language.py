"""Which of the citizens' languages was spoken, from Whisper's probabilities and the saved one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from nlu.speech.settings import LanguageWeight, Prior


def spoken_languages(
    probabilities: Iterable[tuple[str, float]],
    languages: Mapping[str, LanguageWeight],
    prior: Prior,
    saved: str | None = None,
) -> list[tuple[str, float]]:
    """`languages` with their shares, the likeliest first; the saved one leads a tie.

    Whisper spreads Telugu over its neighbours (Kannada, Tamil, Malayalam) and Hindi over Urdu, so
    those count as evidence too. p(te) is often under 0.3 even when right: the answer is relative.
    """
    heard = dict(probabilities)
    factors = {
        language: prior.saved if language == saved else prior.other for language in languages
    }
    scores = {
        language: sum(heard.get(code, 0.0) for code in kind.sounds_like) * kind.weight
        for language, kind in languages.items()
    }
    if not any(scores.values()):  # nothing was heard: only the prior speaks
        scores = dict.fromkeys(languages, 1.0)
    scores = {language: score * factors[language] for language, score in scores.items()}
    total = sum(scores.values())
    ranking = [(language, score / total) for language, score in scores.items()]
    return sorted(ranking, key=lambda pair: -pair[1])
