"""Names (`name`) and other free words (`text`), without the words that people put around them."""

from __future__ import annotations

from collections.abc import Iterable

import regex

from nlu.catalogue import Catalogue, SlotType
from nlu.slots.kind import Kind, Parsed, Phrase, Rejected, Said, register
from nlu.slots.kinds.sent import PIN, show_location
from nlu.text.lexicon import lexicon_cache, load_lexicon

_NAME = regex.compile(r"[\p{L}\p{M} .'’()-]+")
_LETTER = regex.compile(r"\p{L}")


def read_name(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """A person's name in any script: letters, dots and hyphens, and not too many words."""
    name = _bare(_introduced(said.text), "name")
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


def read_text(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    """An address, a complaint or the name of a place: at least one letter, not too long."""
    words = _bare(said.text, "text")
    if not words:
        return Rejected("empty")
    if not _LETTER.search(words):
        return Rejected("format")
    if not _fits(slot_type, words):
        return Rejected("length")
    return Parsed(words) if _matches(slot_type, words) else Rejected("format")


def _fits(slot_type: SlotType, said: str) -> bool:
    """True when the length is allowed. The type gives the longest, or else its kind."""
    lengths = load_lexicon("names")["lengths"]
    longest = slot_type.longest or int(lengths[slot_type.kind])
    return int(lengths["shortest"]) <= len(said) <= longest


def _matches(slot_type: SlotType, value: str) -> bool:
    return slot_type.pattern is None or bool(regex.fullmatch(slot_type.pattern, value))


def _introduced(text: str) -> str:
    """The words up to a comma, where they introduce a name: "my name is Ravi, my father's is ..."
    goes on with somebody else."""
    first, comma, _ = text.partition(",")
    return first if comma and _around("name")[0].match(first.strip()) else text


def _bare(text: str, kind: str) -> str:
    """`text` without the words that people put around it, unless nothing would be left."""
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
    """Patterns of the words before and after, the length of the longest word after, and the other
    characters to cut. With `closed`, a word before was found, so more words may follow."""
    lexicon = load_lexicon("names")
    closing = lexicon.get(f"{kind}_closing", ()) if closed else ()
    waits = _any_of(lexicon.get(f"{kind}_wait", ()))
    ends = [*lexicon[f"{kind}_after"], *closing]
    sides = (_any_of(lexicon[f"{kind}_before"]), _any_of(ends))
    separator = r"[\s:=,-]"
    intro = rf"(?:{sides[0]}){separator}+"
    if waits:
        intro = rf"(?:(?:{waits}){separator}+)+(?:{intro})?|{intro}"
    before = regex.compile(rf"^(?:{intro})", regex.IGNORECASE)
    after = regex.compile(rf"{separator}(?:{sides[1]})$", regex.IGNORECASE)
    return before, after, max(map(len, map(str, ends))) + 1, str(lexicon["separators"])


def _any_of(forms: Iterable[object]) -> str:
    """A pattern of these words, the longest first."""
    longest_first = sorted(map(str, forms), key=len, reverse=True)
    return "|".join(regex.escape(form).replace(r"\ ", r"\s+") for form in longest_first)


def show_words(
    slot_type: SlotType, value: str, language: str, catalogue: Catalogue
) -> str | Phrase:
    """The words themselves. A spot on the map may have been sent instead of words."""
    if PIN.fullmatch(value):
        return show_location(slot_type, value, language, catalogue)
    return value


register(
    Kind(
        name="name",
        reads="a person's name in any script",
        read=read_name,
        allows=("pattern", "longest"),
        any_words=True,
        show=show_words,
    ),
    Kind(
        name="text",
        reads="an address or any words",
        read=read_text,
        allows=("pattern", "longest"),
        any_words=True,
        show=show_words,
    ),
)
