"""`seva check --strict`: whole sentences, to be learned, under the key of another language.

Letters do not tell English, romanised Telugu and romanised Hindi apart; the shipped language model
does. Short ones are left alone: people write "ration card status" in the middle of Telugu. Limits
in `data/check.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator

from nlu.catalogue.checker import CheckResult
from nlu.catalogue.errors import Problem
from nlu.catalogue.limits import load_limits
from nlu.catalogue.model import ConversationIntent, Service
from nlu.catalogue.rules.utterances import said_of

_LATIN = "Latn"


def wrong_keys(result: CheckResult) -> tuple[Problem, ...]:
    """The problems of a catalogue that could be read."""
    return tuple(sorted(_wrong(result)))


def _wrong(result: CheckResult) -> Iterator[Problem]:
    from nlu.components.language_identifier import LanguageAndScript, identifier

    catalogue, limits = result.catalogue, load_limits(result.catalogue.root).foreign
    language = identifier({**LanguageAndScript.get_default_config()})
    intents: dict[str, Service | ConversationIntent] = {
        **catalogue.conversation,
        **catalogue.services,
    }
    for name, intent in intents.items():
        for said in said_of(name, intent):
            key, text = catalogue.languages.keys.get(said.key), said.utterance.text
            words = [word for word in text.split() if any(map(str.isalpha, word))]
            if said.part != "utterances" or key is None:
                continue  # what is held out stays as somebody else wrote it
            if key.script != _LATIN or len(words) < limits.words:
                continue
            guess = language.guess(text)
            if guess.language != key.language and guess.confidence >= limits.sure / 100:
                what = f"`{text}` under `{said.key}` is in the language of `{guess.key}`"
                mend = f"move it to `{guess.key}` or `mix`"
                yield Problem(said.file, said.utterance.line, what, mend)
