"""Words as they are kept for review: without numbers by which somebody is known.

Besides what `nlu.text.mask` takes for Aadhaar or phone numbers, every long number goes: of a
service, of an application, of a vehicle. Four characters at the end stay, so that a reader sees
what kind it was.
"""

from __future__ import annotations

from collections.abc import Sequence

import regex

from nlu.text import mask

_TOKEN = regex.compile(
    r"[\p{L}\p{M}\p{Nd}/-]*\p{Nd}[\p{L}\p{M}\p{Nd}/-]*(?:[ -]\p{Nd}[\p{Nd}/-]*)*"
)
_FIGURE = regex.compile(r"\p{Nd}")
_FIGURES = 5
"""In one token, or in one with a letter one fewer: there is no shorter number of a person."""
_SHOWN = 4  # characters of a long number; half of them of a short one
_LETTER = regex.compile(r"\p{L}")
_ANY = "9"
MASKED = regex.compile(r"(?<![\p{L}\p{N}])X{2,}[\p{L}\p{N}/-]{0,4}(?![\p{L}\p{N}])")
"""What stands where a number was."""


def masked(text: str) -> str:
    """`text` without numbers; what is masked already stays as it is. Half a surrogate pair, which
    some phones send, becomes a question mark: it can be neither hashed nor shown."""
    text = text.encode("utf-8", "replace").decode("utf-8")
    return _TOKEN.sub(lambda found: _hidden(found[0]), mask(text, phones=True))


def is_masked(text: str) -> bool:
    """Whether a number was taken out."""
    return MASKED.search(text) is not None


def with_figures(text: str) -> str:
    """A masked text with figures where some were taken out: a number again, but nobody's."""
    return MASKED.sub(lambda found: found[0].replace("X", _ANY), text)


def _hidden(token: str) -> str:
    if MASKED.fullmatch(token):
        return token
    least = _FIGURES - bool(_LETTER.search(token))
    if len(_FIGURE.findall(token)) < least:
        return token
    ends = "-/"
    kept = token.rstrip(ends)
    plain = regex.sub(r"[ /-]", "", kept)
    shown = _SHOWN if len(plain) >= 2 * _SHOWN else _SHOWN // 2
    return "X" * (len(plain) - shown) + plain[-shown:] + token[len(kept) :]


def marks_in(
    text: str, raw: str, marks: Sequence[tuple[int, int, str]]
) -> list[tuple[int, int, str]]:
    """Values found in `raw`, by their places in `text`, which is the same masked. One that is not
    found there is left out."""
    found: list[tuple[int, int, str]] = []
    after = 0
    for start, end, slot in sorted(marks):
        surface = masked(raw[start:end]).strip()
        at = text.find(surface, after) if surface else -1
        if at < 0:
            continue
        after = at + len(surface)
        found.append((at, after, slot))
    return found
