"""STOP, START, "my data" and "delete my data", in every key, in a form and outside."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from actions.citizens.effects import Stores
from actions.citizens.handover import FILE, Handovers
from actions.citizens.profile import Profiles
from actions.dialogue.form import Form
from actions.dialogue.state import ERASE_ASKED, Profile, State
from nlu.fast_yaml import load_yaml
from nlu.turn import ERASE, NEWS_OFF, NEWS_ON
from tests.dialogue.talk import CITIZEN, Talk

DATA = Path(__file__).resolve().parents[2] / "data"
SENTENCES = load_yaml((DATA / "understanding" / "steering.yml").read_text("utf-8"))["steering"]
INCOME = {"intent": "income_certificate", "kind": "route"}
YES = ("అవును", "avunu", "हाँ", "haan", "yes")
KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
DELETE = (
    *("నా డేటా డిలీట్ చేయండి", "naa data delete cheyandi", "मेरा डेटा डिलीट करो"),
    *("mera data delete karo", "delete my data"),
)


def said(name: str) -> list[tuple[str, str]]:
    """(key, sentence) of what a sentence means, but those that mean another thing in a form."""
    rows = SENTENCES[name].items()
    return [(key, text) for key, some in rows for text in some if text != "STOP"]


@pytest.fixture()
def stores(tmp_path: Path, url_of: Callable[[Path], str]) -> Stores:
    return Stores(
        Profiles(url_of(tmp_path / "profile.sqlite"), 2), Handovers(url_of(tmp_path / FILE))
    )


def acts(talk: Talk) -> list[str]:
    return [one.act for one in talk.said if one.act]


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(("name", "act"), [("unsubscribe", NEWS_OFF), ("subscribe", NEWS_ON)])
async def test_news_are_stopped_and_started(talk: Talk, name: str, act: str, inside: bool) -> None:
    """A form that is open goes on; where any words may be the answer, these are none."""
    for key, text in said(name):
        talk.state = State(language=key.split("-")[0])
        if inside:
            await talk.say("income", key=key, **INCOME)
        await talk.say(text, key=key)
        assert (text, acts(talk)) == (text, [act])
        assert talk.open is inside and talk.state.values == {}


@pytest.mark.parametrize("word", ["STOP", "Stop", "స్టాప్", "स्टॉप"])
async def test_stop_ends_a_form_first_and_news_when_nothing_is_going_on(
    talk: Talk, word: str
) -> None:
    """WhatsApp's word is also that of a citizen in a form."""
    talk.state = State(language="en")
    await talk.say("income", key="en", **INCOME)
    await talk.say(word, key="en", intent="cancel", kind="conversation")
    assert not talk.open and acts(talk) == []
    await talk.say(word, key="en", intent="cancel", kind="conversation")
    assert acts(talk) == [NEWS_OFF] and "START" in talk.text


async def test_what_is_kept_is_told(talk: Talk, stores: Stores) -> None:
    """Remembered values, requests under way, and what the law keeps."""
    talk.stores = stores
    stores.profiles.remember(CITIZEN, {"mobile_number": "9848012345"})
    for key, text in said("my_data"):
        talk.state = State(language=key.split("-")[0])
        await talk.say("income", key=key, **INCOME)
        await talk.say(text, key=key)
        service = talk.form.catalogue.services["income_certificate"]
        assert "9848012345" in talk.text, text
        assert service.title[talk.state.language] in talk.text and talk.open


@pytest.mark.parametrize("inside", [False, True])
async def test_deleting_is_asked_about_first(talk: Talk, inside: bool) -> None:
    """In every way that people say it; a form is put aside for the question."""
    for key, text in said("delete_data"):
        talk.state = State(language=key.split("-")[0])
        if inside:
            await talk.say("income", key=key, **INCOME)
        await talk.say(text, key=key)
        forgets = talk.form.catalogue.phrases["forgotten"][talk.state.language]
        assert talk.state.asked == ERASE_ASKED or forgets in talk.text, text
        assert acts(talk) == []


@pytest.mark.parametrize(("key", "words", "yes"), list(zip(KEYS, DELETE, YES)))
@pytest.mark.parametrize("way", ["tapped", "typed"])
async def test_everything_is_deleted(
    talk: Talk, stores: Stores, key: str, words: str, yes: str, way: str
) -> None:
    """Profile, request under way, requests to a person; the law is named."""
    talk.stores = stores
    talk.state = State(language=key.split("-")[0])
    stores.profiles.remember(CITIZEN, {"mobile_number": "9848012345"})
    await talk.say("income", key=key, **INCOME)
    await talk.say("talk to a person", key=key)
    assert stores.handovers.cases(everything=True)
    await talk.say(words, key=key)
    if way == "tapped":
        await talk.tap('"agree"')
    else:
        await talk.say(yes, key=key, intent="affirm", kind="conversation")
    assert acts(talk) == [ERASE]
    assert talk.text == talk.form.catalogue.phrases["erased"][talk.state.language]
    assert talk.state.service is None and not talk.state.kept
    assert stores.profiles.of(CITIZEN) == Profile(consent=False)
    assert stores.handovers.cases(everything=True) == []


async def test_others_records_stay(stores: Stores, form: Form) -> None:
    """Only those of the citizen who asked."""
    other, mine = Talk(form, stores=stores, citizen="109:IN.2"), Talk(form, stores=stores)
    for talk in (other, mine):
        await talk.say("income", key="en", **INCOME)
        await talk.say("talk to a person", key="en")
    stores.erase(CITIZEN)
    assert [one.citizen for one in stores.handovers.cases(everything=True)] == ["109:IN.2"]


@pytest.mark.parametrize("way", ["tapped", "typed", "other words"])
async def test_nothing_is_deleted_without_a_yes(talk: Talk, stores: Stores, way: str) -> None:
    """And the form that was open is offered again."""
    talk.stores = stores
    talk.state = State(language="en")
    stores.profiles.remember(CITIZEN, {"mobile_number": "9848012345"})
    await talk.say("income", key="en", **INCOME)
    await talk.say("delete my data", key="en")
    if way == "tapped":
        await talk.tap('"refuse"')
    elif way == "typed":
        await talk.say("no", key="en", intent="deny", kind="conversation")
    else:
        await talk.say("how much is my bill", key="en", intent="rtc_bus_timings", kind="route")
    assert acts(talk) == [] and stores.profiles.of(CITIZEN).values
    assert [one.service for one in talk.state.kept] == ["income_certificate"]


async def test_an_old_button_deletes_nothing(talk: Talk) -> None:
    """It belongs to its question."""
    await talk.say("delete my data", key="en")
    old = talk.buttons
    await talk.tap('"refuse"')
    await talk.tap('"agree"', old)
    assert acts(talk) == []


STEERED = {"menu", "help", "language", "person", "repeat", "back", "stop"}


@pytest.mark.parametrize("name", sorted(STEERED))
async def test_no_sentence_that_steers_is_taken_for_a_name(talk: Talk, name: str) -> None:
    """Whatever the understanding says of it: the name stays open."""
    for key, text in said(name):
        talk.state = State(language=key.split("-")[0])
        await talk.say("income", key=key, **INCOME)
        await talk.say(text, key=key)
        assert talk.state.values == {}, (key, text)
        ended = name == "stop"
        assert (talk.state.asked == "applicant_name") is not ended, (key, text)
