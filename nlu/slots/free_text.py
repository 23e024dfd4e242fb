"""Names and addresses: any letters, with the words people put around them taken off."""

from __future__ import annotations

import regex

from nlu.catalogue import SlotType
from nlu.slots.result import Parsed, Rejected
from nlu.text import Normalised
from nlu.text.lexicon import lexicon_cache, load_lexicon

_NAME = regex.compile(r"[\p{L}\p{M} .'’()-]+")
_LETTER = regex.compile(r"\p{L}")


def parse_name(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """A person's name in any script: letters, dots and hyphens, of so many words at most."""
    name = _bare(text.text, "name")
    if not name:
        return Rejected("empty")
    if any(character.isdigit() for character in name):
        return Rejected("digits")
    if not _NAME.fullmatch(name) or not _LETTER.search(name):
        return Rejected("format")
    longest = int(load_lexicon("names")["longest_name_words"])
    if not _fits(slot_type, name) or len(name.split()) > longest:
        return Rejected("length")
    return Parsed(name) if _matches(slot_type, name) else Rejected("format")


def parse_text(slot_type: SlotType, text: Normalised) -> Parsed | Rejected:
    """An address, a complaint or the name of a place: at least one letter, not too long."""
    said = _bare(text.text, "text")
    if not said:
        return Rejected("empty")
    if not _LETTER.search(said):
        return Rejected("format")
    if not _fits(slot_type, said):
        return Rejected("length")
    return Parsed(said) if _matches(slot_type, said) else Rejected("format")


def _fits(slot_type: SlotType, said: str) -> bool:
    """True for a length between the shortest of all and the longest of the type, or of its kind."""
    lengths = load_lexicon("names")["lengths"]
    longest = slot_type.longest or int(lengths[slot_type.kind])
    return int(lengths["shortest"]) <= len(said) <= longest


def _matches(slot_type: SlotType, value: str) -> bool:
    return slot_type.pattern is None or bool(regex.fullmatch(slot_type.pattern, value))


def _bare(text: str, kind: str) -> str:
    """`text` without lead-in and trailing words; the whole when nothing would be left."""
    before, after, longest, separators = _around(kind)
    said = text.strip(separators)
    lead = before.match(said)
    cut = said[lead.end() :].strip(separators) if lead else ""
    if cut:
        said, (_, after, longest, _) = cut, _around(kind, closed=True)
    end = len(said)
    while True:
        tail = after.search(said, max(0, end - longest), end)
        cut = said[: tail.start()].rstrip(separators) if tail else ""
        if not cut:
            return said[:end]
        end = len(cut)


@lexicon_cache(maxsize=4)
def _around(
    kind: str, closed: bool = False
) -> tuple[regex.Pattern[str], regex.Pattern[str], int, str]:
    """The words before, those after with the characters that the longest has, and what else is
    cut; `closed` where a word before was."""
    lexicon = load_lexicon("names")
    closing = lexicon.get(f"{kind}_closing", ()) if closed else ()
    sides = []
    for words in (lexicon[f"{kind}_before"], [*lexicon[f"{kind}_after"], *closing]):
        forms = sorted(map(str, words), key=len, reverse=True)
        sides.append("|".join(regex.escape(form).replace(r"\ ", r"\s+") for form in forms))
    separator = r"[\s:=,-]"
    before = regex.compile(rf"^(?:{sides[0]})(?:{separator}+)", regex.IGNORECASE)
    after = regex.compile(rf"{separator}(?:{sides[1]})$", regex.IGNORECASE)
    return before, after, len(forms[0]) + 1, str(lexicon["separators"])
