"""Sentences and titles: lengths that WhatsApp accepts, and placeholders that something fills."""

from __future__ import annotations

import string
from collections.abc import Collection, Iterator
from pathlib import Path

from nlu.catalogue.department import Department, Operation, Words
from nlu.catalogue.errors import Problem
from nlu.catalogue.model import Service, SlotType
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import did_you_mean


def words_problems(check: Run) -> Iterator[Problem]:
    """Every Words mapping of services, departments, slot types and phrases."""
    for service in check.catalogue.services.values():
        yield from _service(check, service)
    for department in check.catalogue.departments.values():
        yield from _department(check, department)
    for slot_type in check.catalogue.slot_types.values():
        yield from _slot_type(check, slot_type)
    yield from _phrases(check)
    for place, topic in enumerate(check.catalogue.topics.values()):
        file, path = check.catalogue.root / "topics.yml", ("topics", str(place))
        yield from words_at(check, file, (*path, "title"), topic.title, check.limits.lengths.menu)
        yield from words_at(check, file, (*path, "about"), topic.about, check.limits.lengths.about)


def fields_of(text: str) -> set[str]:
    """Names in braces. Raises ValueError for a brace that opens or closes nothing."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


PAY_UNTIL = "pay_until"
"""In replies of operations that ask for money: until when the link can be paid."""
SUMMARY = "summary"
"""In `confirm_text`: a line for each slot."""


def words_at(
    check: Run,
    file: Path,
    path: tuple[str, ...],
    words: Words,
    longest: int,
    known: Collection[str] = (),
) -> Iterator[Problem]:
    """Problems of one Words mapping: length, and placeholders among `known`, the same in all."""
    used: dict[str, set[str]] = {}
    for language, text in words.items():
        where = (*path, language)
        name = ".".join(where)
        if len(text) > longest:
            what = f"{name} has {len(text)} characters, the limit is {longest}"
            yield check.at(file, *where, what=what, mend=f"shorten it by {len(text) - longest}")
        try:
            used[language] = fields_of(text)
        except ValueError:
            what = f"{name} has a brace without its partner"
            yield check.at(file, *where, what=what, mend="write placeholders as `{name}`")
            continue
        for field in sorted(used[language] - set(known)):
            what = f"nothing fills `{{{field}}}` in {name}"
            mend = did_you_mean(field, known) if known else "placeholders are not allowed here"
            yield check.at(file, *where, what=what, mend=mend)
    everywhere = set().union(*used.values()) & set(known) if used else set()
    for language, fields in used.items():
        for field in sorted(everywhere - fields):
            what = f"`{{{field}}}` is missing in {'.'.join((*path, language))}"
            mend = "the other languages say it: add it, or take it out of all of them"
            yield check.at(file, *path, language, what=what, mend=mend)


def _service(check: Run, service: Service) -> Iterator[Problem]:
    limits, file = check.limits, service.file
    yield from words_at(check, file, ("title",), service.title, limits.lengths.about)
    yield from words_at(check, file, ("menu",), service.menu, limits.lengths.menu)
    yield from words_at(check, file, ("about",), service.about, limits.lengths.about)
    for place, slot in enumerate(service.slots):
        for part, words in (("ask", slot.ask), ("label", slot.label)):
            path = ("slots", str(place), part)
            if (file, path) in check.catalogue.positions:
                yield from words_at(check, file, path, words, limits.lengths.sentence)
    slots = {slot.name for slot in service.slots}
    operations = _operations(check, service)
    looked_up = set(operations[service.lookup].result) if service.lookup in operations else set()
    done = set().union(*(operation.result for operation in operations.values()))
    if any(operation.payment for operation in operations.values()):
        done.add(PAY_UNTIL)
    if service.confirm_text:
        known = slots | looked_up | {SUMMARY}
        text = service.confirm_text
        yield from words_at(check, file, ("confirm_text",), text, limits.lengths.sentence, known)
    for outcome, words in service.replies.items():
        said = ("replies", outcome)
        yield from words_at(check, file, said, words, limits.lengths.sentence, slots | done)
    for name, words in (service.facts.said if service.facts else {}).items():
        yield from words_at(check, file, ("facts", name), words, limits.lengths.fact)


def _operations(check: Run, service: Service) -> dict[str, Operation]:
    department = check.catalogue.departments.get(service.department)
    known = department.operations if department else {}
    return {n: known[n] for n in (service.lookup, service.operation) if n and n in known}


def _department(check: Run, department: Department) -> Iterator[Problem]:
    yield from words_at(
        check, department.file, ("title",), department.title, check.limits.lengths.about
    )
    yield from words_at(
        check, department.file, ("menu",), department.menu, check.limits.lengths.menu
    )
    if department.office:
        yield from words_at(
            check, department.file, ("office",), department.office, check.limits.lengths.about
        )


def _slot_type(check: Run, slot_type: SlotType) -> Iterator[Problem]:
    limits, file = check.limits, check.catalogue.root / "slot_types.yml"
    here = ("types", slot_type.name)
    yield from words_at(check, file, (*here, "ask"), slot_type.ask, limits.lengths.sentence)
    yield from words_at(check, file, (*here, "retry"), slot_type.retry, limits.lengths.sentence)
    longest = (
        limits.lengths.button if len(slot_type.choices) <= limits.buttons else limits.lengths.row
    )
    for place, choice in enumerate(slot_type.choices):
        path = (*here, "choices", str(place), "title")
        yield from words_at(check, file, path, choice.title, longest)


def _phrases(check: Run) -> Iterator[Problem]:
    file, limits = check.catalogue.root / "phrases.yml", check.limits
    if file in check.broken:
        return
    for name in sorted(limits.phrases.keys() - check.catalogue.phrases.keys()):
        mend = f"add `{name}:` with every language"
        yield check.at(file, "phrases", what=f"the phrase `{name}` is missing", mend=mend)
    for name, words in check.catalogue.phrases.items():
        limit = limits.phrases.get(name)
        longest = (limit and limit.longest) or limits.lengths.sentence
        fields = limit.fields if limit else ()
        yield from words_at(check, file, ("phrases", name), words, longest, fields)
