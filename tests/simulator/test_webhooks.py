"""What the bot is told, how it is signed, and what happens when it does not answer."""

from __future__ import annotations

import json

import pytest

from api.whatsapp.payload import read_delivery
from tests.simulator.bot import wait_for
from tests.simulator.conftest import PHONE


def inbound(web, **spec):
    answer = web.post("/__inbound", json={"citizen": PHONE, **spec})
    assert answer.status_code == 200, answer.text
    return answer.json()


def delivered(stage, count=1):
    wait_for(lambda: len(stage.bot.values("messages")) >= count)
    return stage.bot.values("messages")


def test_handshake_is_done_at_start(web, stage):
    wait_for(lambda: web.get("/chat/state").json()["webhook"]["state"] == "verified")
    assert web.post("/__verify").json()["state"] == "verified"


def test_text_has_metas_envelope_and_a_true_signature(web, stage):
    inbound(web, text="నా బిల్లు ఎంత?", name="లక్ష్మి")
    message = delivered(stage)[0]
    value = stage.bot.deliveries[0]["entry"][0]["changes"][0]["value"]
    assert stage.bot.deliveries[0]["object"] == "whatsapp_business_account"
    assert value["metadata"]["phone_number_id"] == stage.number
    contact = value["contacts"][0]
    assert (contact["wa_id"], contact["profile"]["name"]) == (PHONE, "లక్ష్మి")
    assert contact["user_id"].startswith("IN.") and contact["user_id"] == message["from_user_id"]
    assert message["text"] == {"body": "నా బిల్లు ఎంత?"}
    assert message["timestamp"].isdigit() and message["from"] == PHONE
    assert stage.bot.signed == [True]
    assert stage.bot.raw[0].isascii(), "Meta escapes everything else in the body"


def test_hidden_phone_leaves_only_the_user_id(web, stage):
    inbound(web, text="x", username="lakshmi")
    message = delivered(stage)[0]
    contact = stage.bot.deliveries[0]["entry"][0]["changes"][0]["value"]["contacts"][0]
    assert "from" not in message and "wa_id" not in contact
    assert contact["profile"]["username"] == "lakshmi"


SPECS = {
    "text": {"text": "x"},
    "location": {"type": "location", "latitude": 16.5, "longitude": 80.6, "name_of_place": "v"},
    "image": {"type": "image", "caption": "bin"},
    "audio": {"type": "audio", "data": "T2dnUw=="},
    "document": {"type": "document", "data": "JVBERg==", "filename": "a.pdf"},
    "sticker": {"type": "sticker", "data": "UklGRg=="},
    "unsupported": {"type": "unsupported", "kind": "gif"},
    "reaction": {"type": "reaction", "message": "wamid.x", "emoji": "👍"},
    "contacts": {"type": "contacts", "contact_name": "రమేశ్", "contact_phone": "+91 90000 54321"},
    "order": {"type": "raw", "content": {"type": "order", "order": {"catalog_id": "1"}}},
}


@pytest.mark.parametrize("kind", SPECS)
def test_every_kind_is_read_by_seva(web, stage, kind):
    sent = inbound(web, **SPECS[kind])
    delivered(stage)
    message = read_delivery(stage.bot.deliveries[0]).messages[0]
    assert (message.kind, message.message_id, message.phone) == (kind, sent["id"], PHONE)


def test_a_reaction_stands_on_the_bots_message_and_can_be_taken_back(web, send, stage):
    message_id = send().json()["messages"][0]["id"]
    for emoji in ("🙏", ""):
        inbound(web, type="reaction", message=message_id, emoji=emoji)
        chat = web.get(f"/chat/{PHONE}/messages").json()["messages"]
        assert next(one for one in chat if one["id"] == message_id)["reaction"] == emoji
    first, second = delivered(stage, 2)
    assert first["reaction"] == {"message_id": message_id, "emoji": "🙏"}
    assert second["reaction"] == {"message_id": message_id}, "as Meta leaves it out"


def test_a_contact_has_metas_shape(web, stage):
    inbound(web, **SPECS["contacts"])
    (card,) = delivered(stage)[0]["contacts"]
    assert card["name"]["formatted_name"] == "రమేశ్"
    assert card["phones"][0]["wa_id"] == "919000054321"


