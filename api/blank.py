"""Whether a text holds anything at all to understand."""

from __future__ import annotations

import unicodedata


def is_blank(text: str) -> bool:
    """True for white space, zero-width and control characters, and marks without a letter."""
    return not any(unicodedata.category(character)[0] in "LNPS" for character in text)
