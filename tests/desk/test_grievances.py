"""Which grievances wait at the desk, why, how long, and what is different about their talk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from actions.citizens import effects, requests
from actions.citizens.effects import Stores
from actions.citizens.handover import Handovers
from actions.citizens.handover_tables import HANDOVERS
from actions.citizens.profile import Profiles
from actions.departments.journal import Entry, Journal, Write
from actions.departments.request import Context, Origin
from actions.departments.result import OperationResult, Reason
from actions.desk import grievances, view
from actions.desk.cases import NotYours, Officer
from actions.desk.place import Desk
from actions.desk.words import desk_words
from actions.dialogue.form import Form
from actions.dialogue.state import State
from actions.dialogue.steps import GRIEVANCE, HANDOVER
from api.console.desk.routes import KINDS, WHYS
from nlu.catalogue import Catalogue, load_catalogue
from nlu.fast_yaml import load_yaml
from nlu.storage.tables import IN_MEMORY
from tests.desk.outbox import CITIZEN, ENERGY, Outbox, opened
from tests.desk.test_cases import phrases
from tests.desk.test_conversation import KEYS, MENU, STOP, WORDS, AtTheDesk
from tests.few_services import copied
from tests.processes import ROOT

SERVICES = (
    *("grievance_register", "grievance_status", "grievance_reopen", "grievance_feedback"),
    *("electricity_supply_failure_complaint", "electricity_bill_view"),
)
NUMBER = "PGRS261100001"
PGRS = Officer("g1", frozenset({"grievances"}))
TOLD = {"grievance_text": "బోరు పాడైంది, ఫోన్ 9848012345", "location": "కొలకలూరు"}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Grievances of two departments."""
    return load_catalogue(copied(tmp_path_factory.mktemp("few") / "data", SERVICES))


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(f"sqlite:///{tmp_path / 'journal.sqlite'}")


@pytest.fixture
def desk(few: Catalogue, handovers: Handovers, outbox: Outbox, journal: Journal) -> Desk:
    def registered(citizen: str, reference: str) -> Write | None:
        return requests.registered(journal, citizen, reference)

    zone = ZoneInfo("Asia/Kolkata")
    return Desk(few, handovers, outbox, outbox.language_of, zone, registered=registered)


def write(
    desk: Desk, service: str, key: str = "k1", citizen: str = CITIZEN, **values: str
) -> Write:
    known = desk.catalogue.services[service]
    context = Context(citizen, key, "te", Origin(service))
    return Write(known.department, known.operation or "", values, context)


def answered(
    desk: Desk,
    what: Write,
    outcome: str,
    reason: Reason | None = None,
    said: str = "శాఖ సమాధానం",
    language: str = "te",
    **fields: str,
) -> list[str]:
    """What the citizen reads of the desk after that answer."""
    result = OperationResult(outcome, fields, reason=reason)
    found = grievances.effects(desk, what, result, said, language, 100.0)
    stores = Stores(Profiles(IN_MEMORY, 2), desk.handovers)
    return [one.text for one in effects.done(found, what.context.citizen, stores)]


def waiting(desk: Desk, officer: Officer = PGRS, kind: str | None = GRIEVANCE) -> list[str]:
    page = desk.cases.list(officer, "waiting", kind=kind)
    return [case.number for case in page.cases]


def closed_without_action(desk: Desk, **more: Any) -> str:
    """The number of a request that waits."""
    what = write(desk, "grievance_register", **TOLD)
    answered(desk, what, "closed_without_action", grievance_number=NUMBER, **more)
    [number] = waiting(desk)
    return number


def test_rules_and_words_fit_together(catalogue: Catalogue) -> None:
    """No rule names an outcome that no service of grievances has, and no page lacks a word."""
    rules, languages = desk_words().grievances, catalogue.languages.reply
    known = [one for one in catalogue.services.values() if one.kind == rules.kind]
    outcomes = {outcome for one in known for outcome in one.replies}
    needed = {one.outcome for one in rules.waits} - {"unavailable"} | set(rules.answered)
    assert known and needed <= outcomes
    assert {one.service for one in rules.waits} - {""} <= {one.name for one in known}
    whys = {one.why for one in rules.waits}
    assert whys == set(rules.said) and whys < set(WHYS) and set(KINDS) == {GRIEVANCE, HANDOVER}
    pages = load_yaml((ROOT / "api/console/desk/words.yml").read_text("utf-8"))
    reports = load_yaml((ROOT / "actions/reports/words.yml").read_text("utf-8"))
    for why in whys:
        for words in (rules.said[why], pages[f"why_{why}"], reports[why]):
            assert set(languages) <= set(words) and all(words.values())
        assert all("{number}" in rules.said[why][language] for language in languages)


