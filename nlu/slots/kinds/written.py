"""Numbers with signs (`written`: survey 123/4A, door 4-5-12) and e-mail addresses (`email`)."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.context import Announced, is_quantity, is_small_word, needs_cue
from nlu.slots.kind import Hit, Kind, Parsed, Rejected, Said, register
from nlu.slots.kinds.numbers import no_part
from nlu.slots.words import words
from nlu.text.endings import is_ending
from nlu.text.lexicon import lexicon_cache, load_lexicon

_LOCAL = 31  # signs before the @, where 64 characters are allowed (RFC 5321)
_SPACES = regex.compile(r"\s+")
_GLUED = regex.compile(r"[\p{L}\p{M}]+")


def read_written(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The longest piece of the answer that fits, signs kept, spaces taken out."""
    found = list(_pieces(slot_type, said.codes.text))
    if not found:
        return Rejected("format")
    return Parsed(max(found, key=lambda hit: len(hit.value)).value)


def find_written(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """Numbers with signs in a free message, beside a cue where the type needs one."""
    view = said.codes
    cues = Announced(slot_type.name, view)
    if needs_cue(slot_type) and not cues.any:
        return
    for hit in _pieces(slot_type, view.text):
        if is_small_word(view, hit.start, hit.end):
            continue
        if is_quantity(words(view.text), hit.end, hit.value):
            continue
        cue = cues.at(hit.start, hit.end)
        if cue or not needs_cue(slot_type):
            yield Hit(hit.start, hit.end, hit.value, 1.0 if cue else 0.8)


def _pieces(slot_type: SlotType, text: str) -> Iterator[Hit]:
    fits = regex.compile(slot_type.pattern or r".+")
    for match in _piece().finditer(text):
        glued = _GLUED.match(text, match.end())
        if glued and not is_ending(glued.group()):
            continue
        for start in _starts(match):
            value = _with_signs(text[start : match.end()].lower(), "signs").upper()
            if fits.fullmatch(value):
                yield Hit(start, match.end(), value)
                break


def _starts(match: regex.Match[str]) -> Iterator[int]:
    """Where the number may begin: with the letters before its first sign (A-12), or behind it."""
    letters = match["letters"]
    if letters is None or letters.lower() not in no_part():
        yield match.start()
    if letters is not None:
        yield match.end("letters") + 1


def read_email(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """The first e-mail address of the answer, in small letters."""
    hit = next(_addresses(said.text), None)
    return Parsed(hit.value) if hit else Rejected("format")


def find_emails(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    """E-mail addresses in a free message."""
    return _addresses(said.text)


def _addresses(text: str) -> Iterator[Hit]:
    """E-mail addresses, also with "at" and "dot" in words."""
    for match in _address().finditer(text):
        value = _with_signs(match.group().lower(), "email")
        for word, forms in load_lexicon("written")["email"]["words"].items():
            for form in forms:
                value = value.replace(form.replace(" ", ""), word)
        if value.isascii():
            yield Hit(match.start(), match.end(), value)


def _with_signs(text: str, table: str) -> str:
    """Words for signs replaced by the signs, spaces taken out."""
    return _SPACES.sub("", _sign_words(table).sub(lambda match: _sign(table, match), text))


def _sign(table: str, match: regex.Match[str]) -> str:
    said = _SPACES.sub(" ", match.group().strip())
    return next(sign for sign, forms in _signs(table) if said in forms)


def _signs(table: str) -> list[tuple[str, list[str]]]:
    rows = load_lexicon("written")[table].items()
    return [(str(sign), [str(form) for form in forms]) for sign, forms in rows if sign != "words"]


def _spoken(table: str, *signs: str) -> str:
    """Alternatives of the words for these signs (all signs when none is named)."""
    forms = [f for sign, said in _signs(table) for f in said if not signs or sign in signs]
    return "|".join(
        regex.escape(form).replace(r"\ ", r"\s+") for form in sorted(forms, key=len, reverse=True)
    )


@lexicon_cache(maxsize=4)
def _sign_words(table: str) -> regex.Pattern[str]:
    return regex.compile(rf"(?<=[\p{{L}}\p{{M}}\d])\s*(?<![\p{{L}}\p{{M}}])(?:{_spoken(table)})\s+")


@lexicon_cache(maxsize=1)
def _piece() -> regex.Pattern[str]:
    """Letters and digits joined by signs, or by their names between spaces."""
    joint = rf"(?:\s?[/\\-]\s?|\s(?:{_spoken('signs')})\s)"
    part = r"[A-Za-z0-9]{1,12}"
    first = r"(?<![\p{L}\p{M}\d])(?<!\d[/.-])(?:(?P<letters>[A-Za-z]{1,8})[/-])?"
    last = r"(?:\s(?-i:[A-Z])(?![\p{L}\p{M}\d]))?(?![\d/]|\.\d)"
    return regex.compile(
        rf"{first}(?=[A-Za-z]{{0,8}}\d){part}(?:{joint}{part})*{last}",
        regex.IGNORECASE,
    )


@lexicon_cache(maxsize=1)
def _address() -> regex.Pattern[str]:
    part = r"[A-Za-z0-9]++"
    local = rf"(?:\s?[._+-]\s?|\s(?:{_spoken('email', '.', '_')})\s)"
    at = rf"(?:\s?@\s?|\s(?:{_spoken('email', '@')})\s)"
    dot = rf"(?:\s?\.\s?|\s(?:{_spoken('email', '.')})\s)"
    host = r"[\p{L}\p{M}0-9-]+"
    return regex.compile(
        rf"(?<![\p{{L}}\p{{M}}\d.]){part}(?:{local}{part}){{0,{_LOCAL}}}{at}{host}(?:{dot}{host}){{1,3}}",
        regex.IGNORECASE,
    )


register(
    Kind(
        name="written",
        reads='numbers written with signs: `123/4A`, `4-5-12`, `A-12/3`, "123 by 4"',
        read=read_written,
        allows=("pattern",),
        find=find_written,
        view="codes",
        shaped=True,
        signs=True,
        never=("papers",),
    ),
    Kind(
        name="email",
        reads='e-mail addresses, also "ravi at gmail dot com"',
        read=read_email,
        find=find_emails,
        shaped=True,
    ),
)
