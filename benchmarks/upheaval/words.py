"""What citizens say, and how they read what is said to them.

Only texts that the live model understands are used: what goes wrong then is not for their words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from benchmarks.sentence import like
from nlu.catalogue import Catalogue, Service
from nlu.fast_yaml import load_yaml

SETTINGS = Path(__file__).parent / "settings.yml"
_TEXTS = 30  # looked at of each service and key, at most
_OPENING_WORDS = 4
_BATCH = 128
_SURE = 0.8


def load_settings() -> dict[str, Any]:
    """settings.yml."""
    settings: dict[str, Any] = load_yaml(SETTINGS.read_text("utf-8"))
    return settings


@dataclass(frozen=True)
class Words:
    """Texts by key and name of a service or conversation, and the catalogue to read replies by."""

    catalogue: Catalogue
    settings: Mapping[str, Any]
    texts: Mapping[tuple[str, str], Sequence[str]]
    openings: Mapping[tuple[str, str], Sequence[str]]
    """Those of them that show their language to somebody who has never read their writer."""

    def titles(self, phrase: str) -> frozenset[str]:
        """A button's titles in all languages."""
        return frozenset(self.catalogue.phrases[phrase].values())

    def phrase(self, name: str, said: str) -> bool:
        """Whether a phrase is in what was said, in any language."""
        return self._holds(self.catalogue.phrases[name], said)

    def outcome(self, service: Service, name: str, said: str) -> bool:
        """Whether a service's reply is in what was said, in any language."""
        return self._holds(service.replies.get(name, {}), said)

    def asked(self, service: Service, said: str) -> str:
        """The slot that is asked for in what was said, by the longest question; empty for none."""
        found = (0, "")
        for slot in service.slots:
            for words in (slot.ask or slot.type.ask, slot.type.ask, slot.type.retry):
                for question in (words or {}).values():
                    if question in said:
                        found = max(found, (len(question), slot.name))
        return found[1]

    def apology(self, said: str) -> str:
        """The first of the settings' apologies that is in what was said; empty for none."""
        names = self.settings["apologies"]
        return next((name for name in names if self.phrase(name, said)), "")

    def refused_as_double(self, said: str) -> bool:
        """Whether a department says that it has a request already."""
        services = (self.catalogue.services[name] for name in self.settings["forms"])
        return any(self.outcome(service, "already_open", said) for service in services)

    @staticmethod
    def _holds(words: Mapping[str, str], said: str) -> bool:
        return any(like(one).search(said) for one in words.values())


def candidates(
    catalogue: Catalogue, settings: Mapping[str, Any]
) -> dict[tuple[str, str], list[str]]:
    """Texts that may be said, by key and name."""
    found: dict[tuple[str, str], list[str]] = {}
    for key in settings["keys"]:
        for name in (*settings["forms"], *settings["reads"]):
            said = catalogue.services[name].utterances[key]
            plain = [one.text for one in said if not one.marks]
            found[key, name] = sorted(plain, key=len)[:_TEXTS]
        for name in settings["chats"]:
            said = catalogue.conversation[name].utterances[key]
            found[key, name] = [one.text for one in said][:_TEXTS]
    return found


async def understood(
    catalogue: Catalogue, settings: Mapping[str, Any], serve: str, api_key: str
) -> Words:
    """The texts that the live model understands rightly, and that answer no question before it is
    asked: what a citizen wants is written down beside them. Raises RuntimeError where none is left.
    """
    said = candidates(catalogue, settings)
    names = [(key, name, text) for (key, name), texts in said.items() for text in texts]
    flat = [text for _, _, text in names]
    priors = catalogue.languages.reply
    answers = {prior: await _parsed(flat, prior, serve, api_key) for prior in priors}
    texts: dict[tuple[str, str], list[str]] = {name: [] for name in said}
    openings: dict[tuple[str, str], list[str]] = {name: [] for name in said}
    for number, (key, name, text) in enumerate(names):
        by_prior = {prior: answers[prior][number] for prior in priors}
        own = by_prior[key.partition("-")[0]]
        if not _meant(name, own) or (name in catalogue.services and own["entities"]):
            continue
        if not all(_of_key(key, answer) for answer in by_prior.values()):
            continue
        texts[key, name].append(text)
        if len(text.split()) >= _OPENING_WORDS:
            openings[key, name].append(text)
    empty = [f"{name} ({key})" for (key, name), found in texts.items() if not found]
    if empty:
        raise RuntimeError(f"the live model understands no text of {', '.join(empty)}")
    return Words(catalogue, settings, texts, openings)


def _meant(name: str, answer: Mapping[str, Any]) -> bool:
    decision, intent = answer["decision"], answer["intent"]
    if decision["kind"] == "route":
        return bool([one["service"] for one in decision["options"]] == [name])
    return bool(name == "out_of_scope" == decision["kind"] or name == intent["name"])


def _of_key(key: str, answer: Mapping[str, Any]) -> bool:
    language = answer["language"]
    return bool(language["key"] == key and language["confidence"] >= _SURE)


async def _parsed(
    texts: Sequence[str], language: str, serve: str, api_key: str
) -> list[dict[str, Any]]:
    headers = {"Authorization": f"Bearer {api_key}"}
    found: list[dict[str, Any]] = []
    async with httpx.AsyncClient(
        base_url=serve, headers=headers, timeout=120, trust_env=False
    ) as client:
        for start in range(0, len(texts), _BATCH):
            some = list(texts[start : start + _BATCH])
            answer = await client.post("/parse/batch", json={"texts": some, "language": language})
            answer.raise_for_status()
            found += answer.json()["results"]
    return found
