"""What people change in a file of the catalogue, one value for each kind of edit.

An edit names what it changes by what stood there, too, so that it does nothing to a file that
somebody else has changed since.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Union

from nlu.catalogue.model import FACTS, LISTS
from nlu.changes.document import CannotEdit, Document
from nlu.changes.document import Path as Keys
from nlu.changes.scalar import TextRefused, clean

WORDS = ("title", "menu", "about", "confirm_text")
"""What a service says of itself, a text for each reply language."""
TALK = "talk"
"""The key above the intents of a file of `talk/`."""
_BELOW = ("replies", "facts")
_ASKED = ("ask", "label")


class EditRefused(ValueError):
    """An edit that cannot be made. `number` is its place among the edits, None where it is about
    all of them; `field` says which of its own fields it is about; `file` is told where edits of
    several were made."""

    def __init__(
        self, what: str, field: str = "", number: int | None = None, file: str = ""
    ) -> None:
        super().__init__(what)
        self.field, self.number, self.file = field, number, file


@dataclass(frozen=True)
class AddSentence:
    """A sentence more for a key; `part` is one of LISTS. `above`: the keys above it, where a file
    has several intents: `("talk", "emoji")`."""

    part: str
    key: str
    text: str
    above: Keys = ()


@dataclass(frozen=True)
class ChangeSentence:
    """Another sentence in the place of `was`, which stands at `place` of the list (from 0)."""

    part: str
    key: str
    place: int
    was: str
    text: str
    above: Keys = ()


@dataclass(frozen=True)
class RemoveSentence:
    """The sentence `was` at `place` of the list (from 0) is taken out."""

    part: str
    key: str
    place: int
    was: str
    above: Keys = ()


@dataclass(frozen=True)
class ChangeWords:
    """Another text in one language: of a title, a reply, a fact, a question. `path` are the keys
    above the language: `("title",)`, `("replies", "ok")`, `("facts", "fee")`, `("slots", "0",
    "ask")`."""

    path: tuple[str, ...]
    language: str
    was: str
    text: str


@dataclass(frozen=True)
class AddFact:
    """A fact that the service did not tell so far, in every reply language."""

    fact: str
    words: Mapping[str, str]


@dataclass(frozen=True)
class ReadFacts:
    """Where the facts were read, and on which day (ISO 8601)."""

    source: str
    read: str


Edit = Union[AddSentence, ChangeSentence, RemoveSentence, ChangeWords, AddFact, ReadFacts]


def edited(content: bytes, edits: Sequence[Edit]) -> bytes:
    """The file after the edits, in their order. Raises EditRefused; then nothing is changed."""
    try:
        document = Document(content)
    except CannotEdit as error:
        raise EditRefused(str(error)) from None
    for number, edit in enumerate(edits):
        try:
            _APPLY[type(edit)](document, edit)
        except TextRefused as error:
            raise EditRefused(str(error), "text", number) from None
        except CannotEdit as error:
            raise EditRefused(str(error), number=number) from None
        except EditRefused as error:
            raise EditRefused(str(error), error.field, number) from None
    return document.content


def _add(document: Document, edit: AddSentence) -> None:
    document.append(_list(edit), clean(edit.text))


def _change(document: Document, edit: ChangeSentence) -> None:
    at = (*_list(edit), str(edit.place))
    _still(document, at, edit.was)
    document.exchange(at, clean(edit.text))


def _remove(document: Document, edit: RemoveSentence) -> None:
    at = (*_list(edit), str(edit.place))
    _still(document, at, edit.was)
    document.remove(at)


def _change_words(document: Document, edit: ChangeWords) -> None:
    known = (
        (len(edit.path) == 1 and edit.path[0] in WORDS)
        or (len(edit.path) == 2 and edit.path[0] in _BELOW)
        or (len(edit.path) == 3 and edit.path[0] == "slots" and edit.path[2] in _ASKED)
    )
    if not known:
        raise EditRefused(f"`{'.'.join(edit.path)}` is not changed here")
    at = (*edit.path, edit.language)
    _still(document, at, edit.was)
    document.exchange(at, clean(edit.text))


def _add_fact(document: Document, edit: AddFact) -> None:
    if edit.fact not in FACTS:
        raise EditRefused(f"`{edit.fact}` is no fact: one of {', '.join(FACTS)}", "fact")
    before = FACTS[: FACTS.index(edit.fact)]
    words = {language: clean(text) for language, text in edit.words.items()}
    document.insert_words(("facts", edit.fact), words, before)


def _read_facts(document: Document, edit: ReadFacts) -> None:
    try:
        day = datetime.date.fromisoformat(edit.read).isoformat()
    except ValueError:
        raise EditRefused("write the day as 2026-11-29", "read") from None
    if document.value("facts", "source") != clean(edit.source):
        document.exchange(("facts", "source"), clean(edit.source))
    if document.value("facts", "read") != day:
        document.exchange(("facts", "read"), day, str)


_APPLY: Mapping[type, Callable[[Document, Any], None]] = {
    AddSentence: _add,
    ChangeSentence: _change,
    RemoveSentence: _remove,
    ChangeWords: _change_words,
    AddFact: _add_fact,
    ReadFacts: _read_facts,
}


def _list(edit: AddSentence | ChangeSentence | RemoveSentence) -> Keys:
    parts = LISTS[:1] if edit.above else LISTS
    if edit.part not in parts:
        names = ", ".join(parts)
        raise EditRefused(f"`{edit.part}` is no list of sentences: one of {names}", "part")
    if edit.above and (len(edit.above) != 2 or edit.above[0] != TALK):
        raise EditRefused(f"`{'.'.join(edit.above)}` is not changed here")
    return *edit.above, edit.part, edit.key


def _still(document: Document, at: Keys, was: str) -> None:
    now = document.value(*at)
    if now != was:
        found = f"now it is: {now}" if isinstance(now, str) else "it is not there any more"
        raise EditRefused(f"`{was}` was changed meanwhile; {found}")


def place_of(edit: Edit, document: Document) -> Keys | None:
    """Where an edit stands in a file: that of its text; None where it takes something out."""
    if isinstance(edit, AddSentence):
        some = document.value(*edit.above, edit.part, edit.key) or []
        texts = [n for n, text in enumerate(some) if text == edit.text.strip()]
        return (*edit.above, edit.part, edit.key, str(texts[-1])) if texts else None
    if isinstance(edit, (ChangeSentence, RemoveSentence)):
        return (*edit.above, edit.part, edit.key, str(edit.place))
    if isinstance(edit, ChangeWords):
        return (*edit.path, edit.language)
    if isinstance(edit, AddFact):
        return ("facts", edit.fact)
    return ("facts", "source")


def wanted(edit: Edit) -> tuple[str, str | None]:
    """The text that an edit began from (empty: none), and the one that it wants (None: none)."""
    if isinstance(edit, (ChangeSentence, ChangeWords)):
        return edit.was, edit.text
    if isinstance(edit, RemoveSentence):
        return edit.was, None
    if isinstance(edit, AddSentence):
        return "", edit.text
    if isinstance(edit, AddFact):
        return "", "\n".join(edit.words.values())
    return "", f"{edit.source} ({edit.read})"
