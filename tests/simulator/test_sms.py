"""SMS on the simulated phones: seen there, and by nobody else."""

from __future__ import annotations

from types import SimpleNamespace

import httpx
import pytest

PHONE, NEW = "919848012345", "919812345678"
SMS = {"to": f"+{PHONE}", "sender": "AP-ENERGY", "text": "482913 is your code"}


def test_sms_lies_in_the_chat_of_that_phone(web: httpx.Client) -> None:
    assert web.post("/__sms", json=SMS).status_code == 200
    message = web.get(f"/chat/{PHONE}/messages").json()["messages"][-1]
    assert (message["direction"], message["sender"]) == ("sms", "AP-ENERGY")
    assert message["content"]["text"]["body"] == SMS["text"]


def test_sms_puts_a_new_phone_on_the_table(web: httpx.Client) -> None:
    web.post("/__sms", json={**SMS, "to": f"+{NEW}"})
    assert NEW in {citizen["phone"] for citizen in web.get("/chat/state").json()["citizens"]}


def test_bot_hears_nothing_of_an_sms(stage: SimpleNamespace, web: httpx.Client) -> None:
    web.post("/__sms", json=SMS)
    assert web.get("/__outbox", params={"citizen": PHONE}).json()["citizens"] == {}
    assert web.get("/__wire").json()["pending"] == 0
    assert stage.bot.values("messages") == []


@pytest.mark.parametrize(
    "body",
    [[], {}, {**SMS, "to": "12"}, {**SMS, "text": ""}, {**SMS, "sender": 3}],
)
def test_what_is_no_sms_is_refused(web: httpx.Client, body: object) -> None:
    assert web.post("/__sms", json=body).status_code == 422
