"""Catalogues of any size, to see how training grows: made-up services from the words of real ones.

A made-up service is a copy of a real one about another topic. Its topic is a few content words of
the catalogue; its utterances are real utterances whose rarest words give way to words of the
topic, so that grammar, length and script stay as people write. Romanised keys get the topic in
Latin letters. What results means little, but it trains as a catalogue of that size would.
"""

from __future__ import annotations

import random
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from nlu.catalogue import Catalogue, load_catalogue
from nlu.fast_yaml import load_yaml
from nlu.text import normalise
from nlu.text.indic_letters import romanise
from nlu.text.script import counts

HELD_OUT = 4  # per key, what `seva check` asks for
UNLEARNED = {"development": 3, "holdout": HELD_OUT}  # sentences a key
TOPIC_WORDS = 4
REPLACED = 2  # words of an utterance that give way to its topic
LETTERS = 4  # shortest content word
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
_NATIVE = {"te-Latn": "te", "hi-Latn": "hi"}  # whose topic a romanised key takes


@dataclass(frozen=True)
class Language:
    """What one key of the catalogue offers: whole utterances, and how often each word is used."""

    utterances: tuple[str, ...]
    frequency: Mapping[str, int]

    @property
    def content(self) -> list[str]:
        """Words that carry meaning: long enough, and not in every other sentence."""
        ceiling = len(self.utterances) / 50
        return sorted(w for w, n in self.frequency.items() if len(w) >= LETTERS and n <= ceiling)


def write(source: Path, folder: Path, *, services: int, per_key: int, seed: int = 0) -> Catalogue:
    """Copies `source` (a data folder) to `folder` and makes it `services` services with `per_key`
    trained utterances per key each. Fewer than `source` has: the first ones stay. Returns the
    catalogue; raises CatalogueError if it is not one."""
    shutil.copytree(source, folder)
    known = load_catalogue(source)
    keys = tuple(known.languages.keys)
    languages = {key: _language(known, key) for key in keys}
    files = sorted((folder / "services").glob("*/*.yml"))
    for file in files[services:]:
        file.unlink()
    kept = files[:services]
    _head_menus(folder, {file.stem for file in kept})
    templates = [load_yaml(file.read_text("utf-8")) for file in kept]
    for file, content in zip(kept, templates):
        for part, count in {"utterances": per_key, **UNLEARNED}.items():
            content[part] = {key: content[part][key][:count] for key in keys}
        content["neighbours"] = []
        content.pop("holdout_noisy", None)
        _write(file, content)
    chance = random.Random(seed)
    said: set[str] = set()
    for number in range(len(kept), services):
        content = _made_up(templates[number % len(templates)], number, languages, chance, said)
        _write(folder / "services" / content["department"] / f"{content['service']}.yml", content)
    return load_catalogue(folder)


def _head_menus(folder: Path, kept: set[str]) -> None:
    """Takes services that are gone out of `first` of the departments."""
    for file in (folder / "departments").glob("*.yml"):
        content = load_yaml(file.read_text("utf-8"))
        if "first" in content:
            content["first"] = [name for name in content["first"] if name in kept]
            _write(file, content)


def _language(known: Catalogue, key: str) -> Language:
    found = [u.text for s in known.services.values() for u in s.utterances.get(key, ())]
    if known.languages.keys[key].script != "Latn":
        found = [text for text in found if not counts(text)["Latn"]]
    frequency = Counter(word for text in found for word in _words(text))
    return Language(tuple(found), frequency)


def _words(text: str) -> list[str]:
    bare = "".join(c if not c.isascii() or c.isalpha() else " " for c in normalise(text).text)
    return bare.split()


def _made_up(
    template: Mapping[str, Any],
    number: int,
    languages: Mapping[str, Language],
    chance: random.Random,
    said: set[str],
) -> dict[str, Any]:
    content = {**template, "service": f"{template['service']}_{number}"}
    for part in ("title", "menu", "about"):
        content[part] = {k: f"{v[:18]} {number}" for k, v in template[part].items()}
    topics: dict[str, list[str]] = {}
    for key, language in languages.items():
        native = topics.get(_NATIVE.get(key, ""))
        words = [romanise(word) for word in native] if native else None
        topics[key] = words or chance.sample(language.content, TOPIC_WORDS)
    trained = {key: len(rows) for key, rows in template["utterances"].items()}
    unlearned = {part: dict.fromkeys(trained, count) for part, count in UNLEARNED.items()}
    for part, wanted in {"utterances": trained, **unlearned}.items():
        content[part] = {
            key: _utterances(languages[key], topics[key], count, chance, said)
            for key, count in wanted.items()
        }
    return content


def _utterances(
    language: Language, topic: Sequence[str], count: int, chance: random.Random, said: set[str]
) -> list[str]:
    found: list[str] = []
    while len(found) < count:
        text = _about(topic, chance.choice(language.utterances), language.frequency, chance)
        folded = "".join(c for c in text.casefold() if c.isalnum())
        if folded not in said:
            said.add(folded)
            found.append(text)
    return found


def _about(
    topic: Sequence[str], utterance: str, frequency: Mapping[str, int], chance: random.Random
) -> str:
    """The utterance with its rarest words replaced by words of the topic."""
    words = _words(utterance) or ["?"]
    rarest = sorted(range(len(words)), key=lambda i: frequency[words[i]])[:REPLACED]
    for place, word in zip(sorted(rarest), chance.sample(list(topic), REPLACED)):
        words[place] = word
    return " ".join(words)


def _write(file: Path, content: Mapping[str, Any]) -> None:
    text = yaml.dump(
        dict(content), Dumper=_DUMPER, allow_unicode=True, sort_keys=False, width=10_000
    )
    file.write_text(text, "utf-8")
