"""Text as a double-quoted YAML scalar on one line, whatever a person wrote in it."""

from __future__ import annotations

import unicodedata

LONGEST = 4096
"""Code points that one text may have at most: the longest message of WhatsApp."""
_SHORT = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t"}
_JOINERS = "\u200c\u200d"
"""Zero width non-joiner and joiner: part of the spelling of Indian scripts, and of emoji."""
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Zl", "Zp"})
"""Kinds of code points that a reader of the file does not see, or that end a line for YAML."""


class TextRefused(ValueError):
    """A text that no catalogue may hold; the message says why, and what to do."""


def clean(text: str) -> str:
    """The text as it is kept: a browser's line ends become `\\n`, blanks around it are cut.

    Nothing else is changed. Raises TextRefused for an empty text, one that is too long, and one
    that is no Unicode.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").strip(" \t\n")
    if not text:
        raise TextRefused("this is empty: write something, or remove it")
    if len(text) > LONGEST:
        raise TextRefused(f"this has {len(text)} characters, at most {LONGEST} can be kept")
    if any(unicodedata.category(sign) == "Cs" for sign in text):
        raise TextRefused("this is no Unicode text: write it again, do not paste it")
    return text


def quoted(text: str) -> str:
    """The text in double quotes, as YAML and JSON read it back.

    Letters, marks, emoji and joiners stay as they are. What nobody sees becomes an escape, so that
    a direction mark or a line separator in a sentence stands out in the diff and starts no line.
    """
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(sign: str) -> str:
    if sign in _SHORT:
        return _SHORT[sign]
    if sign in _JOINERS or unicodedata.category(sign) not in _UNSEEN:
        return sign
    code = ord(sign)
    if code <= 0xFF:
        return f"\\x{code:02X}"
    return f"\\u{code:04X}" if code <= 0xFFFF else f"\\U{code:08X}"
