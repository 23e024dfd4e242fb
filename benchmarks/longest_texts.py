"""Texts of any length that make a reader work hard: one of each kind, the same each time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from nlu.catalogue import Catalogue

ORDINARY = "ordinary"

# Pieces that are drawn by chance until the text is long enough. A single one is repeated.
PIECES: dict[str, tuple[str, ...]] = {
    "ones": ("1 ",),
    "one digits": tuple("0123456789"),
    "near mobile numbers": ("98480 1234 ", "9848 ", "12345 "),
    "commas": ("1,", "000,", "23,"),
    "decimals": ("1.1.", "2.5 "),
    "dates": ("1-1-1 ", "1-1-", "5/12/2026 ", "12.10.25 "),
    "month words": ("5 jan ", "june 7 ", "12th march 2020 ", "5 మే ", "मार्च 3 "),
    "day words": ("next ", "week ", "monday ", "రేపు ", "कल ", "tomorrow ", "2 days ", "after "),
    "yesterday or tomorrow": ("कल ",),
    "times": ("6:30 ", "10.45 am ", "ఉదయం 6 గంటలకు ", "शाम 5 बजे ", "half past five "),
    "one separator": ("-",),
    "separators": tuple("-./, :;|_*()[]'\""),
    "signs and digits": ("1/2-3.4,5:", "1/", "2-", "a/", "3A "),
    "slashed codes": ("a1/",),
    "dashed codes": ("1-a-", "a-b-c-"),
    "numbers in English": ("two ", "hundred ", "thousand ", "and ", "lakh ", "double ", "half "),
    "numbers in Telugu": ("రెండు ", "వందల ", "మూడు ", "లక్ష ", "పది ", "వేలు ", "నాలుగు "),
    "numbers in Hindi": ("दो ", "सौ ", "तीन ", "लाख ", "हज़ार ", "साढ़े ", "पाँच "),
    "romanised numbers": ("rendu ", "mudu ", "do ", "teen ", "vandala ", "sau ", "oka ", "ek "),
    "joiners": ("and ",),
    "compound numbers": ("ఇరవైఐదు ", "పదివేలు ", "వందమూడు ", "ఐదున్నర ", "डेढ़ ", "ढाई "),
    "one word": tuple("abcdefghijklmnopqrstuvwxyz"),
    "one letter": ("x",),
    "one h": ("h",),
    "one Telugu word": ("క", "గా", "చి", "తు", "నె", "మో", "ర్", "లం"),
    "letters spelled": ("ఎ", "బి", "సి", "డి", "ఎస్", "ఎల్", "ఆర్", "టీ", "ఐ"),
    "letters spelled apart": ("ఎ ", "బి ", "సి ", "డి ", "एस ", "एल ", "आर "),
    "single letters": ("A ", "B ", "O ", "P ", "1 "),
    "codes": ("AB12 ", "RTC2611", "0001 ", "X1", "TL20180566 ", "AP29Z1234", "-", "O1"),
    "zero-width": ("\u200b", "\u200d", "\u2060", "1"),
    "joined emoji": ("👨\u200d", "👩\u200d"),
    "emoji": tuple("😀🙏👍🏽❤️🔥"),
    "flags": ("🇮",),
    "controls": ("\x01", "\x02", "\n", "\t"),
    "lines": ("1\n",),
    "ligatures": ("ﷺ",),
    "combining marks": ("\u0301", "\u0323"),
    "viramas": ("\u0c4d", "క"),
    "figures of all scripts": tuple("1١१౧１𝟏²③"),
    "brackets": ("(",),
    "plus signs": ("+", "+ ", "+9848012345"),
    "places": ("vijayawada ", "tirupati ", "guntur ", "తిరుపతి ", "विजयवाड़ा "),
    "misspelled places": ("vijayavda ", "tirpati ", "guntr ", "karnul ", "annvaram ", "dwarka "),
    "parts of places": ("east ", "west ", "godavari ", "bus ", "stand ", "sri ", "pedda ", "new "),
    "ways": ("to ", "from "),
    "addresses": ("a@b.", "a.", "a@", "at ", "dot ", "x dot y at z dot "),
    "dots in an address": ("a.",),
    "dots said": ("a dot ",),
    "dashes in an address": ("a_",),
    "cues": ("survey no ", "khata no 245 ", "aadhaar ", "mobile number ", "door no 4-5 "),
    "money": ("rs 500 ", "₹", "500 rupees ", "5 rupee canteen ", "rs. "),
    "units": ("2 acres ", "30 cents ", "5 kw ", "acres and ", "extent ", "years "),
    "people": ("2 tickets ", "for 4 people ", "members ", "bus ", "seats ", "2 "),
    "choices": ("male ", "female ", "education loan ", "for income ", "residential "),
    "behind a name": ("andi ", "garu ", "అండి ", "जी ", "-", ": "),
    "papers": ("1B ", "22-A", "1B"),
    "corrections": ("no 45 not 54 ", "kadu, ", "galat ", "కాదు 3 ", "नहीं ", "change ", "no "),
    "corrections of dates": ("no 5 jan not ", "wrong 7 march x "),
    "please": ("please ", "andi ", "sir "),
    "mixed": (
        *("1", "9848012345", "98480 12345 ", "-", "2341 2341 2346", " to ", "/", ".", ",", " rs "),
        *("రెండు", "दो", "five", "hundred", "లక్ష", " 12-5-2026 ", "5 june", "vijayawada", "తిరుపతి"),
        *("acres", "😀", "\u200d", "survey no ", "10:30", "a@b", "no ", "कल "),
    ),
}


def kinds(length: int, seed: int | str = 0) -> dict[str, str]:
    """A text of `length` characters of each kind; another seed draws other ones."""
    drawn = {
        name: _filled(length, partial(chance.choice, pieces))
        for name, pieces in PIECES.items()
        for chance in [Random(f"{seed} {name}")]
    }
    chance = Random(seed)
    made: dict[str, Callable[[], str]] = {
        "numbers": lambda: f"{chance.randrange(10 ** chance.randint(1, 6))}{chance.choice(' -.')}",
        "mobile numbers": lambda: f"{chance.randrange(6 * 10**9, 10**10)} ",
        "fours": lambda: f"{chance.randrange(10000):04} ",
        "Latin words": lambda: _word(chance, "abcdefghijklmnopqrstuvwxyz") + " ",
        "Telugu words": lambda: _word(chance, "కగచజటడతదనపబమయరలవశసహ", "ాిుెో్ం") + " ",
        "Hindi words": lambda: _word(chance, "कगचजटडतदनपबमयरलवशसह", "ािुेो्ं") + " ",
        "any characters": lambda: chr(chance.choice(_BLOCKS) + chance.randrange(0x80)),
    }
    return {**drawn, **{name: _filled(length, draw) for name, draw in made.items()}}


def ordinary(catalogue: Catalogue, length: int, seed: int | str = 0) -> str:
    """Sentences of citizens in all languages, one after the other."""
    known = [
        utterance.text
        for service in catalogue.services.values()
        for utterances in service.utterances.values()
        for utterance in utterances
    ]
    chance = Random(seed)
    return _filled(length, lambda: chance.choice(known) + " ")


_BLOCKS = (0x20, 0x80, 0x100, 0x180, 0x300, 0x900, 0xC00, 0x1F300, 0x1F600, 0x3040, 0x4E00, 0xAC00)


def _filled(length: int, draw: Callable[[], str]) -> str:
    pieces: list[str] = []
    found = 0
    while found < length:
        pieces.append(draw())
        found += len(pieces[-1])
    return "".join(pieces)[:length]


def _word(chance: Random, letters: str, signs: str = "") -> str:
    syllables = range(chance.randint(1, 6))
    return "".join(chance.choice(letters) + chance.choice([*signs, ""]) for _ in syllables)
