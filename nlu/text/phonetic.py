"""Words by sound: one rough Latin spelling for Telugu, Hindi and English in any script.

Aspiration, length, doubling and the usual variants of romanised writing (v/w, z/j, sh/s, f/ph,
ee/i, oo/u) fall together, so that 'కరెంటు', 'करेंट', 'karentu' and 'current' come close. These are the
differences that people ignore when they type Indic words in Latin letters, and that speech
recognition gets wrong.
"""

from __future__ import annotations

import unicodedata

import regex

from nlu.text.cache import kept
from nlu.text.indic_letters import is_indic, romanise

_WORD = regex.compile(r"[\p{L}\p{M}]+|\p{Nd}+")
_INVISIBLE = regex.compile(r"[\p{Cf}'’]+")
_LONG = 5  # folded words this long lose a final u or e, which English and Hindi spellings lack

# In order; each is applied once over a lower-case romanised word.
_ENGLISH = (  # for English spelling only; romanised Indic words do not follow these
    (r"tion(?=s?$)", "san"),
    (r"igh", "ai"),
    (r"c(?=[eiy])", "s"),
    (r"ck", "k"),
)
_SOUNDS = (
    (r"chh?", "ç"),  # kept apart from a hard c
    (r"[cq]", "k"),
    (r"x", "ks"),
    (r"ph|f", "p"),
    (r"(?<=[bdgjkptsçlrnm])h", ""),
    (r"z", "j"),
    (r"w", "v"),
    (r"ç", "c"),
    (r"(?<!h)h+$|h(?=[^aeiouy])", ""),
    (r"j[nñ]|gny|gn", "gn"),
    (r"iy+(?=e)", "i"),
    (r"a[iey](?![aeiouy])|e[iy](?![aeiouy])", "e"),
    (r"a[uv](?![aeiou])|o[uv](?![aeiou])", "o"),
    (r"ee+|ea|ie", "i"),
    (r"oo+", "u"),
    (r"oa", "o"),
    (r"^y(?=e)", ""),
    (r"iy+(?=[aeou])|iy+$", "i"),
    (r"y(?![aeiou])", "i"),
    (r"(.)\1+", r"\1"),
)
_ENGLISH_RULES = tuple((regex.compile(pattern), by) for pattern, by in _ENGLISH)
_RULES = tuple((regex.compile(pattern), by) for pattern, by in _SOUNDS)
_LATIN = regex.compile(r"[a-zç]")
_DOUBLE = regex.compile(r"(.)\1+")
_VOWELS = regex.compile(r"[aeiouyh]+")
# Sounds that speech recognition takes for each other: voiced for voiceless, nasals, liquids, close
# for half-close vowels. `h` comes and goes.
_CLASSES = str.maketrans("bdgjsnliu", "ptkccmreo", "h")
_TWICE = regex.compile(r"(\D)\1+")


@kept(16384)
def fold(text: str) -> str:
    """Sound of `text` in rough Latin: lower-case words and ASCII digits with single spaces."""
    return " ".join(_fold_word(word) for word in _words(text))


def skeleton(text: str) -> str:
    """Consonants of the sound only: what survives bad spelling and speech recognition."""
    return " ".join(filter(None, (_skeleton_word(word) for word in _words(text))))


def sound_classes(text: str) -> str:
    """The sound without borders between words, and with one letter for all sounds that are misheard
    for each other: 'bijali ka bil' and 'Pichali kabil' become the same."""
    return _TWICE.sub(r"\1", unbroken(text).translate(_CLASSES))


def _words(text: str) -> list[str]:
    return _WORD.findall(_INVISIBLE.sub("", text))


def unbroken(text: str) -> str:
    """The sound of `text` without borders between words. Words keep their last vowels."""
    return "".join(_whole_word(word) for word in _words(text))


def _fold_word(word: str) -> str:
    sound = _whole_word(word)
    if len(sound) >= _LONG and sound[-1] in "ue":
        sound = sound[:-1]
    return sound


@kept(65536)
def _whole_word(word: str) -> str:
    if unicodedata.category(word[0]) == "Nd":
        return "".join(str(unicodedata.digit(c)) for c in word)
    indic = any(is_indic(c) for c in word)
    sound = romanise(unicodedata.normalize("NFC", word)).lower()
    sound = "".join(c for c in unicodedata.normalize("NFKD", sound) if not unicodedata.combining(c))
    if not _LATIN.search(sound):  # another script: only the rule for doubled letters applies
        return _DOUBLE.sub(r"\1", sound)
    for rule, by in _RULES if indic else _ENGLISH_RULES + _RULES:
        sound = rule.sub(by, sound)
    return sound


@kept(65536)
def _skeleton_word(word: str) -> str:
    folded = _fold_word(word)
    return folded if folded.isdecimal() else _VOWELS.sub("", folded)
