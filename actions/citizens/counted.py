"""What is counted of a turn, of an answer of a department, and of a request for a person.

A count knows the day, the department, and some of service, language key, district and sort. It
knows no citizen, no words and no hour. How many rows a day has depends on the catalogue, not on how
many citizens write.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from actions.departments.result import OperationResult
from actions.dialogue import sent
from actions.dialogue.misunderstandings import CORRECTED as TAKEN_BACK
from actions.dialogue.misunderstandings import NOT_THIS, misunderstood
from actions.dialogue.state import Heard, State
from actions.dialogue.steps import Effect, Judged, Step, ToPerson, Used
from nlu.catalogue import Catalogue
from nlu.daily_counts import OBJECTED, TO_PERSON, TURNS, UNHAPPY, UNREAD, Tally

MESSAGES, BEGUN, DONE = "messages", "begun", "done"
BEGUN_IN, DONE_IN = "begun_in", "done_in"
HANDED_OVER, WAITED, ANSWERS = "handed_over", "waited", "answers"
JUDGED = "judged"
"""`what` of a count. `DONE` and `WAITED` have seconds. Districts have counts of their own: to cross
them with services would make many rows that nobody asks for."""
WRITTEN, SPOKEN, TAPPED = "written", "spoken", "tapped"
PICTURE = "picture"
"""`kind` of what was not read, beside those of the worker."""
CLARIFIED, REFUSED, CORRECTED, ASKED_AGAIN = "clarified", "refused", "corrected", "asked_again"
"""`kind` of an unhappy turn, beside `DEAD`: dead letters are counted by the worker, which knows no
service."""
_DISTRICT = "district"
_BOUNDS = (60, 300, 900, 3600, 14_400, 86_400, 259_200)
"""Seconds up to which a wait is of one kind. The kind of the longest is empty."""


def count_turn(tally: Tally, catalogue: Catalogue, before: State, heard: Heard, step: Step) -> None:
    """Counts a turn that was taken. Adds up in memory and never waits."""
    used = next((one.service for one in step.effects if isinstance(one, Used)), "")
    service = step.state.service or used or before.service or ""
    begun = service if _begins(before, step.state) else ""
    if used and not _known(before, used):
        begun = used  # begun and done by one message
    department = department_of(catalogue, service)
    tally.count(MESSAGES, department=department, language=heard.key or "", kind=_how(heard))
    if _is_unread(before, heard, step):
        tally.count(UNREAD, kind=PICTURE)
    for kind in _unhappy(before, heard, step):
        tally.count(UNHAPPY, department=department, service=service, kind=kind)
    district = district_of(catalogue, before, step.state) if begun or used else ""
    if begun:
        where = department_of(catalogue, begun)
        tally.count(BEGUN, department=where, service=begun)
        tally.count(BEGUN_IN, department=where, district=district)
    if used:
        where, began = department_of(catalogue, used), _began(before, used, heard)
        seconds = max(0.0, heard.at - began) if began else 0.0
        tally.count(DONE, seconds=seconds, department=where, service=used, kind=bucket(seconds))
        tally.count(DONE_IN, department=where, district=district)
    count_handed_over(tally, catalogue, step.effects)
    for effect in step.effects:
        if isinstance(effect, Judged):
            where = department_of(catalogue, effect.service)
            tally.count(JUDGED, department=where, service=effect.service, kind=effect.said)
    _count_model(tally, before, heard, step)


def count_handed_over(tally: Tally, catalogue: Catalogue, effects: Iterable[Effect]) -> None:
    """Counts the requests that begin to wait for a person, by why."""
    for effect in effects:
        if isinstance(effect, ToPerson):
            what, where = effect.record, department_of(catalogue, effect.record.service)
            tally.count(HANDED_OVER, department=where, service=what.service, kind=what.why)


def _count_model(tally: Tally, before: State, heard: Heard, step: Step) -> None:
    """The same for the model that answered: a canary has figures of its own."""
    model, language = heard.message.model, heard.key or ""
    asked = before.open or heard.tapped
    tally.count_model(TURNS, model, language, "" if asked else heard.kind)
    missed = misunderstood(before, heard, step)
    if missed is not None and missed.reason in (NOT_THIS, TAKEN_BACK):
        tally.count_model(OBJECTED, model, language, missed.reason)
    for effect in step.effects:
        if isinstance(effect, ToPerson):
            tally.count_model(TO_PERSON, model, language, effect.record.why)


def count_answer(tally: Tally, department: str, service: str, result: OperationResult) -> None:
    """Counts what a call of a department came to, in a turn or later."""
    tally.count(ANSWERS, department=department, service=service, kind=result.outcome)


def count_wait(tally: Tally, catalogue: Catalogue, service: str, opened: float) -> None:
    """Counts how long a request for a person waited until somebody was done with it, or took it."""
    seconds = max(0.0, time.time() - opened)
    department = department_of(catalogue, service)
    kind = bucket(seconds)
    tally.count(WAITED, seconds=seconds, department=department, service=service, kind=kind)


def department_of(catalogue: Catalogue, service: str) -> str:
    """The department of a service; empty where there is none of that name."""
    found = catalogue.services.get(service)
    return found.department if found else ""


def district_of(catalogue: Catalogue, *states: State) -> str:
    """The district that a request is about, that was said in the conversation, or that the citizen
    let us remember; empty where none is known."""
    for state in states:
        service = catalogue.services.get(state.service or "")
        for slot in service.slots if service else ():
            if slot.type.name == _DISTRICT and state.values.get(slot.name):
                return state.values[slot.name]
    for state in states:
        for known in (state.said, state.profile.values):
            if known.get(_DISTRICT):
                return known[_DISTRICT][0]
    return ""


def bucket(seconds: float) -> str:
    """The kind of a wait: the seconds up to which it is of that kind; empty for the longest."""
    return next((str(bound) for bound in _BOUNDS if seconds <= bound), "")


def _how(heard: Heard) -> str:
    return SPOKEN if heard.by_voice else TAPPED if heard.tapped else WRITTEN


def _is_unread(before: State, heard: Heard, step: Step) -> bool:
    """Whether a picture or a file came without words, and nothing asked for it."""
    thing = sent.sent(heard)
    if thing is None or thing.kind != sent.ATTACHMENT or not sent.wordless(heard):
        return False
    return heard.checked is None and step.state.values == before.values


def _unhappy(before: State, heard: Heard, step: Step) -> Iterator[str]:
    after = step.state
    begins = _begins(before, after)
    if not before.open and not begins and not heard.danger and not heard.elsewhere:
        if heard.kind == "clarify":
            yield CLARIFIED
        elif heard.kind == "out_of_scope":
            yield REFUSED
    same = bool(before.nonce) and before.nonce == after.nonce
    told = before.values
    changed = same and any(after.values.get(name, told[name]) != told[name] for name in told)
    taken_back = before.undo is not None and after.nonce == before.undo.nonce
    if changed or taken_back:
        yield CORRECTED
    elif same and after.open and after.attempts > before.attempts:
        yield ASKED_AGAIN


def _begins(before: State, after: State) -> bool:
    """Whether a request is under way that was not known before."""
    nonces = {before.nonce, *(one.nonce for one in before.kept)}
    return bool(after.service) and after.nonce not in nonces and after.service != before.service


def _known(before: State, service: str) -> bool:
    return before.service == service or any(one.service == service for one in before.kept)


def _began(before: State, service: str, heard: Heard) -> float:
    """When the first message of a request came; 0 where nobody noted it."""
    if before.service == service:
        return before.began
    return next((one.began for one in before.kept if one.service == service), heard.at)