@pytest.mark.parametrize(
    ("service", "outcome", "reason", "why"),
    [
        ("grievance_register", "closed_without_action", None, "no_action"),
        ("grievance_register", "overdue", None, "past_date"),
        ("grievance_reopen", "closed_without_action", None, "no_action"),
        ("grievance_reopen", "ok", None, "reopened"),
        ("grievance_feedback", "unhappy", None, "not_satisfied"),
        ("grievance_register", "unavailable", "schema", "not_filed"),
        ("grievance_register", "unavailable", "overdue", "not_filed"),
        ("electricity_supply_failure_complaint", "unavailable", "status", "not_filed"),
        ("electricity_supply_failure_complaint", "unavailable", "unsure", "not_filed"),
        ("electricity_supply_failure_complaint", "unavailable", "timeout", None),
        ("electricity_supply_failure_complaint", "unavailable", "breaker_open", None),
        ("electricity_supply_failure_complaint", "ok", None, None),
        ("grievance_register", "ok", None, None),
        ("grievance_register", "resolved", None, None),
        ("grievance_register", "waiting_budget", None, None),
        ("grievance_feedback", "ok", None, None),
        ("electricity_bill_view", "unavailable", "schema", None),
    ],
)
def test_what_waits(
    desk: Desk, service: str, outcome: str, reason: Reason | None, why: str | None
) -> None:
    """What is under way, answered or may be tried again is the department's business."""
    answered(desk, write(desk, service), outcome, reason)
    found = desk.handovers.cases(everything=True)
    assert [one.record.why for one in found] == ([why] if why else [])
    if found:
        department = desk.catalogue.services[service].department
        assert (found[0].kind, found[0].department) == (GRIEVANCE, department)


def test_other_calls_of_a_service_are_no_grievance(desk: Desk) -> None:
    """Such as a look-up, or a list to choose from."""
    what = replace(write(desk, "grievance_reopen"), operation="listClosedGrievances")
    assert answered(desk, what, "unavailable", "schema") == []
    assert desk.handovers.cases(everything=True) == []


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize("why", list(desk_words().grievances.said))
def test_the_citizen_is_told_the_number(desk: Desk, why: str, language: str) -> None:
    rule = next(one for one in desk.words.grievances.waits if one.why == why)
    service = rule.service or "grievance_register"
    reason = rule.reasons[0] if rule.reasons else None
    what = write(desk, service)
    [said] = answered(desk, what, rule.outcome, reason, language=language)  # type: ignore[arg-type]
    [number] = waiting(desk)
    assert said == desk.words.grievances.said[why][language].replace("{number}", number)


def test_a_grievance_has_one_request(desk: Desk, journal: Journal) -> None:
    """Whatever happens to it, with what was told when it was registered, and the latest why."""
    first = write(desk, "grievance_register", **TOLD)
    result = OperationResult("ok", {"grievance_number": NUMBER}, pending=True)
    assert journal.open(Entry(first, "sending", 100.0)) is None
    entry = journal.find("grievances", "k1")
    assert entry and journal.move(entry, state="pending", result=result)
    told = {"grievance_number": NUMBER, "rating": "bad", "comment": "పని కాలేదు"}
    answered(desk, write(desk, "grievance_feedback", "k2", **told), "unhappy")
    [number] = waiting(desk)
    told = {"grievance_number": NUMBER, "reason": "మళ్ళీ చూడండి"}
    answered(desk, write(desk, "grievance_reopen", "k3", **told), "ok", grievance_number=NUMBER)
    assert waiting(desk) == [number]
    case = desk.handovers.case(number)
    assert (case.record.why, case.record.reference) == ("reopened", NUMBER)
    assert case.record.service == "grievance_register"
    assert case.record.values["grievance_text"] == TOLD["grievance_text"]
    assert case.record.values["reason"] == "మళ్ళీ చూడండి"


def test_another_citizens_grievance_is_another_request(desk: Desk) -> None:
    """A number may be known to two, as in a family; each reads of their own."""
    for citizen in (CITIZEN, "109:IN.other"):
        told = {"grievance_number": NUMBER, "rating": "bad"}
        answered(desk, write(desk, "grievance_feedback", citizen=citizen, **told), "unhappy")
    assert len(waiting(desk)) == 2


