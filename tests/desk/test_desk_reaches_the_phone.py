"""The whole life of a request, over real HTTP between a phone and the officers' browsers."""

from __future__ import annotations

import re

import pytest

from nlu.action_address import GENERAL
from tests.desk.town import PHONE, WANTS_A_PERSON, Town, town
from tests.notices.stage import until

__all__ = ["town"]
pytestmark = pytest.mark.slow  # several servers and a process that is killed
_NAME = re.compile(r'id="say-id" name="id" value="([0-9a-f]+)"')


def test_claimed_talked_passed_on_closed_and_rated(town: Town) -> None:
    """The whole life of a request. The action server dies in the middle of the talk."""
    lakshmi = town.officer("Lakshmi", GENERAL)
    ravi = town.officer("Ravi", "energy")
    town.say(WANTS_A_PERSON)
    number = re.findall(r"\*(\d{6})\*", "\n".join(town.texts(2)))[0]
    seen = len(town.texts(2))

    assert number in lakshmi.get("/desk").text and number not in ravi.get("/desk").text
    assert ravi.get(f"/desk/{number}").status_code == 404
    at = f"/desk/{number}"
    assert lakshmi.send(f"{at}/claim").status_code == 200
    told = town.texts(seen + 1)[-1]
    assert "You are now talking to a person of *Seva help desk*" in told

    # The citizen writes; nothing is answered, and the officer reads it without the number.
    town.say("my number is 9848012345, please <b>hurry</b>")
    until(lambda: "hurry" in lakshmi.get(f"{at}/talk?since=0&poll=1").text)
    page = lakshmi.get(at).text
    assert "XXXXXX2345" in page and "9848012345" not in page and "<b>hurry" not in page
    assert "109" + ":" not in page, "the lane is not shown"
    assert "WhatsApp takes your words until" in page

    # An answer while the action server is gone: the words stay, and go once when it is back.
    town.stage.kill_actions()
    name = _NAME.search(page)
    assert name
    failed = lakshmi.send(f"{at}/say", text="I look into it", id=name[1])
    assert failed.status_code == 503
    assert "I look into it" in failed.text and name[1] in failed.text
    assert lakshmi.get("/desk").status_code == 503
    town.stage.start_actions()
    for _ in range(2):
        assert lakshmi.send(f"{at}/say", text="I look into it", id=name[1]).status_code == 200
    until(lambda: town.handovers.talk.unsent() == [])
    texts = town.texts(seen + 2)
    assert len(texts) == seen + 2 and texts[-1].endswith("I look into it")

    # To another department, and back to nobody's.
    assert lakshmi.send(f"{at}/transfer", department="energy", note="a wire").status_code == 200
    assert lakshmi.get(at).status_code == 404
    assert "Electricity" in town.texts(seen + 3)[-1]
    assert ravi.send(f"{at}/claim").status_code == 200 and "a wire" in ravi.get(at).text
    assert ravi.send(f"{at}/close", reason="done").status_code == 200
    last = town.stage.phone(PHONE, seen + 5)[-1]
    assert "How was the help" in last["text"]
    body = {"citizen": PHONE, "type": "button", "title": "😊 Good"}
    town.stage.web.post("/__inbound", json=body).raise_for_status()
    assert "Thank you" in town.texts(seen + 6)[-1]
    assert town.handovers.case(number).rating == 3
    assert "good" in ravi.get("/desk?state=closed").text

    # The bot speaks again, and what was done is in the audit, without a word of the citizen.
    town.say("what now")
    assert len(town.texts(seen + 7)) == seen + 7
    deeds = town.house.console.audit.latest(50, None)
    acts = [deed.act for deed in deeds][::-1]
    assert [act for act in acts if act.startswith("desk.")] == [
        *("desk.claim", "desk.say", "desk.say", "desk.transfer", "desk.claim", "desk.close"),
    ]
    assert "hurry" not in str(deeds) and "I look" not in str(deeds)
    assert "hurry" not in town.stage.logged() and "9848012345" not in town.stage.logged()
