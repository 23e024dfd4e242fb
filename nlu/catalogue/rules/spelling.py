"""One spelling and one voice: what Seva does not write, and what it writes instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

import regex
import yaml

from nlu.catalogue.department import Words
from nlu.catalogue.errors import Problem
from nlu.catalogue.model import Catalogue
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import Node, Source
from nlu.paths import PACKAGE

_REST = "*"
_LETTER = r"[\p{L}\p{M}]"
"""A vowel sign and a nukta are marks in Unicode, not letters. They are part of the word too."""
_NUKTA = "\u093c"

Said = tuple[Path, tuple[str, ...], Words]
"""Words that Seva says, and where: file and path of keys."""


def spelling_problems(check: Run) -> Iterator[Problem]:
    """Everything that Seva says, held to `spellings` of `data/check.yml`."""
    books = {
        language: _Book(check.limits.spellings.get(language, {}))
        for language in check.catalogue.languages.reply
    }
    for file, path, words in _everything_said(check.catalogue):
        for language, text in words.items():
            if language not in books:
                continue
            where = (*path, language)
            for found, instead in books[language].slips(text).items():
                what = f"`{found}` in {'.'.join(where)} is not how Seva writes it"
                yield check.at(file, *where, what=what, mend=f"write `{instead}`")
    yield from _beside_the_catalogue(check, books)


def _beside_the_catalogue(check: Run, books: Mapping[str, _Book]) -> Iterator[Problem]:
    """The words of files that are read by the code that says them."""
    spelled, code = check.limits.spelled, PACKAGE.parent
    named = [(check.catalogue.root, pattern) for pattern in spelled.data]
    named += [(code, pattern) for pattern in spelled.code]
    for root, pattern in named if books else ():
        for file in sorted(root.glob(pattern)):
            top = Source().read(file) if file not in check.broken else None
            for node in _texts(top, check.catalogue.languages.reply) if top else ():
                for found, instead in books[node.path[-1]].slips(node.node.value).items():
                    what = f"`{found}` in {node.name} is not how Seva writes it"
                    yield Problem(file, node.line, what, f"write `{instead}`")


def _texts(node: Node, languages: Collection[str]) -> Iterator[Node]:
    """The texts of every mapping of reply languages to words below a node."""
    if isinstance(node.node, yaml.MappingNode):
        children = node.children()
        said = [one for one in children.values() if isinstance(one.node, yaml.ScalarNode)]
        if children.keys() <= set(languages) and len(said) == len(children):
            yield from said
        else:
            for child in children.values():
                yield from _texts(child, languages)
    elif isinstance(node.node, yaml.SequenceNode):
        for child in node.items():
            yield from _texts(child, languages)


class _Book:
    """The spellings of one language as one expression; of two that fit, the longer one counts."""

    def __init__(self, spellings: Mapping[str, str]) -> None:
        self._instead = spellings
        order = sorted(spellings, key=len, reverse=True)
        self._names = {f"s{place}": wrong for place, wrong in enumerate(order)}
        each = (f"(?P<{name}>{_whole(wrong)})" for name, wrong in self._names.items())
        self._wrong = regex.compile("|".join(each), regex.IGNORECASE)

    def slips(self, text: str) -> Mapping[str, str]:
        """What stands in the text and should not -> what to write instead."""
        found = self._wrong.finditer(text)
        return {match[0]: self._instead[self._names[match.lastgroup or ""]] for match in found}


def _whole(wrong: str) -> str:
    """Words side by side, however many spaces are between them; `*` is the rest of a word."""
    words = r"\s+".join(map(regex.escape, wrong.strip(_REST).split()))
    before = f"{_LETTER}*" if wrong.startswith(_REST) else ""
    after = f"{_LETTER}*" if wrong.endswith(_REST) else ""
    return f"(?<!{_LETTER}){before}{words}(?!{_NUKTA}){after}(?!{_LETTER})"


def _everything_said(catalogue: Catalogue) -> Iterator[Said]:
    yield from _services(catalogue)
    for department in catalogue.departments.values():
        yield department.file, ("title",), department.title
        yield department.file, ("menu",), department.menu
        if department.office:
            yield department.file, ("office",), department.office
    types = catalogue.root / "slot_types.yml"
    for slot_type in catalogue.slot_types.values():
        here = ("types", slot_type.name)
        for part in ("label", "ask", "retry"):
            yield types, (*here, part), getattr(slot_type, part)
        for place, choice in enumerate(slot_type.choices):
            yield types, (*here, "choices", str(place), "title"), choice.title
            if choice.about:
                yield types, (*here, "choices", str(place), "about"), choice.about
    for name, words in catalogue.phrases.items():
        yield catalogue.root / "phrases.yml", ("phrases", name), words


def _services(catalogue: Catalogue) -> Iterator[Said]:
    for service in catalogue.services.values():
        file = service.file
        for part in ("title", "menu", "about"):
            yield file, (part,), getattr(service, part)
        for place, slot in enumerate(service.slots):
            for part in ("ask", "label"):
                path = ("slots", str(place), part)
                if (file, path) in catalogue.positions:  # otherwise they are the type's own
                    yield file, path, getattr(slot, part)
        if service.confirm_text:
            yield file, ("confirm_text",), service.confirm_text
        for outcome, words in service.replies.items():
            yield file, ("replies", outcome), words
        for name, words in (service.facts.said if service.facts else {}).items():
            yield file, ("facts", name), words
