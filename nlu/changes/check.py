"""The checks of `seva check`, for one edited file and in a tenth of a second.

The whole check reads 369 services and compares 118,000 sentences, which takes 7 to 20 s: too long
between a form and its answer. What an edit of texts can break is less: the file itself, and what
it shares with others (a sentence, a row of a menu, the share of contrasts). So the catalogue is
read once; an edited file takes the place of its service there. The rules are those of `seva check`,
unchanged: each runs on as much of the catalogue as the edit can touch. What depends on operations
and slots only (contracts of departments, examples of slot types) is left to the whole check, which
a proposal passes before it is handed over. A test holds both against each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Union

import regex

from nlu.augment.transcripts import FOLDER, read_all_heard
from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.errors import CatalogueError, Problem
from nlu.catalogue.limits import Limits, Spelled, load_limits
from nlu.catalogue.loader import read_catalogue
from nlu.catalogue.model import LISTS, Catalogue, ConversationIntent, Service
from nlu.catalogue.rules.run import Run
from nlu.catalogue.rules.sentences import contrast_problems, sentence_problems
from nlu.catalogue.rules.services import service_problems
from nlu.catalogue.rules.spelling import spelling_problems
from nlu.catalogue.rules.topics import topic_problems
from nlu.catalogue.rules.utterances import Said, bare, said_of, utterance_problems
from nlu.catalogue.rules.words import words_problems
from nlu.catalogue.services import read_conversation, read_parts, read_service, read_talk
from nlu.catalogue.yaml_source import Node, Source
from nlu.paths import reading
from nlu.records import RecordError, compose

Intent = Union[Service, ConversationIntent]
_ACROSS = (service_problems, topic_problems, contrast_problems)


class _Staged(Source):
    """Files as they are on disk, but for those that are staged."""

    def __init__(self, staged: Mapping[Path, bytes]) -> None:
        super().__init__()
        self._staged = staged

    def read(self, file: Path) -> Node | None:
        """As Source."""
        if file not in self._staged:
            return super().read(file)
        self.contents[file] = content = self._staged[file]
        try:
            return Node(self, file, (), compose(file, content))
        except RecordError as error:
            self.problems += error.problems
            return None


@dataclass(frozen=True)
class Base:
    """A catalogue that edits begin from, read once. `alike`: what a sentence is compared by ->
    where sentences of it stand. `known`: what rules across files say of it as it is."""

    catalogue: Catalogue
    limits: Limits
    alike: Mapping[str, tuple[Said, ...]]
    known: frozenset[Problem]
    staged: Mapping[Path, bytes] = field(default_factory=dict)
    """Files that are not as they are on disk."""

    @classmethod
    def read(cls, root: Path) -> Base:
        """Of the data folder `root`. Takes seconds. Raises RecordError without its limits."""
        catalogue, _ = read_catalogue(root)
        limits = load_limits(root)
        with _words_of(root):
            alike: dict[str, list[Said]] = {}
            empty = frozenset(map(bare, limits.empty_words))
            for intent in _intents(catalogue):
                for said in said_of(intent.name, intent):
                    for form in _forms(said.utterance.text, empty):
                        alike.setdefault(form, []).append(said)
            run = Run(catalogue, limits)
            known = frozenset(problem for rule in _ACROSS for problem in rule(run))
        return cls(catalogue, limits, {form: tuple(some) for form, some in alike.items()}, known)

    def with_file(self, name: str, content: bytes) -> Base:
        """The same with another content of one file, as far as that can be read."""
        file = self.catalogue.root / name
        with _words_of(self.catalogue.root):
            source = _Staged({**self.staged, file: content})
            intents = _read(source, self.catalogue, file)
            staged = {**self.staged, file: content}
            now, alike = self.catalogue, dict(self.alike)
            empty = frozenset(map(bare, self.limits.empty_words))
            for intent in intents:
                now = _with(now, intent, source, file)
                was = _intent(self.catalogue, intent)
                for said in said_of(was.name, was) if was else ():
                    for form in _forms(said.utterance.text, empty):
                        others = (s for s in alike.get(form, ()) if s.intent != intent.name)
                        alike[form] = tuple(others)
                for said in said_of(intent.name, intent):
                    for form in _forms(said.utterance.text, empty):
                        alike[form] = (*alike.get(form, ()), said)
        return replace(self, catalogue=now, alike=alike, staged=staged)


def check_edited(base: Base, name: str, content: bytes) -> tuple[Problem, ...]:
    """What `seva check` would say of the catalogue of `base` with another content of the file
    `name`, because of that file. `name` is relative to the data folder."""
    file = base.catalogue.root / name
    with _words_of(base.catalogue.root):
        source = _Staged({**base.staged, file: content})
        intents = _read(source, base.catalogue, file)
        found = set(source.problems)
        broken = frozenset({file} if found else ())
        now = base.catalogue
        for intent in intents:
            now = _with(now, intent, source, file)
        for intent in intents:
            if len(intents) == 1 or not _says_the_same(_intent(base.catalogue, intent), intent):
                found |= _own(now, intent, base.limits, broken)
                found |= _shared(base, now, intent, broken)
        return _told(found, base.catalogue.root)


def check_whole(root: Path) -> tuple[Problem, ...]:
    """All of `seva check`, of a staged data folder."""
    with _words_of(root):
        found = set(check_catalogue(root).problems)
        try:
            read_all_heard(root / FOLDER)
        except CatalogueError as error:
            found |= set(error.problems)
    return _told(found, root)


def _intent(catalogue: Catalogue, like: Intent) -> Intent | None:
    """The intent of the same name."""
    if isinstance(like, Service):
        return catalogue.services.get(like.name)
    return catalogue.conversation.get(like.name)


def _says_the_same(was: Intent | None, now: Intent) -> bool:
    """Whether only lines have moved: of a file with several intents one is edited at a time."""

    def said(intent: Intent) -> list[tuple[str, str, str]]:
        return [(one.part, one.key, one.utterance.text) for one in said_of(intent.name, intent)]

    return was is not None and said(was) == said(now)


def _read(source: Source, catalogue: Catalogue, file: Path) -> list[Intent]:
    """The intents of a file: several of one of `talk/`, else one, or none that can be read."""
    inside, languages = file.relative_to(catalogue.root).parts, catalogue.languages
    found: Intent | None
    if inside[0] == "talk":
        return [*read_talk(source, file, languages)]
    if inside[0] == "services":
        found = read_service(source, file, languages, catalogue.slot_types)
    elif len(inside) > 2:
        found = read_parts(source, file.parent, sorted(file.parent.glob("*.yml")), languages)
    else:
        found = read_conversation(source, file, languages)
    return [found] if found is not None else []


def _with(catalogue: Catalogue, intent: Intent, source: Source, file: Path) -> Catalogue:
    kept = {place: line for place, line in catalogue.positions.items() if place[0] != file}
    positions = {**kept, **source.positions}
    if isinstance(intent, Service):
        # by the file: the name inside it may have been edited
        services = {n: s for n, s in catalogue.services.items() if s.file != file}
        order = [*catalogue.services] if intent.name in catalogue.services else []
        services[intent.name] = intent
        services = {n: services[n] for n in dict.fromkeys([*order, *services]) if n in services}
        return replace(catalogue, services=services, positions=positions)
    conversation = {**catalogue.conversation, intent.name: intent}
    return replace(catalogue, conversation=conversation, positions=positions)


def _own(now: Catalogue, intent: Intent, limits: Limits, broken: frozenset[Path]) -> set[Problem]:
    """What is wrong in the file, whatever the others say."""
    mine = isinstance(intent, Service)
    alone: Catalogue = replace(
        now,
        services={intent.name: intent} if isinstance(intent, Service) else {},
        conversation={} if isinstance(intent, Service) else {intent.name: intent},
    )
    silent = replace(alone, departments={}, slot_types={}, phrases={})
    run = Run(alone, limits, broken=broken)
    only_said = Run(silent, replace(limits, spelled=Spelled()), broken=broken)
    found = {*sentence_problems(run)}
    if mine:
        found |= {*spelling_problems(only_said)}
        found |= {one for one in words_problems(run) if one.file == intent.file}
    return found


def _shared(base: Base, now: Catalogue, intent: Intent, broken: frozenset[Path]) -> set[Problem]:
    """What is wrong because of the file and another one together."""
    found: set[Problem] = set()
    rules = list(_ACROSS)
    if not _contrasts_more(base.limits, _intent(base.catalogue, intent), intent):
        rules.remove(contrast_problems)  # it reads all that is trained
    for rule in rules:
        found |= set(rule(Run(now, base.limits, broken=broken))) - base.known
    empty = frozenset(map(bare, base.limits.empty_words))
    others: dict[Said, None] = {}
    for one in said_of(intent.name, intent):
        for form in _forms(one.utterance.text, empty):
            others.update(dict.fromkeys(base.alike.get(form, ())))
    near = _moved(base.catalogue, now, [one for one in others if one.intent != intent.name])

    def said(some: Catalogue) -> set[Problem]:
        return {*utterance_problems(Run(some, base.limits, broken=broken))}

    # The few sentences that are left of the others are too few: so are they without this intent.
    return found | (said(_few(now, near, intent)) - said(_few(now, near, None)))


def _moved(before: Catalogue, now: Catalogue, some: Iterable[Said]) -> list[Said]:
    """The same sentences where they stand now: others of an edited file may have moved."""
    found = []
    for one in some:
        intent = now.conversation.get(one.intent)
        if intent is None or intent is before.conversation.get(one.intent):
            found.append(one)
            continue
        same = one.part, one.key, one.utterance.text
        found += [
            other
            for other in said_of(intent.name, intent)
            if (other.part, other.key, other.utterance.text) == same
        ]
    return found


def _contrasts_more(limits: Limits, was: Intent | None, now: Intent) -> bool:
    """Whether the share of sentences that say what is not wanted can have risen: there is another
    one of those, or there are fewer sentences."""
    before = was.utterances if was else {}
    for key, pattern in limits.contrast.patterns.items():
        old, new = before.get(key, ()), now.utterances.get(key, ())
        known = {one.text for one in old}
        more = (one.text.lower() for one in new if one.text not in known)
        if len(new) < len(old) or any(regex.search(pattern, text) for text in more):
            return True
    return False


def _few(catalogue: Catalogue, near: Iterable[Said], whole: Intent | None) -> Catalogue:
    """The catalogue with the intent `whole`, and of all others the sentences `near` alone."""
    kept = {(s.intent, s.part, s.key, id(s.utterance)) for s in near}
    names = {said.intent for said in near}

    def cut(intent: Any) -> Any:
        parts = {
            part: {
                key: tuple(u for u in some if (intent.name, part, key, id(u)) in kept)
                for key, some in getattr(intent, part).items()
            }
            for part in LISTS
        }
        return replace(intent, **parts)

    def some(intents: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: one if one is whole else cut(one)
            for name, one in intents.items()
            if one is whole or name in names
        }

    return replace(
        catalogue, services=some(catalogue.services), conversation=some(catalogue.conversation)
    )


def _words_of(root: Path) -> AbstractContextManager[None]:
    """Inside, numbers and units are read by the words of that folder, if it has its own."""
    return reading(root if (root / "lexicon").is_dir() else None)


def _intents(catalogue: Catalogue) -> Iterator[Intent]:
    yield from catalogue.conversation.values()
    yield from catalogue.services.values()


def _forms(text: str, empty: frozenset[str]) -> set[str]:
    """Whatever the rule may compare a sentence by: with the words that change nothing, without
    them, and as it is where it has no letters."""
    words = [bare(word) for word in text.split()]
    return {"".join(words), "".join(word for word in words if word not in empty), text} - {""}


def _told(found: Iterable[Problem], root: Path) -> tuple[Problem, ...]:
    """In the order of file and line, with files as people name them: `data/...`."""
    here, there = f"{root}/", "data/"
    return tuple(
        Problem(
            Path(str(one.file).replace(here, there)),
            one.line,
            one.what.replace(here, there),
            one.mend.replace(here, there),
        )
        for one in sorted(found)
    )