@pytest.mark.parametrize("outcome", desk_words().grievances.answered)
def test_the_departments_answer_ends_the_waiting(desk: Desk, outcome: str) -> None:
    """The citizen is told; an officer who is at work on it reads it, and goes on."""
    number = closed_without_action(desk)
    what = write(desk, "grievance_reopen", "k9", grievance_number=NUMBER)
    [said] = answered(desk, what, outcome)
    case = desk.handovers.case(number)
    assert number in said and (case.state, case.reason) == ("closed", "by_department")
    assert answered(desk, what, outcome) == []
    assert closed_without_action(desk) == number, "it waits again"
    desk.cases.claim(number, PGRS)
    assert answered(desk, what, outcome) == []
    assert desk.handovers.case(number).officer == PGRS.id
    assert phrases(desk, number, "event")[-1] == "answered"


def test_filed_after_all(desk: Desk) -> None:
    """The same request, tried again."""
    what = write(desk, "electricity_supply_failure_complaint", location="కొలకలూరు")
    assert answered(desk, what, "unavailable", "schema")
    [number] = waiting(desk, ENERGY)
    assert answered(desk, what, "unavailable", "timeout") == []
    assert waiting(desk, ENERGY) == [number]
    assert answered(desk, what, "ok") and waiting(desk, ENERGY) == []
    assert desk.handovers.case(number).reason == "by_department"


def test_no_officer_says_what_only_the_department_can(desk: Desk) -> None:
    """That it answered is no reason to choose."""
    chosen = {name for name, one in desk.words.reasons.items() if one.chosen}
    assert "by_department" in desk.words.reasons and "by_department" not in chosen


async def test_taken_without_a_word_and_talked_about_later(desk: Desk, outbox: Outbox) -> None:
    """Who filed a grievance does not sit and wait: the bot answers until the officer speaks."""
    number = closed_without_action(desk)
    desk.cases.claim(number, PGRS)
    await desk.delivery.deliver()
    assert not outbox.taken and not desk.handovers.case(number).talking
    desk.cases.say(number, PGRS, "మోటారు రేపు మారుస్తారు", "name-0001")
    await desk.delivery.deliver()
    assert NUMBER in outbox.texts[0] and outbox.texts[1] == "మోటారు రేపు మారుస్తారు"
    assert desk.handovers.case(number).talking
    desk.cases.close(number, PGRS, "answered")
    await desk.delivery.deliver()
    last = list(outbox.taken.values())[-1]
    assert len(last.buttons) == len(desk.words.ratings)
    assert desk.cases.rate(number, CITIZEN, 1) and desk.handovers.case(number).rating == 1


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_closed_without_a_talk_the_bot_was_never_away(
    desk: Desk, outbox: Outbox, language: str
) -> None:
    """Nothing says that it answers again; how the help was is asked all the same."""
    outbox.language = language
    number = closed_without_action(desk)
    desk.cases.claim(number, PGRS)
    desk.cases.close(number, PGRS, "done")
    await desk.delivery.deliver()
    [said] = outbox.texts
    rate, done = desk.words.say("rate", language), desk.words.reasons["done"].said[language]
    assert said == f"{done.replace('{number}', number)}\n{rate}"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_the_talk_begins_in_the_language_of_today(
    desk: Desk, outbox: Outbox, language: str
) -> None:
    outbox.language = language
    number = closed_without_action(desk)
    desk.cases.claim(number, PGRS)
    desk.cases.say(number, PGRS, "hello", "name-0001")
    await desk.delivery.deliver()
    first = next(iter(outbox.taken.values()))
    title = desk.catalogue.departments["grievances"].title[language]
    assert f"*{NUMBER}*" in first.text and f"*{title}*" in first.text and "{" not in first.text
    assert first.buttons[0].title == desk.words.say("menu_button", language)


@pytest.fixture
def talk(form: Form, desk: Desk) -> AtTheDesk:
    stores = Stores(Profiles(IN_MEMORY, 2), desk.handovers)
    return AtTheDesk(form, state=State(language="en"), stores=stores, desk=desk)


@pytest.mark.parametrize("key", KEYS)
async def test_a_talk_about_a_grievance(talk: AtTheDesk, desk: Desk, key: str) -> None:
    """Before the officer's first words the bot answers; then it is silent, until the citizen says
    so, in whatever key they write."""
    what = write(desk, "grievance_register", citizen="109:IN.1", **TOLD)
    answered(desk, what, "closed_without_action", grievance_number=NUMBER)
    [number] = waiting(desk)
    desk.cases.claim(number, PGRS)
    talk.state = State(language=key.split("-")[0])
    await talk.say(WORDS[key], key=key)
    assert not talk.silent and phrases(desk, number, "citizen") == []
    desk.cases.say(number, PGRS, "hello", "name-0001")
    await talk.say(WORDS[key], key=key, inbox="m2")
    assert talk.silent
    entry = desk.handovers.talk.last(number)[-1]
    assert entry.said["text"] == WORDS[key].replace("9848012345", "XXXXXX2345")
    command = STOP if key in ("te", "hi", "en") else MENU
    await talk.say(command[key], key=key, inbox="m3")
    assert not talk.silent and not desk.handovers.case(number).talking


