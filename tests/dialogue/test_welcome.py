"""A greeting: what can be done, the services that are used most as buttons, then the topics."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from actions.citizens.effects import Stores
from actions.citizens.handover import Handovers
from actions.citizens.profile import Profiles
from actions.citizens.usage import Usage
from actions.departments import OperationResult
from actions.dialogue.form import Form
from actions.dialogue.state import State
from nlu.storage.tables import file_url
from tests.dialogue.talk import Talk
from tests.dialogue.test_menus import within_limits

KEYS = {"te": "నమస్కారం", "te-Latn": "namaskaram", "hi": "नमस्ते", "hi-Latn": "namaste", "en": "hi"}
GREET = {"intent": "greet", "kind": "conversation"}
BILL = {"intent": "electricity_bill_view", "kind": "route"}
DAY = 86400.0


def titles(talk: Talk) -> list[str]:
    """The buttons under the greeting itself."""
    return [button.title for button in talk.said[0].buttons]


def services(talk: Talk) -> list[str]:
    """What they lead to."""
    known = talk.form.catalogue.services
    return [
        next(name for name in known if f'"{name}"' in button.payload)
        for button in talk.said[0].buttons
    ]


@pytest.mark.parametrize("key", KEYS)
async def test_a_greeting_shows_what_can_be_done(talk: Talk, key: str) -> None:
    """Three lines, three buttons, and the topics in a list of their own."""
    await talk.say(KEYS[key], key=key, **GREET)
    language = key.split("-")[0]
    first, second = talk.said
    assert first.text == talk.form.catalogue.phrases["welcome"][language]
    assert len([line for line in first.text.splitlines() if line.startswith("•")]) == 3
    assert services(talk) == list(talk.form.settings.welcome.services)
    within_limits(first)
    topics = talk.form.catalogue.topics
    assert len(second.buttons) == len(topics)
    assert all(f'"{name}"' in row.payload for name, row in zip(topics, second.buttons))
    within_limits(second)


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_the_first_buttons_are_not_cut(form: Form, language: str) -> None:
    """Those of a new machine; WhatsApp refuses longer titles, so that learned ones may be."""
    for name in form.settings.welcome.services:
        assert len(form.catalogue.services[name].menu[language]) <= form.settings.button_title


async def test_a_button_begins_its_service(talk: Talk) -> None:
    await talk.say("hi", key="en", **GREET)
    await talk.tap('"rtc_ticket_booking"')
    assert talk.open and talk.state.service == "rtc_ticket_booking"


async def test_what_is_used_most_comes_first(form: Form, talk: Talk) -> None:
    """What is learned stands before what is set; unknown services are left out."""
    learned = max(form.catalogue.services.values(), key=lambda one: len(one.menu["te"])).name
    talk.form = replace(form, used=lambda: (learned, "gone", "income_certificate"))
    await talk.say("నమస్కారం", key="te", **GREET)
    first = form.settings.welcome.services[0]
    assert services(talk) == [learned, "income_certificate", first]
    within_limits(talk.said[0])


@pytest.fixture()
def usage(tmp_path: Path) -> Usage:
    return Usage(file_url(tmp_path / "usage.sqlite"))


async def test_a_request_that_was_answered_is_counted_without_its_citizen(
    form: Form, usage: Usage, tmp_path: Path
) -> None:
    """One that was begun only, or that no department answered, is not."""
    own = (Profiles(file_url(tmp_path / "p.sqlite"), 2), Handovers(file_url(tmp_path / "h.sqlite")))
    talk = Talk(form, state=State(language="en"), stores=Stores(*own, usage))
    await talk.say("electricity bill", key=None, **BILL)
    operation = form.catalogue.services["electricity_bill_view"].operation
    talk.department.results[operation] = [OperationResult("unavailable")]
    await talk.say("6123401005678", key=None)
    assert usage.most(30, 1) == ()
    talk.department.results[operation] = [OperationResult("ok")]
    await talk.tap('"retry"')
    assert usage.most(30, 1) == ("electricity_bill_view",)
    with sqlite3.connect(tmp_path / "usage.sqlite") as db:
        ((_, service, times),) = db.execute("select * from used").fetchall()
    assert (service, times) == ("electricity_bill_view", 1)


def test_only_the_last_days_count_and_older_ones_are_forgotten(
    tmp_path: Path, url_of: Callable[[Path], str]
) -> None:
    now = [100 * DAY]
    usage = Usage(url_of(tmp_path / "usage.sqlite"), lambda: now[0])
    for name, times in (("old", 9), ("both", 2)):
        for _ in range(times):
            usage.count(name)
    now[0] += 30 * DAY
    for name, times in (("both", 1), ("new", 3), ("once", 1)):
        for _ in range(times):
            usage.count(name)
    assert usage.most(31, 1) == ("old", "both", "new", "once")
    assert usage.most(30, 1) == ("new", "both", "once")
    assert usage.most(31, 3) == ("old", "both", "new")
    assert usage.forget(now[0] - 29 * DAY) == 2
    assert usage.most(365, 1) == ("new", "both", "once")
