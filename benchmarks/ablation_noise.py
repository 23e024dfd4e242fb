"""Noise that the ablation tests with: other rules and other chances than those trained with.

`nlu.augment` trains on tables of neighbouring keys, confused signs and sounds. Testing with the
same tables would only ask whether they were learned. Here letters change at random, words are
clipped, sounds change within classes of the phonetic folding, and words are respelled as the
people behind the Dakshina lexicons spelled them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random

import regex

from nlu.text import fold
from nlu.text.script import dominant, script_of

_LETTER = regex.compile(r"[\p{L}\p{M}]")
_LATIN_WORD = regex.compile(r"(?<![\p{L}\d])[a-z]++(?!\d)", regex.IGNORECASE)
_EDITS_PER_LETTER = 1 / 14
_CLIPPED, _CLIPPED_TO = 0.06, 4
_SPACE_LOST, _SPACE_ADDED = 0.06, 0.015
_SOUND_CHANGED = 0.12
_BORDER_LOST, _BORDER_ADDED = 0.25, 0.06
_RESPELLED = 0.7
_CLASSES = ("kg", "cjs", "tdr", "pbv", "nm", "lr", "aeiou", "hy")


def people(text: str, alphabet: str, random: Random) -> str:
    """Random letters dropped, added, replaced or swapped; clipped words; spaces lost and added.

    `alphabet`: letters and signs of the text's script, as frequent as they are.
    """
    words = [
        word[:_CLIPPED_TO] if len(word) > 6 and random.random() < _CLIPPED else word
        for word in text.split(" ")
    ]
    letters = list(" ".join(words))
    out: list[str] = []
    at = 0
    while at < len(letters):
        letter = letters[at]
        at += 1
        if letter == " ":
            out.append("" if random.random() < _SPACE_LOST else " ")
            continue
        if random.random() < _SPACE_ADDED and out and letter.isalpha():
            out.append(" ")
        if not _LETTER.match(letter) or random.random() >= _EDITS_PER_LETTER:
            out.append(letter)
            continue
        edit = random.randrange(4)
        if edit == 0:  # dropped
            continue
        if edit == 1:  # replaced
            out.append(random.choice(alphabet))
        elif edit == 2:  # added
            out += [letter, random.choice(alphabet)]
        elif at < len(letters):  # swapped
            out += [letters[at], letter]
            at += 1
        else:
            out.append(letter)
    return "".join(out)


def speech(text: str, random: Random) -> str:
    """The sound of the text (nlu.text.fold) with sounds and word borders changed at random."""
    out: list[str] = []
    for letter in fold(text):
        if letter == " ":
            out.append("" if random.random() < _BORDER_LOST else " ")
            continue
        if random.random() < _SOUND_CHANGED:
            letter = random.choice(next((c for c in _CLASSES if letter in c), letter))
        out.append(letter)
        if letter in "aeiou" and random.random() < _BORDER_ADDED:
            out.append(" ")
    return "".join(out)


def respelled(text: str, attested: Mapping[str, tuple[str, ...]], random: Random) -> str:
    """Latin words in another attested spelling of the same native word, where there is one."""

    def other(match: regex.Match[str]) -> str:
        spellings = attested.get(match.group().lower(), ())
        if not spellings or random.random() >= _RESPELLED:
            return match.group()
        return random.choice(spellings)

    return _LATIN_WORD.sub(other, text)


def alphabets(texts: list[str]) -> dict[str, str]:
    """All letters of the texts by script, repeated as often as they occur."""
    found: dict[str, list[str]] = {}
    for text in texts:
        script = dominant(text)
        if script:
            found.setdefault(script, []).extend(c for c in text.lower() if script_of(c) == script)
    return {script: "".join(letters) for script, letters in found.items()}


def attested_spellings(lexicon: Path) -> dict[str, tuple[str, ...]]:
    """Latin spelling -> other spellings of the same native words, from a Dakshina lexicon.

    Raises FileNotFoundError.
    """
    by_native: dict[str, set[str]] = {}
    for line in lexicon.read_text("utf-8").splitlines():
        native, latin, *_ = line.split("\t")
        by_native.setdefault(native, set()).add(latin)
    others: dict[str, set[str]] = {}
    for spellings in by_native.values():
        for spelling in spellings:
            others.setdefault(spelling, set()).update(spellings - {spelling})
    return {spelling: tuple(sorted(rest)) for spelling, rest in others.items() if rest}
