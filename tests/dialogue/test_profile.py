"""The profile: remembered only with consent, offered as buttons, forgotten at a word, sealed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from actions.citizens.effects import Stores
from actions.citizens.handover import Handovers
from actions.citizens.profile import FILE, Profiles
from actions.dialogue.form import Form
from actions.dialogue.state import REMEMBER, Profile, State
from nlu.catalogue import Catalogue
from nlu.storage.tables import file_url
from tests.dialogue.talk import Talk
from tests.dialogue.test_menus import within_limits

BILL = {"intent": "electricity_bill_view", "kind": "route"}
NUMBER, OTHER = "6123401005678", "1123401000012"
TYPE = "electricity_service_number"
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
FORGET = [
    ("te", "నా వివరాలు మర్చిపోండి"),
    ("te-Latn", "naa vivaralu marchipo"),
    ("hi", "मेरी जानकारी मिटा दो"),
    ("hi-Latn", "meri jankari bhool jao"),
    ("en", "forget my details please"),
]


@pytest.fixture()
def stores(tmp_path: Path, url_of: Callable[[Path], str]) -> Stores:
    return Stores(
        Profiles(url_of(tmp_path / FILE), 2), Handovers(url_of(tmp_path / "handover.sqlite"))
    )


def citizen(form: Form, stores: Stores, language: str = "en", name: str = "109:IN.1") -> Talk:
    talk = Talk(form, state=State(language=language), stores=stores, citizen=name)
    talk.state = talk._known(talk.state)
    return talk


async def bill(talk: Talk, number: str = NUMBER) -> None:
    await talk.say(f"bill {number}", key=None, **BILL)


@pytest.mark.parametrize("language", ["te", "hi", "en"])
async def test_consent_is_asked_after_the_first_request(
    form: Form, stores: Stores, language: str
) -> None:
    """In plain words, with what would be remembered; nothing is before the answer."""
    talk = citizen(form, stores, language)
    await bill(talk)
    phrase = form.catalogue.phrases["remember_prompt"][language]
    assert phrase.split("{")[0] in talk.text and NUMBER in talk.said[-1].text
    within_limits(talk.said[-1])
    assert stores.profiles.of(talk.citizen).values == {}


@pytest.mark.parametrize(
    ("key", "words"),
    [("te", "అవును"), ("te-Latn", "avunu"), ("hi", "हाँ"), ("hi-Latn", "haan"), ("en", "yes")],
)
@pytest.mark.parametrize("way", ["tapped", "typed", "title"])
async def test_who_agrees_is_offered_the_value_next_time(
    form: Form, stores: Stores, key: str, words: str, way: str
) -> None:
    """As a button under the question of that type, in another service too."""
    language = key.split("-")[0]
    talk = citizen(form, stores, language)
    await bill(talk)
    if way == "tapped":
        await talk.tap('"agree"')
    elif way == "typed":
        await talk.say(words, key=key, intent="affirm", kind="conversation")
    else:
        await talk.say(form.catalogue.phrases["remember_yes"][language], key=key)
    assert talk.text == form.catalogue.phrases["remembered"][language]
    await talk.say("pay", key=None, intent="electricity_bill_payment", kind="route")
    assert [b.title for b in talk.buttons] == [NUMBER]
    assert NUMBER not in talk.buttons[0].payload
    await talk.tap('"saved/0"')
    assert talk.state.values == {"service_number": NUMBER}


@pytest.mark.parametrize(
    ("key", "words"),
    [("te", "వద్దు"), ("te-Latn", "vaddu"), ("hi", "नहीं"), ("hi-Latn", "nahi"), ("en", "no")],
)
@pytest.mark.parametrize("way", ["tapped", "typed", "ignored"])
async def test_who_does_not_agree_is_not_asked_again(
    form: Form, stores: Stores, key: str, words: str, way: str
) -> None:
    """Whether they say no or say nothing to it."""
    talk = citizen(form, stores, key.split("-")[0])
    await bill(talk)
    if way == "tapped":
        await talk.tap('"refuse"')
    elif way == "typed":
        await talk.say(words, key=key, intent="deny", kind="conversation")
    else:
        await talk.say("thanks", key=None, intent="thanks", kind="conversation")
    await bill(talk)
    assert len(talk.said) == 1 and talk.state.asked is None
    assert stores.profiles.of(talk.citizen) == Profile(consent=False)


@pytest.mark.parametrize(("key", "words"), FORGET)
@pytest.mark.parametrize("where", ["outside", "inside"])
async def test_forgetting_deletes_everything(
    form: Form, stores: Stores, key: str, words: str, where: str
) -> None:
    """Also in the middle of a form, which stays open without the buttons."""
    stores.profiles.remember("109:IN.1", {TYPE: NUMBER})
    talk = citizen(form, stores, key.split("-")[0])
    if where == "inside":
        await talk.say("electricity bill", key=None, **BILL)
        assert talk.buttons
    await talk.say(words, key=key)
    assert talk.said[0].text == form.catalogue.phrases["forgotten"][talk.state.language]
    assert stores.profiles.of(talk.citizen) == Profile(consent=False)
    assert talk.open == (where == "inside") and not talk.buttons


async def test_the_latest_values_are_kept(form: Form, stores: Stores) -> None:
    """Two of a type, the latest first, without a question."""
    stores.profiles.remember("109:IN.1", {TYPE: "1111111111111"})
    talk = citizen(form, stores)
    for number in (NUMBER, OTHER):
        await bill(talk, number)
        assert len(talk.said) == 1
    await talk.say("electricity bill", key=None, **BILL)
    assert [b.title for b in talk.buttons] == [OTHER, NUMBER]


async def test_only_what_was_done_is_remembered(form: Form, stores: Stores) -> None:
    """A number that the department does not know is of no use."""
    from actions.departments import OperationResult

    stores.profiles.remember("109:IN.1", {"mobile_number": "9848012345"})
    talk = citizen(form, stores)
    talk.department.results["getBill"] = [OperationResult("not_found")]
    await bill(talk)
    assert TYPE not in stores.profiles.of(talk.citizen).values


async def test_private_values_are_never_remembered(form: Form, stores: Stores) -> None:
    """Not even if somebody lists their type in data."""
    listed = replace(form.settings, remembered=tuple(form.catalogue.slot_types))
    stores.profiles.remember("109:IN.1", {"mobile_number": "9848012345"})
    talk = citizen(replace(form, settings=listed), stores)
    await talk.say("income", key=None, intent="income_certificate", kind="route")
    for answer in ("Ravi Kumar", "499118665246", "200000", "education"):
        await talk.say(answer, key=None, sure=0.0)
    await talk.tap('"yes"')
    assert "aadhaar_number" not in stores.profiles.of(talk.citizen).values


def test_no_listed_type_is_private(form: Form, catalogue: Catalogue) -> None:
    """In data/dialogue.yml."""
    types = [catalogue.slot_types[name] for name in form.settings.remembered]
    assert types and not any(one.sensitive for one in types)


async def test_a_request_left_is_offered_before_anything_is_asked(
    form: Form, stores: Stores
) -> None:
    """One question at a time."""
    talk = citizen(form, stores)
    await talk.say("bus ticket", key=None, intent="rtc_ticket_booking", kind="route")
    await talk.say(f"my electricity bill {NUMBER}", key=None, **BILL)
    assert talk.state.asked != REMEMBER
    assert stores.profiles.of(talk.citizen).consent is None


def test_the_store_tells_nothing(stores: Stores, tmp_path: Path) -> None:
    """Neither who it is nor what they said; what was forgotten is not left in the file."""
    stores.profiles.remember("109:919848012345", {TYPE: NUMBER})
    bytes_of = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"9848012345" not in bytes_of and NUMBER.encode() not in bytes_of
    assert stores.profiles.of("109:919848012345").values == {TYPE: (NUMBER,)}
    assert stores.profiles.of("109:919848012346") == Profile()


def test_two_processes_share_the_store(tmp_path: Path) -> None:
    """Each sees what the other wrote."""
    one, two = Profiles(file_url(tmp_path / FILE), 2), Profiles(file_url(tmp_path / FILE), 2)
    one.remember("c", {TYPE: NUMBER})
    two.remember("c", {TYPE: OTHER})
    assert one.of("c").values == {TYPE: (OTHER, NUMBER)}
    two.refuse("c")
    assert one.of("c") == Profile(consent=False)
    with sqlite3.connect(tmp_path / FILE) as store:
        assert store.execute("SELECT told FROM profile").fetchall() == [(None,)]


async def test_nothing_of_the_profile_is_in_the_tracker(form: Form, stores: Stores) -> None:
    """The state's slots hold no value of it."""
    stores.profiles.remember("109:IN.1", {TYPE: NUMBER})
    talk = citizen(form, stores)
    await talk.say("electricity bill", key=None, **BILL)
    assert NUMBER not in str(talk.state.as_json())
    assert replace(talk.state, profile=Profile()).as_json().keys() == talk.state.as_json().keys()


class _Clock:
    now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


def test_profile_that_is_not_used_is_forgotten(
    tmp_path: Path, url_of: Callable[[Path], str]
) -> None:
    """Reading it counts as using it."""
    clock = _Clock()
    profiles = Profiles(url_of(tmp_path / FILE), 2, clock)
    for name in ("109:IN.1", "109:IN.2"):
        profiles.remember(name, {TYPE: NUMBER})
    clock.now += 90_000
    profiles.of("109:IN.1")
    assert profiles.forget(clock.now - 1) == 1
    assert profiles.of("109:IN.1").values and profiles.of("109:IN.2") == Profile()


def test_file_of_before_ages_were_kept_is_taken_over(tmp_path: Path) -> None:
    """Its profiles count as used today."""
    with sqlite3.connect(tmp_path / FILE) as file:
        file.execute("CREATE TABLE profile (citizen TEXT PRIMARY KEY, consent INTEGER, told TEXT)")
        file.execute("INSERT INTO profile VALUES ('x', 0, NULL)")
    clock = _Clock()
    assert Profiles(file_url(tmp_path / FILE), 2, clock).forget(clock.now) == 0
    assert Profiles(file_url(tmp_path / FILE), 2, clock).forget(clock.now + 1) == 1
