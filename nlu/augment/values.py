"""Other values in place of marked ones (`values`), and numbers said the other way (`numbers`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random
from typing import Any

import regex

from nlu.augment.segments import Segment, Writing, rewrite
from nlu.catalogue.model import MIXED_KEY, Catalogue, SlotType
from nlu.slots.kind import kind_of
from nlu.text import normalise, spoken_to_digits
from nlu.text.checksums import CHECKSUMS
from nlu.text.script import dominant

_SEPARATORS = regex.compile(r"[\s-]+")
_LETTER = regex.compile(r"[\p{L}\p{M}]")
_FIELD = regex.compile(r"\{(\w+?)(2?)\}", regex.ASCII)
# Digits that stand for themselves: not in a date, an amount with commas or a code of letters.
_NUMBER = regex.compile(r"(?<![\p{Latin}\d.,/:₹-])\d+(?![\d\p{Latin}]|[.,/:-]\d)")


class Values:
    """Draws values of a slot's type in the script and key of the value that was there."""

    def __init__(self, catalogue: Catalogue, settings: Mapping[str, Any]) -> None:
        """`settings` as under `values` of `data/augmentation.yml`."""
        self._catalogue = catalogue
        self._settings = settings
        self._marked = _marked(catalogue)

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The pieces with other values. A value stays when its type offers no other one."""
        changed = []
        for piece, following in zip(pieces, (*pieces[1:], None)):
            slot_type = where.types.get(piece.mark.slot) if piece.mark else None
            if slot_type is not None and random.random() >= self._settings["kept"]:
                glued = following is not None and bool(_LETTER.match(following.text))
                piece = piece.with_text(
                    self._other(piece.text, slot_type, where.key, glued, random)
                )
            changed.append(piece)
        return tuple(changed)

    def _other(
        self, surface: str, slot_type: SlotType, key: str, glued: bool, random: Random
    ) -> str:
        kind = kind_of(slot_type)
        if kind.other_digits:
            return self._digits(surface, slot_type, random)
        marked = self._marked.get((slot_type.name, key, glued), [])
        skipped = glued and not kind.takes_endings
        listed = [] if skipped else self._listed(slot_type, key, surface)
        script = dominant(surface)
        fitting = [
            [text for text in group if dominant(text) in (script, None)]
            if script
            else [text for text in group if dominant(text) is None]
            for group in (marked, listed)
        ]
        groups = [group for group in fitting if group]
        if not groups:
            return surface
        other = self._filled(random.choice(random.choice(groups)), random)
        return other.lower() if surface.islower() and surface.isascii() else other

    def _listed(self, slot_type: SlotType, key: str, surface: str) -> list[str]:
        """Values that the kind lists, then those of the grammar for it."""
        key = self._plain_key(key, surface)
        language = self._catalogue.languages.keys[key].language
        listed = kind_of(slot_type).listed(slot_type, language, key, self._catalogue)
        grammar = self._settings["kinds"].get(slot_type.kind, {})
        return [*listed, *grammar.get(slot_type.when or "any", {}).get(key, ())]

    def _plain_key(self, key: str, surface: str) -> str:
        """The key itself. For a mixed utterance it is the key of the value's script."""
        if key != MIXED_KEY:
            return key
        keys = self._catalogue.languages.keys.values()
        script = dominant(surface) or "Latn"
        return next(k.key for k in reversed(list(keys)) if k.script == script)

    def _digits(self, surface: str, slot_type: SlotType, random: Random) -> str:
        """The same shape with other digits in its second half, fitting pattern and checksum."""
        places = [i for i, letter in enumerate(surface) if letter.isdecimal()]
        if not places or not self._fits(surface, slot_type):
            return surface
        for _ in range(self._settings["tries"]):
            letters = list(surface)
            for place in places[len(places) // 2 :]:
                letters[place] = str(random.randrange(10))
            if self._fits("".join(letters), slot_type):
                return "".join(letters)
        return surface

    @staticmethod
    def _fits(surface: str, slot_type: SlotType) -> bool:
        value = _SEPARATORS.sub("", normalise(surface).text).upper()
        if slot_type.pattern and not regex.fullmatch(slot_type.pattern, value):
            return False
        check = CHECKSUMS.get(slot_type.checksum or "")
        return check is None or (value.isdecimal() and check(value))

    def _filled(self, template: str, random: Random) -> str:
        """Fields of a template of the grammar drawn at random; `2` writes two digits."""

        def drawn(match: regex.Match[str]) -> str:
            name, padded = match.groups()
            if name in self._settings["numbers"]:
                number = random.randint(*self._settings["numbers"][name])
            else:
                number = random.choice(self._settings[name])
            return f"{number:02d}" if padded else str(number)

        return _FIELD.sub(drawn, template)


def _marked(catalogue: Catalogue) -> Mapping[tuple[str, str, bool], list[str]]:
    """Values marked anywhere in trained utterances: by type, key, and whether a suffix follows."""
    found: dict[tuple[str, str, bool], dict[str, None]] = {}
    for service in catalogue.services.values():
        types = {slot.name: slot.type for slot in service.slots}
        for key, utterances in service.utterances.items():
            for utterance in utterances:
                for mark in utterance.marks:
                    glued = bool(_LETTER.match(utterance.text, mark.end))
                    pool = found.setdefault((types[mark.slot].name, key, glued), {})
                    pool[utterance.text[mark.start : mark.end]] = None
    return {where: _without_braces(pool) for where, pool in found.items()}


def _without_braces(texts: Iterable[str]) -> list[str]:
    return [text for text in texts if "{" not in text]


class Counted:
    """Writes digits as words and words as digits. `nlu.text.numbers` reads both."""

    def __init__(self, settings: Mapping[str, Any]) -> None:
        """`settings` as under `numbers` of `data/augmentation.yml`."""
        self._settings = settings
        self._words: Mapping[str, Mapping[int, str]] = settings["words"]
        self._alone: Mapping[str, Mapping[int, str]] = settings["unit_alone"]
        self._units = sorted(
            (n for n in self._words[next(iter(self._words))] if n >= 100), reverse=True
        )

    def vary(
        self, pieces: tuple[Segment, ...], where: Writing, random: Random
    ) -> tuple[Segment, ...]:
        """The pieces with numbers in digits spelled out, or numbers in words made digits."""
        if random.random() >= self._settings["spoken"]:
            return rewrite(pieces, _in_digits)
        language = "en" if random.random() < self._settings["english"] else where.key
        return rewrite(
            pieces, lambda text: _NUMBER.sub(lambda m: self.in_words(m.group(), language), text)
        )

    def in_words(self, digits: str, key: str) -> str:
        """`digits` in words of `key`, or as they are when the table has no words for them."""
        words = self._words.get(key)
        if words is None:
            return digits
        if len(digits) >= self._settings["dictated"] or digits.startswith("0"):
            return " ".join(words[int(digit)] for digit in digits)
        return self._quantity(int(digits), words, key) or digits

    def _quantity(self, number: int, words: Mapping[int, str], key: str) -> str | None:
        """Whole hundreds, thousands and lakhs, and what is below a hundred."""
        for unit in self._units:
            if number >= unit and number % unit == 0:
                if number == unit and unit in self._alone.get(key, {}):
                    return self._alone[key][unit]
                count = self._below_hundred(number // unit, words, key)
                return f"{count} {words[unit]}" if count else None
        return self._below_hundred(number, words, key)

    def _below_hundred(self, number: int, words: Mapping[int, str], key: str) -> str | None:
        if number in words:
            return words[number] if number < 100 else None
        if number > 100 or key not in self._settings["compound_tens"]:
            return None
        return f"{words[number - number % 10]} {words[number % 10]}"


def _in_digits(text: str) -> str:
    """Number words as digits. Spaces at the ends stay."""
    if not text.strip():
        return text
    before = text[: len(text) - len(text.lstrip())]
    after = text[len(text.rstrip()) :]
    return before + spoken_to_digits(text).text + after
