"""What somebody sent from a form, as edits of a service's file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from nlu.catalogue.model import FACTS, Languages, Service
from nlu.changes.document import Document
from nlu.changes.edits import (
    WORDS,
    AddFact,
    AddSentence,
    ChangeSentence,
    ChangeWords,
    Edit,
    ReadFacts,
    RemoveSentence,
)

NEW = 3
"""Empty lines for new sentences."""
_ASKED = ("ask", "label")


@dataclass
class Field:
    """One field of a form: what is in it now, what it began from, and what is wrong with it."""

    name: str
    text: str
    was: str = ""
    out: bool = False
    faults: list[str] = field(default_factory=list)


@dataclass
class Filled:
    """The fields, and the edits that they make, each with the field that it comes from."""

    fields: list[Field]
    edits: list[Edit]
    origin: list[Field]


def sentences(given: Mapping[str, str], part: str, key: str, above: tuple[str, ...] = ()) -> Filled:
    """Of the form for the sentences of a key, which stand below `above` in the file. Sentences are
    taken out from the last one up, so that places stay what they were."""
    fields: list[Field] = []
    changes: list[tuple[Edit, Field]] = []
    outs: list[tuple[Edit, Field]] = []
    adds: list[tuple[Edit, Field]] = []
    for number in range(_count(given, "was.")):
        was = _sent(given, f"was.{number}")
        text = _sent(given, f"text.{number}")
        one = Field(f"text.{number}", text, was, f"out.{number}" in given)
        fields.append(one)
        if one.out:
            outs.append((RemoveSentence(part, key, number, was, above), one))
        elif _apart(text, was):
            changes.append((ChangeSentence(part, key, number, was, text, above), one))
    for number in range(_count(given, "new.")):
        one = Field(f"new.{number}", _sent(given, f"new.{number}"))
        fields.append(one)
        if one.text.strip():
            adds.append((AddSentence(part, key, one.text, above), one))
    every = [*changes, *outs[::-1], *adds]
    return Filled(fields, [edit for edit, _ in every], [one for _, one in every])


def sentence_fields(
    document: Document, part: str, key: str, above: tuple[str, ...] = ()
) -> list[Field]:
    """The same form, before anybody has written in it."""
    some = document.value(*above, part, key) or []
    fields = [Field(f"text.{n}", text, text) for n, text in enumerate(some)]
    return [*fields, *(Field(f"new.{n}", "") for n in range(NEW))]


def words(
    given: Mapping[str, str], path: tuple[str, ...], languages: Languages, *, new: bool
) -> Filled:
    """Of the form for one text in every language; `new`: a fact that was not told so far."""
    fields = [
        Field(f"text.{one}", _sent(given, f"text.{one}"), _sent(given, f"was.{one}"))
        for one in languages.reply
    ]
    edits: list[tuple[Edit, Field]] = []
    if new:
        told = dict(zip(languages.reply, (one.text for one in fields)))
        edits.append((AddFact(path[-1], told), fields[0]))
    else:
        for language, one in zip(languages.reply, fields):
            if _apart(one.text, one.was):
                edits.append((ChangeWords(path, language, one.was, one.text), one))
    if path[0] == "facts":
        source = Field("source", _sent(given, "source"), _sent(given, "was.source"))
        read = Field("read", _sent(given, "read"), _sent(given, "was.read"))
        fields += [source, read]
        if _apart(source.text, source.was) or _apart(read.text, read.was):
            edits.append((ReadFacts(source.text, read.text), source))
    return Filled(fields, [edit for edit, _ in edits], [one for _, one in edits])


def word_fields(document: Document, path: tuple[str, ...], languages: Languages) -> list[Field]:
    """The same form, before anybody has written in it."""
    fields = []
    for language in languages.reply:
        text = document.value(*path, language) or ""
        fields.append(Field(f"text.{language}", text, text))
    if path[0] == "facts":
        for name in ("source", "read"):
            text = document.value("facts", name) or ""
            fields.append(Field(name, text, text))
    return fields


def paths(service: Service, document: Document) -> Sequence[str]:
    """What of a service's words can be edited: paths with dots, in the order of the page."""
    found = [name for name in WORDS if document.value(name) is not None]
    found += [f"replies.{outcome}" for outcome in service.replies]
    for place in range(len(service.slots)):
        found += [
            f"slots.{place}.{part}"
            for part in _ASKED
            if document.value("slots", str(place), part) is not None
        ]
    return [*found, *(f"facts.{fact}" for fact in FACTS if document.value("facts", fact))]


def new_facts(document: Document) -> list[str]:
    """Facts that the service does not tell so far; none where it has no place for them."""
    if not document.value("facts"):
        return []
    return [f"facts.{fact}" for fact in FACTS if not document.value("facts", fact)]


def _count(given: Mapping[str, str], prefix: str) -> int:
    numbers = (name[len(prefix) :] for name in given if name.startswith(prefix))
    return max(
        (int(n) + 1 for n in numbers if n.isascii() and n.isdigit() and len(n) < 5), default=0
    )


def _sent(given: Mapping[str, str], name: str) -> str:
    """As it was before a browser made line ends of its own of it."""
    return given.get(name, "").replace("\r\n", "\n")


def _apart(text: str, was: str) -> bool:
    return text.strip(" \t\n") != was.strip(" \t\n")
