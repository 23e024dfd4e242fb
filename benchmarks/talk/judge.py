"""Whether a reply is fit for a citizen, and whether what was told agrees with the books."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import regex

from benchmarks.sentence import like
from benchmarks.talk.citizen import NO_ANSWERS, RETRY, YES, Said, nonce_of, value_of
from nlu.catalogue import Catalogue, Service
from nlu.turn import Button, Reply

if TYPE_CHECKING:
    from benchmarks.talk.place import Write  # brings Rasa

_PLACEHOLDER = regex.compile(r"\{\w*\}|\bNone\b(?! of)|Traceback|\bnull\b|\.py\b|<[a-z]+>")
_LINK = regex.compile(r"\S+\.(?:in|org|com)\b\S*|https?://\S+|\*[^*]*\*")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}]+")
_SCRIPTS = {"te": regex.compile(r"\p{Telu}"), "hi": regex.compile(r"\p{Deva}")}
_LATIN = regex.compile(r"\p{Latn}")
_UNKNOWN = ("unavailable_saved", "unavailable_unsure", "unavailable_overdue")
_NOTHING_SENT = ("cancelled", "denied")
_NUMBER = regex.compile(r"\{\w*(?:number|_id)\}")
_ON_CARD = regex.compile(r"^• [^*]*\*(.*)\*$")
_QUOTED = regex.compile(r"“([^”]*)”")
_ROWS = 10
GO_ON = "go_on"
AGREEING = (YES, RETRY, GO_ON)
REFUSING = ("no", "cancel", "help", "photo", "pin", "back", "again", "correct", *NO_ANSWERS)
"""Why a citizen may write, and does not mean yes by it."""
_ALL_LANGUAGES = ("welcome",)  # phrases that greet in every language


class Judge:
    """Knows the sentences of a catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._free = {
            line
            for name in _ALL_LANGUAGES
            for text in catalogue.phrases[name].values()
            for line in text.splitlines()
        }
        self.orders: set[str] = set()
        """References that were in the books once; these are reset between talks, Seva's are not."""
        self._writing = [
            service
            for service in catalogue.services.values()
            if (operation := catalogue.operation_of(service)) and operation.kind == "write"
        ]

    def faults_of(
        self, replies: Sequence[Reply], language: str, own_words: Sequence[str]
    ) -> list[str]:
        """What is wrong with an answer whose citizen reads `language`; their own words may be
        read back in any."""
        said = _text(replies)
        found = []
        if not replies or any(not reply.text.strip() for reply in replies):
            found.append("no words in the answer")
        hole = _PLACEHOLDER.search(said)
        if hole:
            found.append(f"{hole[0]!r} in the answer")
        if any(len(reply.buttons) > _ROWS for reply in replies):
            found.append("more options than a list holds")
        found += [f"not {language}: {line!r}" for line in self._foreign(said, language, own_words)]
        return found

    def misread(
        self, messages: Sequence[Said], before: Sequence[Reply], replies: Sequence[Reply]
    ) -> list[str]:
        """What a card shows as an answer and was none. Who says the same again means it, and who
        was asked whether to register the very words, in quotation marks, and did so."""
        said = Counter(message.text for message in messages)
        offered = set(_QUOTED.findall(_text(before)))
        none = {m.text for m in messages if m.act in NO_ANSWERS and said[m.text] == 1} - offered
        shown = {value for line in _text(replies).splitlines() for value in _ON_CARD.findall(line)}
        return [f"filed as an answer: {text!r}" for text in sorted(none & shown)]

    def _foreign(self, said: str, language: str, own_words: Sequence[str]) -> Iterable[str]:
        """Lines in another language; values in bold and links are the citizen's or nobody's."""
        own = _SCRIPTS.get(language, _LATIN)
        written = [_letters(text) for text in own_words]
        for line in said.splitlines():
            words = _WORD.findall(_LINK.sub(" ", line))
            foreign = len(words) > 2 and not own.search(line) and line not in self._free
            if foreign and not any(_letters(line) in text for text in written):
                yield line

    def like(self, words: str, said: str) -> bool:
        """Whether a reply holds a sentence, with anything in its fields."""
        return like(words).search(said) is not None

    def phrase(self, name: str, said: str) -> bool:
        """Whether a reply holds a phrase, in any language."""
        return any(self.like(words, said) for words in self._catalogue.phrases[name].values())

    def done(self, said: str) -> Service | None:
        """The service whose success a reply tells of."""
        for service in self._writing:
            if any(self.like(words, said) for words in service.replies["ok"].values()):
                return service
        return None

    def tells(self, said: str, write: Write) -> bool:
        """Whether a reply tells of a write: by its reference, which may be `place/key` in the
        books, or where none is ever told by its words."""
        if write.reference.rpartition("/")[2] in said:
            return True
        done = self.done(said)
        return (
            done is not None
            and done.operation == write.operation
            and not any(_NUMBER.search(words) for words in done.replies["ok"].values())
        )

    def knows(self, books: Sequence[Write]) -> None:
        """What is in the books now."""
        self.orders |= {write.reference for write in books}

    def nothing_sent(self, said: str) -> bool:
        """Whether a reply says that nothing was sent."""
        return any(self.phrase(name, said) for name in _NOTHING_SENT)

    def unknown(self, said: str) -> bool:
        """Whether a reply says that the department did not answer."""
        return any(self.phrase(name, said) for name in _UNKNOWN)


