"""Services by the words of their titles: what a message of a word or two may mean.

"Tax" alone names no service. The understanding ranks them by their sentences, in which what is rare
looks likely; the citizen more likely wants what most people want. So all services are found whose
title has the word, in any language, and the topics say which of them are used most. A word that
no title has may name a topic.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from pathlib import Path

from actions.dialogue import cues, stories
from actions.dialogue.form import Form
from actions.dialogue.settings import DialogueSettings
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.slots.words import Phrases, words
from nlu.text.lexicon import lexicon_cache, load_lexicon

_PARTS = re.compile("[,;:]")
_SHARE = 1 / 3  # how much a topic's share counts beside the place in it
Term = frozenset[str]
"""A word, by each spelling and sound that it may be known by, or the name of a thing."""


def named(form: Form, text: str) -> tuple[str, ...]:
    """Services with all words of a short message in their titles, the most used first."""
    most = form.settings.offer_words
    said = cues.clean(text)
    if len(words(said)) > 2 * most:  # too long, whatever of it is a wish
        return ()
    terms = list(_terms(_without_wish(said, form.settings)))
    if not 0 < len(terms) <= most:
        return ()
    index = _index(form.catalogue.root)
    having = [set().union(*(index.get(key, ()) for key in term)) for term in terms]
    found = set.intersection(*having) & form.catalogue.services.keys()
    return _most_used(form.catalogue, found)[: form.settings.list_page]


def topic(form: Form, text: str, *, whole: bool = False) -> str | None:
    """The topic that a message names: by its `whole` title, else by one of the things in its title
    or in the line below."""
    said = list(_terms(_without_wish(cues.clean(text), form.settings)))
    if not said:
        return None
    for name, one in form.catalogue.topics.items():
        titles = tuple(one.title.values())
        told = titles if whole else (*titles, *one.about.values())
        for part in told if whole else (part for line in told for part in _PARTS.split(line)):
            terms = list(_terms(cues.clean(part)))
            if len(terms) == len(said) and all(a & b for a, b in zip(said, terms)):
                return name
    return None


def _without_wish(text: str, settings: DialogueSettings) -> str:
    """The words that name something, without those that are polite, mean nothing, or only say that
    it is wanted ("kavali", "karni hai")."""
    empty = (*settings.polite, *settings.corrections.filler)
    said = [word.text for word in words(text)]
    left: list[str] = []
    while said:
        word, following = said[0], said[1:2]
        pair = bool(following) and not _wished(following, settings) and _wished(said[:2], settings)
        if not pair and word not in empty and not _wished(said[:1], settings):
            left.append(word)
        said = said[2 if pair else 1 :]
    return " ".join(left)


def _wished(said: Sequence[str], settings: DialogueSettings) -> bool:
    return stories.wants(" ".join(said), settings.story)


def _most_used(catalogue: Catalogue, names: set[str]) -> tuple[str, ...]:
    """By their places in their topics. A place counts for more where more of the topic was found:
    "death" means the papers sooner than the one scheme that has the word."""
    topics = tuple(catalogue.topics.values())
    places = {
        name: (place + 1, number)
        for number, topic in enumerate(topics)
        for place, name in enumerate(topic.services)
    }
    nowhere = (len(catalogue.services), len(topics))
    share = Counter(places.get(name, nowhere)[1] for name in names)

    def order(name: str) -> tuple[float, int, str]:
        place, topic = places.get(name, nowhere)
        return place / share[topic] ** _SHARE, topic, name

    return tuple(sorted(names, key=order))


def _terms(text: str) -> Iterator[Term]:
    """What a text names, left to right."""
    tokens = words(text)
    at = 0
    while at < len(tokens):
        thing = _things().at(tokens, at)
        used = thing[0] if thing else 1
        yield frozenset((thing[1],) if thing else words(tokens[at].text).spelled)
        at += used


@lexicon_cache(maxsize=1)
def _things() -> Phrases[str]:
    """Words for one thing; what they mean is the number of their list."""
    same: Sequence[Sequence[str]] = load_lexicon("same_words")["same"]
    return Phrases((str(form), f"={number}") for number, some in enumerate(same) for form in some)


@lru_cache(maxsize=2)
def _index(root: Path) -> dict[str, set[str]]:
    """Services by each term of their titles, in all languages."""
    found: dict[str, set[str]] = {}
    for service in shared_catalogue(root).services.values():
        for title in (*service.title.values(), *service.menu.values()):
            for term in _terms(cues.clean(title)):
                for key in term:
                    found.setdefault(key, set()).add(service.name)
    return found
