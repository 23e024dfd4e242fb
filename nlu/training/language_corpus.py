"""What the language model learns from: messages of each label, most of them made.

Romanised messages hardly exist with a licence, so they are made: MASSIVE's Telugu and Hindi
messages romanised as people romanise (`nlu.text.romanisation`), attested romanised words of
Dakshina strung together, and code-mixing by leaving slot values in English, since MASSIVE says the
same in three languages. The catalogue's own utterances come on top.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from random import Random

import regex

from nlu.catalogue import Catalogue
from nlu.catalogue.model import MIXED_KEY
from nlu.classifier.language import MIX
from nlu.text.romanisation import Romaniser
from nlu.text.script import shares
from nlu.training.romanisation import read_lexicon

ROMANISED = {"te": "te-Latn", "hi": "hi-Latn"}
LOCALES = {"te": "te-IN", "hi": "hi-IN", "en": "en-US"}
ENGLISH = "en"
STRUNG = 4_000  # pseudo sentences of lexicon words, each language
_MARK = regex.compile(r"\[\s*([^\s\[\]:]+)\s*:\s*([^\[\]]*?)\s*\]")

Rows = dict[str, list[str]]
"""Label -> messages."""


def public_rows(data: Path, romanisers: Mapping[str, Romaniser], random: Random) -> Rows:
    """Messages from MASSIVE train and Dakshina's train lexicons under `data`."""
    marked = {key: read_massive(data, locale) for key, locale in LOCALES.items()}
    rows: Rows = defaultdict(list)
    rows[ENGLISH] += [plain(text) for text in marked[ENGLISH].values()]
    english = {word for text in rows[ENGLISH] for word in text.lower().split()}
    for turn, (language, label) in enumerate(ROMANISED.items()):
        romaniser = romanisers[language]
        for text in list(marked[language].values())[turn::2]:  # each language the other half
            rows[label].append(romaniser.sample(plain(text), random))
        mixed = list(_code_mixed(marked[language], marked[ENGLISH], random))[turn::2]
        rows[label + MIX] += [romaniser.sample(text, random) for text in mixed]
        lexicon = read_lexicon(data / "dakshina" / f"{language}.translit.sampled.train.tsv")
        words = [spelling for _, spelling, _ in lexicon if spelling not in english]
        rows[label] += [
            " ".join(random.choices(words, k=random.randint(1, 10))) for _ in range(STRUNG)
        ]
    return {label: [*texts, *_pieces(texts[::2], random)] for label, texts in rows.items()}


def catalogue_rows(
    catalogue: Catalogue,
    romanisers: Mapping[str, Romaniser],
    random: Random,
    part: str = "utterances",
) -> Iterator[tuple[str, str, str]]:
    """(intent, label, text) of the catalogue's messages in Latin letters.

    Telugu and Hindi ones come romanised; code-mixed ones under the label `mix`, since their
    language is still to be found.
    """
    for name, intent in [*catalogue.services.items(), *catalogue.conversation.items()]:
        for key, rows in getattr(intent, part).items():
            for row in rows:
                if key in ROMANISED:
                    yield name, ROMANISED[key], romanisers[key].sample(row.text, random)
                elif key != MIXED_KEY:
                    yield name, key, row.text
                elif shares(row.text)["Latn"] == 1:
                    yield name, MIXED_KEY, row.text


def read_massive(data: Path, locale: str) -> dict[str, str]:
    """Marked messages by id, the same id in all locales."""
    path = data / "massive" / f"{locale}.train.jsonl"
    rows = (json.loads(line) for line in path.read_text("utf-8").splitlines())
    return {row["id"]: row["annot_utt"] for row in rows}


def plain(marked: str) -> str:
    """A marked message as it was written."""
    return _MARK.sub(lambda mark: mark[2], marked)


def _code_mixed(
    native: Mapping[str, str], english: Mapping[str, str], random: Random
) -> Iterator[str]:
    """Messages whose slot values are English: the grammar stays, the nouns change."""
    for key, marked in native.items():
        values = {mark[1]: mark[2] for mark in _MARK.finditer(english.get(key, ""))}
        given = [mark[1] for mark in _MARK.finditer(marked) if mark[1] in values]
        if not given:
            continue
        kept = random.randint(1, len(given))
        chosen = set(random.sample(given, kept))
        yield _MARK.sub(lambda m: values[m[1]] if m[1] in chosen else m[2], marked)  # noqa: B023


def _pieces(texts: Iterable[str], random: Random) -> Iterator[str]:
    """One to four words in a row out of each message: short messages are to be known, too."""
    for text in texts:
        words = text.split()
        size = random.randint(1, 4)
        start = random.randint(0, max(0, len(words) - size))
        yield " ".join(words[start : start + size])