# --- who may see it ---------------------------------------------------------------------------


@pytest.mark.parametrize("stranger", [ENERGY, Officer("h", frozenset({"general"}))])
def test_other_departments_see_nothing(desk: Desk, stranger: Officer) -> None:
    number = closed_without_action(desk)
    assert waiting(desk, stranger) == [] and waiting(desk, stranger, None) == []
    assert desk.cases.count(stranger, "waiting") == 0
    page = desk.cases.list(stranger, "waiting", "grievances", kind=GRIEVANCE)
    assert page.cases == []
    for change in (
        lambda: desk.cases.one(number, stranger),
        lambda: desk.cases.claim(number, stranger),
        lambda: desk.cases.say(number, stranger, "x", "name-0001"),
        lambda: desk.cases.note(number, stranger, "x", "name-0002"),
        lambda: desk.cases.transfer(number, stranger, "energy", ""),
        lambda: desk.cases.release(number, stranger),
        lambda: desk.cases.close(number, stranger, "done"),
    ):
        with pytest.raises(KeyError):
            change()
    assert desk.handovers.case(number).entries == 0


def test_passed_on_with_its_number(desk: Desk) -> None:
    number = closed_without_action(desk)
    desk.cases.claim(number, PGRS)
    desk.cases.transfer(number, PGRS, "energy", "a transformer")
    with pytest.raises(KeyError):
        desk.cases.one(number, PGRS)
    assert waiting(desk, ENERGY) == [number]
    desk.cases.claim(number, ENERGY)
    with pytest.raises(NotYours, match="taken"):
        desk.cases.claim(number, replace(ENERGY, id="e2"))
    assert desk.cases.one(number, ENERGY).record.reference == NUMBER


def test_no_number_of_a_citizen_is_whole(desk: Desk) -> None:
    """Neither in what they told, nor in what they were answered; that of the grievance is."""
    said = "మీ ఫోన్ 9848012345, ఆధార్ 4991 1866 5246"
    number = closed_without_action(desk, said=said)
    shown = view.whole(desk.handovers.case(number), desk.catalogue, "en")
    lane = shown.pop("citizen")
    assert lane == CITIZEN and shown["reference"] == NUMBER
    told = str(shown).replace(" ", "")
    assert "9848012345" not in told and "499118665246" not in told and "బోరు" in told


def test_words_are_sealed(desk: Desk, handovers: Handovers) -> None:
    number = closed_without_action(desk)
    with handovers.engine.connect() as db:
        stored = str(db.execute(sa.select(HANDOVERS)).all())
    assert number in stored
    assert "బోరు" not in stored and NUMBER not in stored and CITIZEN not in stored


def test_deleted_with_what_the_citizen_told(desk: Desk) -> None:
    number = closed_without_action(desk)
    desk.handovers.erase(CITIZEN)
    with pytest.raises(KeyError):
        desk.handovers.case(number)


def test_kinds_are_listed_together_and_apart(desk: Desk) -> None:
    """A request of an older Seva, which has no kind, is a handover."""
    grievance = closed_without_action(desk)
    old = opened(desk.handovers, "n1", department="grievances")
    new = opened(desk.handovers, "n2", department="grievances")
    with desk.handovers.engine.begin() as db:
        db.execute(HANDOVERS.update().where(HANDOVERS.c.number == old).values(kind=None))
    assert set(waiting(desk, kind=None)) == {grievance, old, new}
    assert waiting(desk) == [grievance] and set(waiting(desk, kind=HANDOVER)) == {old, new}
    assert desk.handovers.case(old).kind == HANDOVER
    with pytest.raises(ValueError, match="other"):
        desk.cases.list(PGRS, "waiting", kind="other")


def test_a_record_of_before_has_no_grievance_in_it(desk: Desk) -> None:
    """Its sealed record lacks the new keys."""
    number = opened(desk.handovers)
    record: Mapping[str, Any] = vars(desk.handovers.case(number).record)
    assert (record["kind"], record["reference"], record["said"]) == (HANDOVER, "", "")
