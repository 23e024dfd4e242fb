"""Reads service files and conversation intents: utterances, slots, replies."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypedDict

from nlu.catalogue.marks import MarkError, parse_marks
from nlu.catalogue.model import (
    FACTS,
    LISTS,
    MIXED_KEY,
    SERVICE_KINDS,
    SLOT_ROLES,
    SUGGESTIONS,
    Asked,
    ConversationIntent,
    Facts,
    Gazetteer,
    Languages,
    Questions,
    Service,
    Slot,
    SlotType,
    Trait,
    TraitLabel,
    Utterance,
)
from nlu.catalogue.yaml_source import TODO, Node, Source, did_you_mean

_REQUIRED = (
    *("service", "department", "phase", "kind", "title", "menu", "about"),
    *("utterances", "slots", "replies"),
)
_OPTIONAL = (
    *("development", "holdout", "holdout_noisy", "operation", "lookup", "confirm", "confirm_text"),
    *("neighbours", "follow_ups", "facts", "tells"),
)
ELSEWHERE = "elsewhere"
"""The file of `talk/` about what is none of our services."""
_SLOT_OPTIONAL = (
    *("required", "role", "ask", "label"),
    *("opening_words", "suggested_by", "offered_by", "volunteered"),
)
_NO_TYPE = SlotType(
    name="",
    kind="text",
    pattern=None,
    checksum=None,
    sensitive=False,
    extract=False,
    minimum=None,
    maximum=None,
    when=None,
    gazetteer=None,
    choices=(),
    examples=(),
    ask={},
    retry={},
    label={},
)


def read_conversation(
    source: Source, file: Path, languages: Languages
) -> ConversationIntent | None:
    """One conversation intent; None if it has no name or no utterances."""
    top = source.read(file)
    fields = (
        top.fields(("intent", "utterances", "holdout"), ("development", "holdout_noisy"))
        if top
        else {}
    )
    if not {"intent", "utterances"} <= fields.keys():
        return None
    name = _named_as_file(fields["intent"])
    return ConversationIntent(
        name=name,
        utterances=_utterances(fields["utterances"], languages),
        **_measured(fields, languages),
        file=file,
    )


def read_parts(
    source: Source, folder: Path, files: Sequence[Path], languages: Languages
) -> ConversationIntent:
    """A conversation intent whose sentences lie in several files, one a topic."""
    found: dict[str, dict[str, tuple[Utterance, ...]]] = {part: {} for part in LISTS}
    for file in files:
        top = source.read(file)
        fields = top.fields(("intent", "utterances"), LISTS[1:]) if top else {}
        if "intent" in fields and fields["intent"].text() != folder.name:
            fields["intent"].problem(
                f"the intent is not `{folder.name}` as the folder is called",
                f"write `intent: {folder.name}`, or move the file",
            )
        for part in LISTS:
            read = _utterances(fields[part], languages) if part in fields else {}
            for key, some in read.items():
                here = tuple(replace(utterance, file=file) for utterance in some)
                found[part][key] = (*found[part].get(key, ()), *here)
    return ConversationIntent(
        name=folder.name,
        utterances=found["utterances"],
        development=found["development"],
        holdout=found["holdout"],
        file=folder,
        holdout_noisy=found["holdout_noisy"],
    )


def read_talk(source: Source, file: Path, languages: Languages) -> list[ConversationIntent]:
    """The intents of a file of `talk/`: each has one reply. They are called `<file>_<name>`."""
    top = source.read(file)
    entries = top.fields(("talk",)).get("talk") if top else None
    found = []
    for name, node in (entries.children() if entries else {}).items():
        fields = node.fields(("reply", "utterances"), ("title",))
        if {"reply", "utterances"} <= fields.keys():
            found.append(
                ConversationIntent(
                    name=f"{file.stem}_{name}",
                    utterances=_utterances(fields["utterances"], languages),
                    development={},
                    holdout={},
                    file=file,
                    reply=fields["reply"].words(languages.reply),
                    elsewhere=file.stem == ELSEWHERE,
                    path=node.path,
                )
            )
    return found


def read_trait(source: Source, file: Path) -> Trait | None:
    """A file of `traits/`."""
    top = source.read(file)
    return top.record(Trait) if top else None


def read_questions(source: Source, file: Path) -> list[tuple[str, Asked]]:
    """The sentences of a file of `questions/`, each with its key."""
    top = source.read(file)
    read = top.record(Questions) if top else None
    by_key = [found for found in (read.questions.values() if read else ())]
    return [(key, asked) for found in by_key for key, some in found.items() for asked in some]


def with_names(trait: Trait, gazetteers: Mapping[str, Gazetteer]) -> Trait:
    """The trait with the names of the gazetteers that its labels name, in every language."""
    return replace(
        trait,
        labels={name: _with_names(label, gazetteers) for name, label in trait.labels.items()},
    )


def _with_names(label: TraitLabel, gazetteers: Mapping[str, Gazetteer]) -> TraitLabel:
    told = dict(label.utterances)
    for gazetteer in label.gazetteers:
        for place in gazetteers[gazetteer].places:
            for language, title in place.title.items():
                told[language] = (*told.get(language, ()), title)
    return replace(label, utterances=told)


def with_questions(trait: Trait, questions: Iterable[tuple[str, Asked]]) -> Trait:
    """The trait `about` with the sentences that ask about its labels, and those that do not."""
    labels = {name: dict(one.utterances) for name, one in trait.labels.items()}
    ordinary = dict(trait.ordinary)
    for key, asked in questions:
        for some in [labels[fact] for fact in asked.about if fact in labels] or [ordinary]:
            some[key] = (*some.get(key, ()), asked.text)
    told = {name: replace(trait.labels[name], utterances=some) for name, some in labels.items()}
    return replace(trait, labels=told, ordinary=ordinary)


def read_service(
    source: Source, file: Path, languages: Languages, slot_types: Mapping[str, SlotType]
) -> Service | None:
    """One service; None if a part is missing without which nothing else can be read."""
    top = source.read(file)
    fields = top.fields(_REQUIRED, _OPTIONAL) if top else {}
    if not set(_REQUIRED) <= fields.keys():
        return None
    reply = languages.reply
    confirm_text = fields.get("confirm_text")
    return Service(
        name=_named_as_file(fields["service"]),
        department=fields["department"].text(),
        phase=fields["phase"].whole(),
        kind=fields["kind"].one_of(SERVICE_KINDS),
        title=fields["title"].words(reply),
        menu=fields["menu"].words(reply),
        about=fields["about"].words(reply),
        utterances=_utterances(fields["utterances"], languages),
        **_measured(fields, languages),
        slots=_slots(fields["slots"], reply, slot_types),
        lookup=_operation_id(fields.get("lookup")),
        confirm="confirm" in fields and fields["confirm"].flag(),
        confirm_text=(
            confirm_text.words(reply) if confirm_text and not confirm_text.is_null() else None
        ),
        operation=_operation_id(fields.get("operation")),
        replies={k: n.words(reply) for k, n in fields["replies"].children().items()},
        neighbours=fields["neighbours"].texts() if "neighbours" in fields else (),
        file=file,
        follow_ups=(
            {outcome: node.texts() for outcome, node in fields["follow_ups"].children().items()}
            if "follow_ups" in fields
            else {}
        ),
        facts=_facts(fields.get("facts"), reply),
        tells=(
            tuple(node.one_of(FACTS) for node in fields["tells"].items())
            if "tells" in fields
            else ()
        ),
    )


def _facts(node: Node | None, languages: Collection[str]) -> Facts | None:
    if node is None or node.is_null():
        return None
    fields = node.fields(("source", "read"), FACTS)
    if not {"source", "read"} <= fields.keys():
        return None
    said = {name: fields[name].words(languages) for name in FACTS if name in fields}
    if not said:
        node.problem("`facts` say nothing", f"add one of {', '.join(FACTS)}, or remove `facts:`")
    return Facts(said, fields["source"].text(), fields["read"].day())


class _Measured(TypedDict):
    development: Mapping[str, tuple[Utterance, ...]]
    holdout: Mapping[str, tuple[Utterance, ...]]
    holdout_noisy: Mapping[str, tuple[Utterance, ...]]


def _measured(fields: Mapping[str, Node], languages: Languages) -> _Measured:
    """What is not learned: the sentences that calibrate, and those that score."""

    def of(part: str) -> Mapping[str, tuple[Utterance, ...]]:
        return _utterances(fields[part], languages) if part in fields else {}

    return {
        "development": of("development"),
        "holdout": of("holdout"),
        "holdout_noisy": of("holdout_noisy"),
    }


def _named_as_file(node: Node) -> str:
    name = node.text()
    if name != node.file.stem:
        node.problem(
            f"the name is `{name}` but the file is `{node.file.name}`",
            f"write `{node.path[-1]}: {node.file.stem}`, or rename the file",
        )
    return name


def _operation_id(node: Node | None) -> str | None:
    if node is None or node.is_null():
        return None
    fields = node.fields(("operationId",))
    return fields["operationId"].text() if fields else None


def _utterances(node: Node, languages: Languages) -> dict[str, tuple[Utterance, ...]]:
    fields = node.fields(tuple(languages.keys), (MIXED_KEY,))
    return {
        key: tuple(u for u in map(_utterance, child.items()) if u) for key, child in fields.items()
    }


def _utterance(node: Node) -> Utterance | None:
    source = node.text()
    if not source or TODO in source:
        return None
    if node.cut():
        node.problem(f"`{source}` is cut at the `#` behind it", 'put it in quotes: "..."')
    try:
        text, marks = parse_marks(source)
    except MarkError as error:
        node.problem(error.what, error.mend)
        return None
    return Utterance(text, marks, node.line)


def _slots(
    node: Node, languages: Collection[str], slot_types: Mapping[str, SlotType]
) -> tuple[Slot, ...]:
    slots: dict[str, Slot] = {}
    for item in node.items():
        fields = item.fields(("name", "type"), _SLOT_OPTIONAL)
        if not {"name", "type"} <= fields.keys():
            continue
        name, type_name = fields["name"].text(), fields["type"].text()
        slot_type = slot_types.get(type_name)
        if slot_type is None:
            slot_type = _NO_TYPE
            if slot_types:  # else slot_types.yml itself is broken, and says so
                what = f"unknown slot type `{type_name}`"
                mend = did_you_mean(type_name, slot_types)
                fields["type"].problem(what, f"{mend} (slot_types.yml)")
        if name in slots:
            fields["name"].problem(f"two slots are called `{name}`", "give one another name")
        role = fields.get("role")
        slots[name] = Slot(
            name=name,
            type=slot_type,
            required=fields["required"].flag() if "required" in fields else True,
            role=role.one_of(SLOT_ROLES) if role and not role.is_null() else None,
            ask=fields["ask"].words(languages) if "ask" in fields else slot_type.ask,
            label=fields["label"].words(languages) if "label" in fields else slot_type.label,
            opening_words=fields["opening_words"].whole() if "opening_words" in fields else None,
            suggested_by=(
                fields["suggested_by"].one_of(SUGGESTIONS) if "suggested_by" in fields else None
            ),
            offered_by=fields["offered_by"].text() if "offered_by" in fields else None,
            volunteered="volunteered" in fields and fields["volunteered"].flag(),
        )
    return tuple(slots.values())
