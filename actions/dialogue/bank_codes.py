"""A bank's one-time password, PIN or CVV: never taken, never kept, and warned about.

Words and digits are `bank_codes` in `data/dialogue.yml`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import regex

from actions.dialogue.cues import Spotted, clean, phrases_of, spot
from actions.dialogue.settings import BankCodes
from actions.dialogue.state import CODE, Heard, State
from nlu.slots.context import is_quantity
from nlu.slots.words import words, words_between
from nlu.text import NumberSpan, find_numbers, normalise

_BETWEEN = regex.compile(r"[\s./-]+")  # the groups of one number, or of a date
_LETTER = regex.compile(r"[\p{L}\p{M}]")


def hidden(state: State, heard: Heard, known: BankCodes) -> Heard | None:
    """The message without the digits of a bank's code; None where it has none. While a department's
    code is out, digits are that one."""
    departments = state.code is not None or state.asked == CODE
    if heard.tapped or departments:
        return None
    secret = frozenset(number.digits for number in _codes(heard.text, known))
    return _without(heard, secret, known.instead) if secret else None


def _without(heard: Heard, secret: frozenset[str], instead: str) -> Heard:
    """Nothing of what was understood may hold the digits: the word may stand in one sentence and
    they in the next."""
    message = heard.message
    readings = tuple(
        replace(one, text=_masked(one.text, secret, instead)) for one in message.readings
    )
    return replace(
        heard,
        text=_masked(heard.text, secret, instead),
        message=replace(message, text=_masked(message.text, secret, instead), readings=readings),
        found={
            service: {name: value for name, value in values.items() if not _has(value, secret)}
            for service, values in heard.found.items()
        },
        entities=tuple(one for one in heard.entities if not _has(str(one.get("value")), secret)),
        parts=tuple(_without(part, secret, instead) for part in heard.parts),
    )


def _masked(text: str, secret: frozenset[str], instead: str) -> str:
    plain = normalise(text)
    for number in reversed(_whole(clean(text))):
        if number.digits in secret:
            start, end = plain.raw_span(number.start, number.end)
            text = text[:start] + instead + text[end:]
    return text


def _has(value: str, secret: frozenset[str]) -> bool:
    """Whether a value is one of the numbers, or words that hold one."""
    return value in secret or any(number.digits in secret for number in _whole(clean(value)))


def _codes(text: str, known: BankCodes) -> Iterator[NumberSpan]:
    """Numbers near a word for a secret of a bank that have as many digits, left to right."""
    said = clean(text)
    cues = spot(said, phrases_of((kind, one.words) for kind, one in known.kinds.items()))
    for number in _whole(said) if cues else ():
        counts = is_quantity(words(said), number.end, number.digits)  # 4500 rupees
        if not counts and any(_belongs(said, cue, number, known) for cue in cues):
            yield number


def _whole(said: str) -> list[NumberSpan]:
    """The numbers, groups of digits together: 445 566 is one. Those in "INC445566" are none."""
    found: list[NumberSpan] = []
    for number in find_numbers(said):
        if found and not _BETWEEN.sub("", said[found[-1].end : number.start]):
            digits = found[-1].digits + number.digits
            found[-1] = NumberSpan(found[-1].start, number.end, digits)
        elif not _LETTER.fullmatch(said, number.start - 1, number.start):
            found.append(number)
    return found


def _belongs(said: str, cue: Spotted, number: NumberSpan, known: BankCodes) -> bool:
    if len(number.digits) not in known.kinds[cue.meaning].digits:
        return False
    after = number.start >= cue.end
    between = (cue.end, number.start) if after else (number.end, cue.start)
    return len(words_between(said, *between)) <= known.near
