"""`seva check --strict`: sentences, to be learned, that are not what their label says.

A whole sentence under the key of another language: letters do not tell English, romanised Telugu
and romanised Hindi apart, the shipped language model does. Short ones are left alone: people write
"ration card status" in the middle of Telugu. And a marked value that its slot would refuse as an
answer: it teaches a form that no department knows. Limits in `data/check.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from nlu.catalogue.checker import CheckResult
from nlu.catalogue.errors import Problem
from nlu.catalogue.limits import Foreign, load_limits
from nlu.catalogue.model import Catalogue, ConversationIntent, Service
from nlu.catalogue.rules.utterances import Said, said_of
from nlu.classifier.language import Key, LanguageIdentifier, LanguageModel
from nlu.classifier.language_words import language_words
from nlu.slots import Parsed, parse
from nlu.text.lexicon import load_lexicon

_MODEL = "language/model.npz"
_LATIN = "Latn"
_READ_ALONE = frozenset({"place", "number", "code", "mobile", "date"})
"""Kinds whose values mean the same in a sentence and as an answer."""
_OVER = frozenset({"not_future", "not_past"})
"""Reasons that a day is refused for only because of the day on which the check runs."""


def mislabelled(result: CheckResult) -> tuple[Problem, ...]:
    """The problems of a catalogue that could be read."""
    catalogue, limits = result.catalogue, load_limits(result.catalogue.root).foreign
    language, today = _identifier(catalogue), date.today()
    found: list[Problem] = []
    intents: dict[str, Service | ConversationIntent] = {
        **catalogue.conversation,
        **catalogue.services,
    }
    for name, intent in intents.items():
        for said in said_of(name, intent):
            if said.part == "utterances":  # what is held out stays as somebody else wrote it
                found += _foreign(said, catalogue, language, limits)
                found += _unread(said, catalogue, today)
    return tuple(sorted(found))


def _identifier(catalogue: Catalogue) -> LanguageIdentifier:
    """Without a citizen's own language, which a file has not."""
    return LanguageIdentifier(
        tuple(Key(k.key, k.language, k.script) for k in catalogue.languages.keys.values()),
        LanguageModel.load(catalogue.root / _MODEL),
        prior_weight=1.0,
        native_share=0.25,
        mixed_share=0.15,
        default_language=catalogue.languages.default,
        words=language_words(load_lexicon("languages"), catalogue),
        word_weight=100.0,
    )


def _foreign(
    said: Said, catalogue: Catalogue, language: LanguageIdentifier, limits: Foreign
) -> Iterator[Problem]:
    key, text = catalogue.languages.keys.get(said.key), said.utterance.text
    words = [word for word in text.split() if any(map(str.isalpha, word))]
    if key is None or key.script != _LATIN or len(words) < limits.words:
        return
    guess = language.guess(text)
    if guess.language != key.language and guess.confidence >= limits.sure / 100:
        what = f"`{text}` under `{said.key}` is in the language of `{guess.key}`"
        mend = f"move it to `{guess.key}` or `mix`"
        yield Problem(said.file, said.utterance.line, what, mend)


def _unread(said: Said, catalogue: Catalogue, today: date) -> Iterator[Problem]:
    service = catalogue.services.get(said.intent)
    types = {slot.name: slot.type for slot in service.slots} if service else {}
    for mark in said.utterance.marks:
        slot_type = types.get(mark.slot)
        if slot_type is None or slot_type.kind not in _READ_ALONE:
            continue
        value = said.utterance.text[mark.start : mark.end]
        read = parse(slot_type, value, today=today, catalogue=catalogue)
        if not isinstance(read, Parsed) and read.reason not in _OVER:
            what = f"`{value}` is marked as `{mark.slot}`, which does not take it ({read.reason})"
            mend = "correct the value, or take the mark away"
            yield Problem(said.file, said.utterance.line, what, mend)