@dataclass
class Account:
    """What one citizen was told about their requests, beside the books of their departments."""

    judge: Judge
    broken: list[str] = field(default_factory=list)
    _requests: set[str] = field(default_factory=set)
    _agreed: set[str] = field(default_factory=set)
    _told: dict[str, str] = field(default_factory=dict)  # request: the last thing said of it
    _said: list[str] = field(default_factory=list)
    _shown: tuple[Button, ...] = ()  # under the last answer

    def opens(self, request: str) -> None:
        """A request of this citizen, or empty."""
        self._requests |= {request} - {""}

    def own(self, writes: Sequence[Write]) -> list[Write]:
        """The writes of this citizen."""
        return [write for write in writes if _request(write) in self._requests]

    def asks(self, message: Said, request: str) -> str:
        """The request that a message is about, where `request` is open; it may be agreed to by
        the message."""
        about = request
        if message.tapped:
            tapped = next((b for b in self._shown if b.payload == message.text), None)
            about = (nonce_of(tapped) if tapped else "") or request
        elif any(value_of(button) == GO_ON for button in self._shown):
            about = next(nonce_of(b) for b in self._shown if value_of(b) == GO_ON)
        consent = value_of(Button("", message.text)) if message.tapped else ""
        if consent in AGREEING or (not message.tapped and message.act not in REFUSING):
            self._agreed.add(about)
        return about

    def claims(self, replies: Sequence[Reply]) -> bool:
        """Whether an answer tells of a success, so that the books must have it."""
        return self.judge.done(_text(replies)) is not None

    def answered(self, about: str, replies: Sequence[Reply], writes: Sequence[Write]) -> None:
        """After a turn about a request: what it says is held against the books."""
        said = _text(replies)
        self._said.append(said)
        self._shown = tuple(button for reply in replies for button in reply.buttons)
        done = self.judge.done(said)
        self.judge.knows(writes)
        told = any(self.judge.tells(said, write) for write in self.own(writes))
        if done is not None and done.kind == "pay":  # an order that is open is used again
            told = told or any(order in said for order in self.judge.orders)
        if done is not None and not told:
            self.broken.append(f"told that {done.name} was done, but it is not in the books")
        if self.judge.unknown(said):
            self._told[about] = "unknown"
            for button in self._shown:
                if value_of(button) == RETRY:
                    self._told[nonce_of(button)] = "unknown"
        elif self.judge.nothing_sent(said):
            self._told[about] = "nothing sent"

    def reads(self, notices: Sequence[tuple[str, str]]) -> None:
        """News that answered no message: language and text of each."""
        for language, text in notices:
            wrong = self.judge.faults_of([Reply(text)], language, ())
            self.broken += [f"notice: {one}" for one in wrong]
            self._said.append(text)

    def untold(self, writes: Sequence[Write]) -> bool:
        """Whether a write of the citizen has not been told yet."""
        return any(
            not any(self.judge.tells(said, write) for said in self._said)
            for write in self.own(writes)
        )

    def failed(self, about: str) -> None:
        """The turn gave no answer in time, so that the worker apologises."""
        self._told[about] = "unknown"

    def closed(self, writes: Sequence[Write]) -> list[str]:
        """The end: each of the citizen's writes once, agreed to, and told."""
        keys = [write.key for write in writes]
        broken = [f"written twice: {key}" for key in sorted({k for k in keys if keys.count(k) > 1})]
        for write in writes:
            request = _request(write)
            what = f"{write.operation} {write.reference}"
            if request not in self._agreed:
                broken.append(f"never agreed to: {what}")
            told = any(self.judge.tells(said, write) for said in self._said)
            last = self._told.get(request)
            if last == "nothing sent":
                broken.append(f"in the books, but told that nothing was sent: {what}")
            elif not told and last is None:
                broken.append(f"in the books, but never told: {what}")
        return [*self.broken, *broken]


def _text(replies: Sequence[Reply]) -> str:
    return "\n".join(reply.text for reply in replies)


def _letters(text: str) -> str:
    return "".join(regex.findall(r"[\p{L}\p{M}]", text))


def _request(write: Write) -> str:
    return write.key.partition("-")[0]