def test_taps_carry_id_title_and_context(web, graph, send, stage):
    replies = [{"type": "reply", "reply": {"id": "/yes", "title": "అవును"}}]
    body = {"type": "button", "body": {"text": "?"}, "action": {"buttons": replies}}
    question = send("interactive", body).json()["messages"][0]["id"]
    inbound(web, type="button", title="అవును")
    tap = delivered(stage)[0]
    assert tap["interactive"] == {
        "type": "button_reply",
        "button_reply": {"id": "/yes", "title": "అవును"},
    }
    assert tap["context"]["id"] == question


def test_list_rows_carry_their_description(web, graph, send, stage):
    row = {"id": "/r", "title": "Bill", "description": "See it"}
    action = {"button": "Choose", "sections": [{"rows": [row]}]}
    send("interactive", {"type": "list", "body": {"text": "?"}, "action": action})
    inbound(web, type="list", option="/r")
    assert delivered(stage)[0]["interactive"]["list_reply"] == row


def test_a_tap_on_nothing_is_an_error(web):
    answer = web.post("/__inbound", json={"citizen": PHONE, "type": "button", "title": "?"})
    assert answer.status_code == 422
    assert "no button" in answer.json()["detail"]


@pytest.mark.parametrize(
    "spec",
    [
        {"citizen": "1", "text": "x"},
        {"citizen": PHONE, "type": "dance"},
        {"citizen": PHONE},
        {"citizen": PHONE, "type": "audio"},
        {"citizen": PHONE, "type": "audio", "data": "!"},
        {"citizen": PHONE, "type": "location"},
        {"citizen": PHONE, "type": "contacts", "contact_name": "x"},
    ],
)
def test_senseless_inbound_is_explained(web, spec):
    answer = web.post("/__inbound", json=spec)
    assert answer.status_code == 422 and answer.json()["detail"]


def test_several_messages_may_come_in_one_delivery(web, stage):
    specs = [{"citizen": phone, "text": "x"} for phone in (PHONE, "919000054321", PHONE)]
    web.post("/__inbound", json={"messages": specs, "batched": True})
    assert len(delivered(stage, 3)) == 3
    assert len(stage.bot.deliveries) == 1
    assert len(read_delivery(stage.bot.deliveries[0]).messages) == 3


def test_messages_of_a_citizen_start_in_order(web, stage):
    specs = [{"citizen": PHONE, "text": str(number)} for number in range(20)]
    web.post("/__inbound", json={"messages": specs})
    texts = [message["text"]["body"] for message in delivered(stage, 20)]
    assert texts == [str(number) for number in range(20)]


def test_anything_but_200_is_delivered_again(web, stage):
    stage.bot.answers[:] = [503, 202]
    sent = inbound(web, text="x")
    assert {message["id"] for message in delivered(stage, 3)} == {sent["id"]}
    wait_for(lambda: web.get("/__wire").json()["pending"] == 0)
    wire = web.get("/__wire").json()["wire"]
    attempts = [(entry["attempt"], entry["status"]) for entry in wire]
    assert attempts == [(1, 503), (2, 202), (3, 200)]
    assert web.get(f"/chat/{PHONE}/messages").json()["messages"][0]["state"] == "delivered"


def test_a_failed_delivery_does_not_hold_the_next(web, stage):
    stage.bot.answers[:] = [500, 200]
    inbound(web, text="first")
    inbound(web, text="second")
    texts = [message["text"]["body"] for message in delivered(stage, 3)]
    assert texts == ["first", "second", "first"]


def test_statuses_follow_each_message_with_its_tracker(web, graph, send, stage):
    message_id = send(biz_opaque_callback_data="outbox-7").json()["messages"][0]["id"]
    wait_for(lambda: len(stage.bot.values("statuses")) == 2)
    web.post(f"/chat/{PHONE}/read")
    wait_for(lambda: len(stage.bot.values("statuses")) == 3)
    statuses = stage.bot.values("statuses")
    assert [status["status"] for status in statuses] == ["sent", "delivered", "read"]
    for status in statuses:
        assert status["id"] == message_id
        assert status["recipient_id"] == PHONE
        assert status["biz_opaque_callback_data"] == "outbox-7"
        assert status["pricing"]["billable"] is False
    assert json.loads(stage.bot.raw[0])["entry"][0]["changes"][0]["field"] == "messages"
