"""Numbers that departments give: known by their kind wherever a citizen writes them, and asked for
by what they are of ("my last ticket", "status")."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import regex

from actions.dialogue import cues, memory, questions
from actions.dialogue.display import filled
from actions.dialogue.form import Form
from actions.dialogue.state import SWITCH, Given, Heard, State, Words
from actions.dialogue.steps import ASK, STOP, Step, cleared
from nlu.catalogue import NumberKind, Slot
from nlu.slots import extract
from nlu.slots.kind import kind_of, said
from nlu.turn import Button, payload

_DIGIT = regex.compile(r"\d")
_FEWEST = 8
"""Digits of the shortest number that is given."""
_LIKE = "application_number"
"""The type of slot that is read as numbers of every kind are."""
ANY = "request"
"""The word for numbers of every kind among the `things` of the settings."""
APPLICATION = "application"
"""What people also call a complaint or a booking."""
SAME = "same"
STATUS = "status"
"""What is wanted where nothing else is said."""


@dataclass(frozen=True)
class Ours:
    """A number in a message, and a kind that it fits."""

    kind: NumberKind
    number: str


def found(form: Form, text: str) -> list[Ours]:
    """The numbers of ours in a text; one that fits several kinds is reported for each."""
    if len(_DIGIT.findall(said(text, form.today).codes.text)) < _FEWEST:
        return []
    kinds = [
        kind
        for department in form.catalogue.departments.values()
        for kind in department.numbers
        if kind.formats
    ]
    any_kind = "|".join(kind.pattern for kind in kinds)
    like = replace(form.catalogue.slot_types[_LIKE], name="numbers", pattern=any_kind)
    values = extract(text, [like], today=form.today, catalogue=form.catalogue)
    return [
        Ours(kind, one.value)
        for one in values
        for kind in kinds
        if regex.fullmatch(kind.pattern, one.value)
    ]


def routed(form: Form, state: State, heard: Heard) -> Step | None:
    """What follows from a number of ours while no form is open; None where there is none, or the
    service that was understood is what the words are about. Of several numbers only the first is
    looked at."""
    ours = _first(form, state, heard)
    if not ours:
        return None
    number = ours[0].number
    services = list(dict.fromkeys(name for one in ours for name in one.kind.services.values()))
    understood = next((name for name in heard.options if name in services), None)
    wanted = _wanted(form, heard.text) & {wish for one in ours for wish in one.kind.services}
    if understood is None and heard.kind == "route" and _is_beside(form, heard, ours, wanted):
        return None
    by_word = (
        one.kind.services[wish] for one in ours for wish in one.kind.services if wish in wanted
    )
    name = understood or next(by_word, None)
    if name is None and len(services) == 1:
        name = services[0]
    if name is not None:
        return form.start(state, name, heard, words_for(form, state, name, number, heard.words))
    kept = replace(cleared(state), heard=heard.words)
    if services:
        fields = {"title": ours[0].kind.title[state.language], "number": number}
        lead = filled(form.catalogue.phrases["number_ours"], state.language, fields)
        rows = [_row(form, state, name, number) for name in services]
        rows.append(Button(form.catalogue.phrases["none_of_these"][state.language], questions.MENU))
        return Step(kept, STOP, (questions.listed(form.catalogue, state.language, lead, rows),))
    return _office(form, state, ours[0])


def elsewhere(form: Form, state: State, heard: Heard) -> Step | None:
    """Inside a form, a number that another service knows: asked whether that one was meant. None
    where the number may be the answer."""
    slot, service = form.asked_slot(state), form.service(state)
    if slot is None or slot.name != state.asked:
        return None
    fits = form.fits(state, heard.text)
    if fits and not kind_of(slot.type).names_record:
        return None
    ours = _first(form, state, heard)
    if not ours or (fits and _takes(form, service.name, ours)):
        return None
    names = [name for one in ours for name in one.kind.services.values()]
    if not names or service.name in names or state.said_before(heard):
        return None
    return Step(replace(state, asked=SWITCH + names[0], heard=heard.words), ASK)


def at_hand(form: Form, state: State, heard: Heard) -> Step | None:
    """Words about what is asked for, in place of it: that it is the same as before, or that the
    number is not at hand. None where they say something else."""
    slot = form.asked_slot(state)
    if slot is None or slot.name != state.asked:
        return None
    known = form.known(state, slot)
    said_before = memory.said_before(form.settings, state, slot)
    yes = heard.kind == "conversation" and heard.intent == "affirm" and said_before
    if known and (yes or cues.command(heard.text, form.settings) == SAME):
        followed = form.follow(state, heard)
        return form.after(form.told(followed, {slot.name: known[0]}, spoken=False))
    words = form.settings.numbers
    groups = {"lacks": words.lacks, "of": words.of, "filler": words.filler}
    meant = cues.meanings(heard.text, groups) or set()
    record = memory.record_slot(form.service(state))
    if record is None or "lacks" not in meant:
        return None
    if record.name == slot.name:
        return lacking(form, form.follow(state, heard), slot) if slot.required else None
    if "of" not in meant or record.required or record.name in state.given:
        return None
    left_out = replace(form.follow(state, heard), given=(*state.given, record.name))
    return Step(left_out, ASK, (form.say("number_not_needed", left_out),))


def lacking(form: Form, state: State, slot: Slot) -> Step:
    """What the department can look for instead, or who can: the question stays open. What it has on
    record for this phone is looked up, once."""
    service = form.service(state)
    if form.found_by(service, slot) and slot.name not in state.lacks:
        return Step(replace(state, lacks=(*state.lacks, slot.name), attempts=0), ASK)
    who = questions.lacking(form.catalogue, service, state)
    return Step(replace(state, attempts=1), STOP, (who,))


def recalled(form: Form, state: State, heard: Heard) -> Step | None:
    """What this phone did here, where the message asks for nothing else: "my last ticket",
    "status", "my applications". One is gone on with, several are offered; None where there is
    nothing to recall."""
    words = form.settings.numbers
    groups = {
        **{f"wants/{name}": some for name, some in words.wants.items()},
        **{f"things/{name}": some for name, some in words.things.items()},
        "mine": words.mine,
        "filler": (*words.filler, *form.settings.polite),
    }
    meant = cues.meanings(heard.text, groups) or set()
    wants = {one.partition("/")[2] for one in meant if one.startswith("wants/")}
    things = {one.partition("/")[2] for one in meant if one.startswith("things/")}
    about_own = len([part for part in (wants, things, meant & {"mine"}) if part]) > 1
    if not (about_own or wants == {STATUS}):
        return None
    usable = [one for one in state.memory.given if _service(form, one, wants) is not None]
    given = [one for one in usable if _of(form, one, things)]
    if not given and things == {APPLICATION}:
        given = usable
    if not given:
        return None
    state = form.follow(state, heard)
    if len(given) == 1:
        one = given[0]
        name = _service(form, one, wants) or ""
        known = words_for(form, state, name, one.number)
        step = form.start(state, name, heard, known)
        return step.after_saying(form.number_taken(state, one))
    lead = form.catalogue.phrases["your_requests"][state.language]
    rows = [_given_row(form, state, one, _service(form, one, wants) or "") for one in given]
    shown = rows[: form.settings.list_page]
    return Step(
        cleared(state), STOP, (questions.listed(form.catalogue, state.language, lead, shown),)
    )


def instead(form: Form, state: State, heard: Heard, service: str) -> Step | None:
    """What this phone was given elsewhere, where a service is meant that takes other such numbers
    and none is told: a complaint about garbage, and the status of an electricity complaint. None
    where there is nothing of the kind."""
    target = form.catalogue.services[service]
    slot = memory.record_slot(target)
    told = form.told_by(service, heard.words)
    known = memory.fitting(form.catalogue, state, target)
    if slot is None or not slot.required or slot.offered_by or slot.name in told or known:
        return None
    kinds = [
        (kind, wish)
        for kind in form.catalogue.departments[target.department].numbers
        for wish, name in kind.services.items()
        if name == service
    ]
    wants = {wish for _, wish in kinds}
    things = {part for kind, _ in kinds for part in kind.name.split("_")}
    rows = [
        _given_row(form, state, given, name)
        for given in state.memory.given
        if _of(form, given, things) and wants
        for name in (_service(form, given, wants),)
        if name is not None
    ]
    if not rows:
        return None
    lead = form.catalogue.phrases["your_requests"][state.language]
    other = questions.service_row(form.catalogue, service, state.language)
    rows = [*rows[: form.settings.list_page], other]
    kept = replace(cleared(state), heard=heard.words)
    return Step(kept, STOP, (questions.listed(form.catalogue, state.language, lead, rows),))


def words_for(
    form: Form, state: State, service: str, number: str, words: Words | None = None
) -> Words:
    """Words that begin a service with a number, with what else they say, and with what was told for
    it when it was given."""
    target = form.catalogue.services[service]
    slot = memory.record_slot(target)
    given = next((one for one in state.memory.given if one.number == number), None)
    told = memory.values_for(target, given) if given else {}
    said = form.told_by(service, words) if words else {}
    values = {**told, **said, **({slot.name: number} if slot else {})}
    return Words(number, words is not None and words.spoken, {service: values})


def _first(form: Form, state: State, heard: Heard) -> list[Ours]:
    """The kinds of the first number; only the right one where this phone was given it."""
    ours = found(form, heard.text)
    same = [one for one in ours if one.number == ours[0].number]
    known = {
        (one.department, one.kind)
        for one in state.memory.given
        if ours and one.number == ours[0].number
    }
    return [one for one in same if (one.kind.department, one.kind.name) in known] or same


def _takes(form: Form, service: str, ours: Sequence[Ours]) -> bool:
    """Whether a service asks for such numbers: it is one of theirs, or asks the same question in
    the same department."""
    target = form.catalogue.services[service]
    slot = memory.record_slot(target)
    for one in ours:
        for name in one.kind.services.values():
            other = form.catalogue.services[name]
            asks = memory.record_slot(other)
            alike = slot and asks and slot.name == asks.name
            if name == service or (alike and other.department == target.department):
                return True
    return False


def _is_beside(form: Form, heard: Heard, ours: Sequence[Ours], wanted: set[str]) -> bool:
    """Whether another service was understood that takes the number itself, or for which the number
    is one of many words: a complaint about an application."""
    name, words = heard.options[0], len(heard.text.split())
    slots = form.catalogue.services[name].slots
    story = any(slot.opening_words and words >= slot.opening_words for slot in slots)
    sure = heard.confidence >= form.settings.switch_confidence
    sentence = not wanted and sure and words > form.settings.switch_words
    return story or sentence or _takes(form, name, ours)


def _wanted(form: Form, text: str) -> set[str]:
    """What the words beside a number want done with it."""
    wants = form.settings.numbers.wants
    phrases = cues.phrases_of(wants.items())
    return {one.meaning for one in cues.spot(cues.clean(text), phrases)}


def _of(form: Form, given: Given, things: Iterable[str]) -> bool:
    """Whether a number is of what was named; of anything where nothing was."""
    named = set(things) - {ANY}
    return not named or bool(named & set(given.kind.split("_")))


def _service(form: Form, given: Given, wants: set[str]) -> str | None:
    """What is done with a number: what is wanted, else the first that can be."""
    kind = memory.kind_of_given(form.catalogue, given)
    services = kind.services if kind else {}
    by_word = (name for wish, name in services.items() if wish in wants)
    return next(by_word, None if wants else next(iter(services.values()), None))


def _row(form: Form, state: State, service: str, number: str) -> Button:
    """A service that is begun with a number."""
    row = questions.service_row(form.catalogue, service, state.language)
    return replace(row, payload=payload("choose", service=service, value=number))


def _given_row(form: Form, state: State, given: Given, service: str) -> Button:
    about = questions.given_for(form.catalogue, given, state.language)
    return Button(given.number, payload("choose", service=service, value=given.number), about)


def _office(form: Form, state: State, ours: Ours) -> Step:
    """Who knows of a number that no service takes."""
    department = form.catalogue.departments[ours.kind.department]
    language, phrases = state.language, form.catalogue.phrases
    fields = {
        "title": ours.kind.title[language],
        "number": ours.number,
        "office": (department.office or department.title)[language],
        "helpline": department.helpline or phrases["helpline_default"][language],
    }
    return Step(cleared(state), STOP, (form.say("number_elsewhere", state, fields),))
