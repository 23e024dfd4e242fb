"""Whether a reviewed sentence fits into the catalogue, and which file gets it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from api.review.decision import Part, Targets, WrongDecision, one
from api.review.masks import is_masked
from nlu.catalogue import Catalogue
from nlu.catalogue.model import ConversationIntent, Service
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE, Said, bare

TRAINED = "utterances"
WRONG, NO_KEY, MASKED, EMPTY = "wrong", "no_key", "masked", "empty"
LEARNED, OF_ANOTHER, MEASURED, TWICE = "learned", "of_another", "measured", "twice"
KINDS = (WRONG, NO_KEY, MASKED, EMPTY, LEARNED, OF_ANOTHER, MEASURED, TWICE)


@dataclass(frozen=True)
class Obstacle:
    """Why a sentence cannot be added: one of `KINDS`, and the words for a command. `said` is the
    sentence of the catalogue that stands in its way."""

    kind: str
    what: str
    said: Said | None = None


class Fit:
    """Holds sentences against a catalogue. `said` gives the sentences of it that have the letters
    of a text; those that have the letters of each other may not be added together."""

    def __init__(self, catalogue: Catalogue, said: Callable[[str], Sequence[Said]]) -> None:
        self._said, self._targets = said, Targets.of(catalogue)
        self.intents: dict[str, Service | ConversationIntent] = {
            **catalogue.conversation,
            **catalogue.services,
        }
        self._seen: dict[str, str] = {}

    def obstacle(self, text: str, key: str, service: str, name: str) -> Obstacle | None:
        """What stands in the way of a text with marks, which is called `name` among the others."""
        try:
            self._targets.check(one(text, service))
        except WrongDecision as error:
            return Obstacle(WRONG, str(error))
        if key not in self.intents[service].utterances:
            return Obstacle(NO_KEY, f"{service} has no sentences for the key `{key}`")
        plain = Part(text, service).plain
        if is_masked(plain):
            what = "a number in it is masked: write an example in its place, or leave the line out"
            return Obstacle(MASKED, what)
        letters = bare(plain)
        if not letters:
            return Obstacle(EMPTY, "it has no letter or digit")
        if found := next(iter(self._said(letters)), None):
            return _stands(found, service)
        first = self._seen.setdefault(letters, name)
        if first != name:
            return Obstacle(TWICE, f"it stands on line {first}, too: keep one")
        return None

    def place(self, text: str, key: str, service: str) -> Service | ConversationIntent | Said:
        """The intent that gets a sentence; of what is out of scope, which lies in many files, the
        likest sentence, whose file gets it."""
        intent = self.intents[service]
        if service != OUT_OF_SCOPE:
            return intent
        trained = intent.utterances[key]
        found = process.extractOne(
            Part(text, service).plain,
            {at: said.text for at, said in enumerate(trained)},
            scorer=fuzz.token_set_ratio,
        )
        like = trained[found[2]] if found else None
        if like is None or like.file is None:
            return intent
        return Said(service, TRAINED, key, like.file, like)


def _stands(said: Said, service: str) -> Obstacle:
    at = f"{said.file}:{said.utterance.line}"
    if said.part == TRAINED:
        kind = LEARNED if said.intent == service else OF_ANOTHER
        return Obstacle(
            kind, f"{said.intent} has learned it already ({at}): leave the line out", said
        )
    what = f"it is kept to measure {said.intent} ({at}), so it must not be learned"
    return Obstacle(MEASURED, what, said)
