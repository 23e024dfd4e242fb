"""Reads what services share: languages, phrases, slot types and gazetteers."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

import regex

from nlu.catalogue.department import Words
from nlu.catalogue.model import (
    DATE_RANGES,
    Choice,
    Gazetteer,
    LanguageKey,
    Languages,
    Place,
    Service,
    SlotType,
    Topic,
    Topics,
)
from nlu.catalogue.slot_kinds import slot_kinds
from nlu.catalogue.yaml_source import Node, Source
from nlu.text.checksums import CHECKSUMS

NO_LANGUAGES = Languages(reply=(), default="", keys={}, names={})


def read_languages(source: Source, file: Path) -> Languages:
    """`languages.yml`."""
    top = source.read(file)
    if top is None:
        return NO_LANGUAGES
    fields = top.fields(("reply_languages", "default_language", "keys"), ("names",))
    reply = fields["reply_languages"].texts() if "reply_languages" in fields else ()
    default = fields["default_language"].one_of(reply) if "default_language" in fields else ""
    keys: dict[str, LanguageKey] = {}
    for key, node in (fields["keys"].children() if "keys" in fields else {}).items():
        entry = node.fields(("language", "script", "name"))
        if len(entry) == 3:
            language = entry["language"].one_of(reply)
            keys[key] = LanguageKey(key, language, entry["script"].text(), entry["name"].text())
    names: dict[str, tuple[str, ...]] = {language: () for language in reply}
    if "names" in fields:
        names.update({k: node.texts() for k, node in fields["names"].fields(reply).items()})
    return Languages(reply, default, keys, names)


def read_phrases(source: Source, file: Path, languages: Languages) -> dict[str, Words]:
    """`phrases.yml`."""
    top = source.read(file)
    phrases = top.fields(("phrases",)).get("phrases") if top else None
    if phrases is None:
        return {}
    return {name: node.words(languages.reply) for name, node in phrases.children().items()}


def read_topics(source: Source, file: Path) -> dict[str, Topic]:
    """`topics.yml`, where there is one."""
    top = source.read(file) if file.exists() else None
    read = top.record(Topics) if top else None
    return {topic.name: topic for topic in read.topics} if read else {}


def with_all(topics: Mapping[str, Topic], services: Mapping[str, Service]) -> dict[str, Topic]:
    """The topics with the services that stand in none: each where most of its department are."""
    listed = {name for topic in topics.values() for name in topic.services}
    found = dict(topics)
    for name in sorted(services.keys() - listed if topics else ()):
        department = services[name].department

        def of_department(topic: Topic, own: str = department) -> int:
            known = (services[one] for one in topic.services if one in services)
            return sum(service.department == own for service in known)

        best = max(topics.values(), key=of_department)
        found[best.name] = replace(found[best.name], services=(*found[best.name].services, name))
    return found


def read_gazetteers(
    source: Source, files: Iterable[Path], languages: Languages
) -> dict[str, Gazetteer]:
    """`gazetteers/*.yml`, named by file."""
    found: dict[str, Gazetteer] = {}
    for file in files:
        top = source.read(file)
        places = top.fields(("places",)).get("places") if top else None
        if places is None:
            continue
        entries = [_place(node, languages.reply) for node in places.items()]
        found[file.stem] = Gazetteer(file.stem, tuple(p for p in entries if p))
    return found


def _place(node: Node, languages: Collection[str]) -> Place | None:
    fields = node.fields(("value", "title"), ("forms",))
    if not {"value", "title"} <= fields.keys():
        return None
    forms = fields["forms"].texts() if "forms" in fields else ()
    return Place(fields["value"].text(), fields["title"].words(languages), forms)


def read_slot_types(
    source: Source, file: Path, languages: Languages, gazetteers: Collection[str]
) -> dict[str, SlotType]:
    """`slot_types.yml`."""
    top = source.read(file)
    types = top.fields(("types",)).get("types") if top else None
    if types is None:
        return {}
    return {
        name: _slot_type(name, node, languages.reply, gazetteers)
        for name, node in types.children().items()
    }


def _slot_type(
    name: str, node: Node, languages: Collection[str], gazetteers: Collection[str]
) -> SlotType:
    fields = node.fields(
        ("kind", "examples", "ask", "retry"),
        (
            *("pattern", "checksum", "sensitive", "extract", "min", "max", "when"),
            *("gazetteer", "choices", "label", "unit", "longest", "accepts"),
        ),
    )
    kinds = slot_kinds()
    kind = fields["kind"].one_of(kinds) if "kind" in fields else "text"
    if kind in kinds:
        _keys_of_its_kind(name, node, fields, kind)
    ask = fields["ask"].words(languages) if "ask" in fields else {}
    choices = fields["choices"].items() if "choices" in fields else []
    return SlotType(
        name=name,
        kind=kind,
        pattern=_pattern(fields["pattern"]) if "pattern" in fields else None,
        checksum=fields["checksum"].one_of(tuple(CHECKSUMS)) if "checksum" in fields else None,
        sensitive="sensitive" in fields and fields["sensitive"].flag(),
        extract="extract" in fields and fields["extract"].flag(),
        minimum=fields["min"].whole() if "min" in fields else None,
        maximum=fields["max"].whole() if "max" in fields else None,
        when=fields["when"].one_of(DATE_RANGES) if "when" in fields else None,
        gazetteer=fields["gazetteer"].one_of(gazetteers) if "gazetteer" in fields else None,
        choices=tuple(c for c in (_choice(item, languages) for item in choices) if c),
        examples=fields["examples"].texts() if "examples" in fields else (),
        ask=ask,
        retry=fields["retry"].words(languages) if "retry" in fields else {},
        label=fields["label"].words(languages) if "label" in fields else ask,
        unit=fields["unit"].text() if "unit" in fields else None,
        longest=fields["longest"].whole() if "longest" in fields else None,
        accepts=fields["accepts"].texts() if "accepts" in fields else (),
    )


def _keys_of_its_kind(name: str, node: Node, fields: Mapping[str, Node], kind: str) -> None:
    """Keys that the kind needs are there; those that only other kinds have are not."""
    kinds = slot_kinds()
    own = (*kinds[kind].needs, *kinds[kind].allows)
    for key in kinds[kind].needs:
        if key not in fields:
            node.problem(f"a type of kind {kind} needs `{key}:`", f"add `{key}:` to {name}")
    for key in sorted({key for other in kinds.values() for key in (*other.needs, *other.allows)}):
        if key in fields and key not in own:
            fields[key].problem(f"`{key}` means nothing for kind {kind}", "remove it")


def _pattern(node: Node) -> str:
    pattern = node.text()
    try:
        regex.compile(pattern)
    except regex.error as error:
        node.problem(f"the pattern cannot be read ({error})", "mend the regular expression")
        return ""
    return pattern


def _choice(node: Node, languages: Collection[str]) -> Choice | None:
    fields = node.fields(("value", "title", "forms"))
    if len(fields) < 3:
        return None
    return Choice(fields["value"].text(), fields["title"].words(languages), fields["forms"].texts())
