"""Where a journey begins and ends: words beside a place, and the order of two places."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import regex

from nlu.slots.result import Hit
from nlu.slots.words import Phrases, Words, words, words_between
from nlu.text.lexicon import lexicon_cache, load_lexicon

_NEAR = 24  # characters looked at on each side of a place
_OPPOSITE = {"from": "to", "to": "from"}
_SPACE = regex.compile(r"\s*")


def role_beside(text: str, start: int, end: int) -> str | None:
    """from or to, by the word right after the place at `start:end` or right before it."""
    after, before, _ = _markers()
    following, at = _cut(text, end, end, end + _NEAR)
    if at < len(following) and _SPACE.fullmatch(text, end, following[at].start):
        found = after.at(following, at)
        if found is not None:
            return found[1]
    leading, at = _cut(text, start, start - _NEAR, start)
    if not at or leading[at - 1].end < start - _NEAR:
        return None
    found = before.ending(leading, at - 1)
    return found[1] if found else None


def _cut(text: str, place: int, start: int, end: int) -> tuple[Words, int]:
    """Words, and the index of the first behind a place. They are those of the whole text, which is
    read once; where the place cuts a word (tirupati|nunchi) they are those between two places."""
    tokens = words(text)
    at = tokens.behind(place)
    if at and tokens[at - 1].end > place:
        tokens = words_between(text, start, end)
        at = tokens.behind(place)
    return tokens, at


def settle(text: str, hits: Sequence[Hit]) -> list[Hit]:
    """Roles of two places of one kind: "X to Y", "X Y", or the opposite of the known one."""
    settled = sorted(hits, key=lambda hit: hit.start)
    if len({hit.value for hit in settled}) < len(settled):
        return settled  # one place named twice is no journey
    for i, (first, second) in enumerate(itertools.pairwise(settled)):
        between = text[first.end : second.start].strip().lower()
        if first.role is None and between in _markers()[2]:
            settled[i] = replace(first, role="from")
            settled[i + 1] = replace(second, role=second.role or "to")
    if len(settled) == 2:
        first, second = settled
        if first.role is None:
            first = replace(first, role=_OPPOSITE.get(second.role or "to"))
        if second.role is None or second.role == first.role:
            second = replace(second, role=_OPPOSITE[first.role or "from"])
        settled = [first, second]
    return settled


@lexicon_cache(maxsize=1)
def _markers() -> tuple[Phrases[str], Phrases[str], frozenset[str]]:
    lexicon = load_lexicon("roles")
    sides = [
        Phrases((str(form), role) for role, forms in lexicon[side].items() for form in forms)
        for side in ("after", "before")
    ]
    return sides[0], sides[1], frozenset(str(form).lower() for form in lexicon["between"])
