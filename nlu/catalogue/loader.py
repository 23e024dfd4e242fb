"""Loads the whole catalogue from a data folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from nlu.catalogue.departments import department_files, read_departments
from nlu.catalogue.errors import CatalogueError, Problem
from nlu.catalogue.model import Catalogue, ConversationIntent, Gazetteer, Service, Trait, Utterance
from nlu.catalogue.services import (
    read_conversation,
    read_parts,
    read_questions,
    read_service,
    read_talk,
    read_trait,
    with_names,
    with_questions,
)
from nlu.catalogue.vocabulary import (
    read_gazetteers,
    read_languages,
    read_phrases,
    read_slot_types,
    read_topics,
    with_all,
)
from nlu.catalogue.yaml_source import Source


def load_catalogue(path: Path = Path("data")) -> Catalogue:
    """The catalogue under `path`. Raises CatalogueError with every problem of its files."""
    catalogue, problems = read_catalogue(path)
    if problems:
        raise CatalogueError(problems)
    return catalogue


def shared_catalogue(path: Path = Path("data")) -> Catalogue:
    """As `load_catalogue`, but one for the whole process as long as no file of it changes.

    A catalogue holds some 35 MB; engine, components and API all need the same one.
    """
    root = Path(path).absolute()
    state = tuple((at, at.stat().st_mtime_ns, at.stat().st_size) for at in root.glob("**/*.yml"))
    return _shared(root, tuple(sorted(state)))


@lru_cache(maxsize=2)
def _shared(root: Path, state: tuple[tuple[Path, int, int], ...]) -> Catalogue:
    return load_catalogue(root)


def read_catalogue(path: Path = Path("data")) -> tuple[Catalogue, list[Problem]]:
    """As much of the catalogue as can be read, and the problems in the way of the rest."""
    source = Source()
    root = Path(path)
    languages = read_languages(source, root / "languages.yml")
    if not languages.keys:  # nothing else can be read without them
        return Catalogue({}, {}, {}, {}, {}, languages, {}, "", root), source.problems
    gazetteers = read_gazetteers(source, _files(root / "gazetteers"), languages)
    slot_types = read_slot_types(source, root / "slot_types.yml", languages, gazetteers)
    phrases = read_phrases(source, root / "phrases.yml", languages)
    departments = read_departments(source, root / "departments", department_files(root), languages)
    conversation: dict[str, ConversationIntent] = {}
    for file in _files(root / "conversation"):
        intent = read_conversation(source, file, languages)
        if intent:
            conversation[intent.name] = intent
    for folder in sorted(path for path in (root / "conversation").glob("*/") if path.is_dir()):
        conversation[folder.name] = read_parts(source, folder, _files(folder), languages)
    for file in _files(root / "talk"):
        conversation |= {intent.name: intent for intent in read_talk(source, file, languages)}
    traits = {
        file.stem: trait for file in _files(root / "traits") if (trait := read_trait(source, file))
    }
    traits = {name: with_names(trait, gazetteers) for name, trait in traits.items()}
    if "about" in traits:
        asked = [one for file in _files(root / "questions") for one in read_questions(source, file)]
        traits["about"] = with_questions(traits["about"], asked)
    services: dict[str, Service] = {}
    for file in sorted((root / "services").glob("*/*.yml")):
        service = read_service(source, file, languages, slot_types)
        if service and service.name in services:
            source.add(
                file,
                1,
                f"`{service.name}` is also in {services[service.name].file}",
                "a service has one file and one department: rename or remove one",
            )
        elif service:
            services[service.name] = service
    catalogue = Catalogue(
        services=services,
        conversation=conversation,
        departments=departments,
        slot_types=slot_types,
        gazetteers=gazetteers,
        languages=languages,
        phrases=phrases,
        hash=_training_hash(services, conversation, traits, gazetteers, source, root),
        root=root,
        traits=traits,
        topics=with_all(read_topics(source, root / "topics.yml"), services),
        positions=source.positions,
    )
    return catalogue, source.problems


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.yml"))


def _training_hash(
    services: Mapping[str, Service],
    conversation: Mapping[str, ConversationIntent],
    traits: Mapping[str, Trait],
    gazetteers: Mapping[str, Gazetteer],
    source: Source,
    root: Path,
) -> str:
    """sha256 over what training depends on, so that an edited reply or hold-out retrains nothing.

    Utterances and development sentences with marks, slots with their types and roles, neighbours,
    sentences of traits, places, and the files of languages and slot types as they are.
    """
    content: dict[str, Any] = {
        "intents": {
            name: [_trained(i.utterances), _trained(i.development)]
            for name, i in conversation.items()
        },
        "services": {
            name: {
                "utterances": _trained(service.utterances),
                "development": _trained(service.development),
                "slots": [(s.name, s.type.name, s.role) for s in service.slots],
                "neighbours": service.neighbours,
            }
            for name, service in services.items()
        },
        "traits": {
            name: [
                {label: one.utterances for label, one in trait.labels.items()},
                trait.ordinary,
                [trait.others.utterances, trait.others.but, trait.others.traits],
            ]
            for name, trait in traits.items()
        },
        "places": {
            name: [(p.value, dict(p.title), p.forms) for p in gazetteer.places]
            for name, gazetteer in gazetteers.items()
        },
        "files": {
            name: hashlib.sha256(source.contents.get(root / name, b"")).hexdigest()
            for name in ("languages.yml", "slot_types.yml")
        },
    }
    packed = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(packed.encode()).hexdigest()


def _trained(utterances: Mapping[str, tuple[Utterance, ...]]) -> dict[str, list[Any]]:
    return {
        key: [(u.text, [(m.start, m.end, m.slot, m.role) for m in u.marks]) for u in found]
        for key, found in utterances.items()
    }
