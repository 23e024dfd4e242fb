"""Sentences as they come out of an editor: quotes of a word processor, notes, somebody's number;
and too many that say what is not wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator

import regex

from nlu.catalogue.errors import Problem
from nlu.catalogue.model import ConversationIntent, Service
from nlu.catalogue.rules.run import Run
from nlu.catalogue.rules.utterances import Said, said_of
from nlu.text import normalise
from nlu.text.checksums import verhoeff

_QUOTES = "“”„‟«»"
_TO_DO = re.compile(r"(?i)\s*todo(?![a-z])")
_NUMBER = re.compile(r"(?<!\d)(?:\d[ -]?){9,11}\d(?!\d)")
_MOBILE, _AADHAAR = re.compile(r"[6-9]\d{9}"), re.compile(r"[2-9]\d{11}")
_PRIVATE = {"aadhaar_number", "mobile_number"}
_SHOWN = 5  # sentences that a problem names


def sentence_problems(check: Run) -> Iterator[Problem]:
    """Every sentence of services and conversation intents."""
    intents: dict[str, Service | ConversationIntent] = {
        **check.catalogue.conversation,
        **check.catalogue.services,
    }
    for name, intent in intents.items():
        types = {}
        if isinstance(intent, Service):
            types = {slot.name: slot.type.name for slot in intent.slots}
        for said in said_of(name, intent):
            yield from _typed(said)
            yield from _numbers(check, said, types)


def _typed(said: Said) -> Iterator[Problem]:
    text, line = said.utterance.text, said.utterance.line
    found = next((sign for sign in text if sign in _QUOTES), None)
    if found:
        what = f"`{text}` has a word processor's quote `{found}`"
        yield Problem(said.file, line, what, "write straight quotes around it, none within")
    if _TO_DO.match(text):
        yield Problem(said.file, line, f"`{text}` is a note, not a sentence", "write the sentence")


def _numbers(check: Run, said: Said, types: dict[str, str]) -> Iterator[Problem]:
    """What may be the Aadhaar or mobile number of a person, and is not marked as another one."""
    utterance = said.utterance
    other = [mark for mark in utterance.marks if types.get(mark.slot) not in _PRIVATE]
    clean = normalise(utterance.text)
    for match in _NUMBER.finditer(clean.text):
        digits = re.sub("[ -]", "", match[0])
        private = _MOBILE.fullmatch(digits) or (_AADHAAR.fullmatch(digits) and verhoeff(digits))
        if not private or digits in check.limits.made_up:
            continue
        start, end = clean.raw_span(match.start(), match.end())
        if not any(mark.start < end and start < mark.end for mark in other):
            what = f"`{match[0].strip()}` may be the number of a person"
            mend = "write one of `made_up` in check.yml, or mark it as what it is"
            yield Problem(said.file, utterance.line, what, mend)


def contrast_problems(check: Run) -> Iterator[Problem]:
    """Too many sentences of services that say what is not wanted: citizens rarely do, and the words
    of another service mislead."""
    limit = check.limits.contrast
    for key, pattern in limit.patterns.items():
        services = check.catalogue.services.values()
        rows = [(s.file, one) for s in services for one in s.utterances.get(key, ())]
        found = [row for row in rows if regex.search(pattern, row[1].text.lower())]
        share = 100 * len(found) / max(len(rows), limit.fewest)
        if share > limit.most:
            file, first = found[0]
            some = ", ".join(f"{file}:{one.line}" for file, one in found[:_SHOWN])
            what = f"{share:.1f} % of what is trained in {key} says what is not wanted: {some} ..."
            yield Problem(file, first.line, what, f"say what is wanted, until it is {limit.most} %")
