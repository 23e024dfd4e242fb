"""What the Cloud API accepts, answers and refuses."""

from __future__ import annotations

import pytest

from tests.simulator.bot import wait_for
from tests.simulator.conftest import PHONE


def buttons(*titles: str, ids: list[str] | None = None, text: str = "సరేనా?") -> dict:
    ids = ids or [f"b{place}" for place in range(len(titles))]
    replies = [{"type": "reply", "reply": {"id": i, "title": t}} for i, t in zip(ids, titles)]
    return {"type": "button", "body": {"text": text}, "action": {"buttons": replies}}


def rows(*rows: dict, button: str = "ఎంచుకోండి") -> dict:
    action = {"button": button, "sections": [{"title": "సేవలు", "rows": list(rows)}]}
    return {"type": "list", "body": {"text": "ఏ సేవ?"}, "action": action}


def row(place: int = 0, **changes: str) -> dict:
    return {"id": f"r{place}", "title": "కరెంటు బిల్లు", "description": "చూడండి", **changes}


def test_text_answers_as_meta_does(send):
    answer = send(to="+91 98480 12345")
    assert answer.status_code == 200
    body = answer.json()
    assert body["messaging_product"] == "whatsapp"
    assert body["contacts"] == [{"input": "+91 98480 12345", "wa_id": PHONE}]
    assert body["messages"][0]["id"].startswith("wamid.")


def test_recipient_may_be_the_user_id(web, graph, send, stage):
    web.post("/__inbound", json={"citizen": PHONE, "text": "x", "username": "lakshmi"})
    message = wait_for(lambda: stage.bot.values("messages"))[0]
    assert "from" not in message
    answer = send(to=None, recipient=message["from_user_id"])
    assert answer.json()["contacts"][0]["user_id"] == message["from_user_id"]


ACCEPTED = {
    "three buttons": ("interactive", buttons("అవును", "కాదు", "తర్వాత")),
    "a list of ten": ("interactive", rows(*[row(place) for place in range(10)])),
    "row without description": ("interactive", rows({"id": "1", "title": "x"})),
    "link button": (
        "interactive",
        {
            "type": "cta_url",
            "body": {"text": "Pay"},
            "action": {
                "name": "cta_url",
                "parameters": {"display_text": "Pay now", "url": "https://pay.example/1"},
            },
        },
    ),
    "longest text": ("text", {"body": "క" * 4096}),
    "template": ("template", {"name": "hello_world", "language": {"code": "en_US"}}),
    "document by link": ("document", {"link": "http://127.0.0.1:9/a.pdf", "filename": "a.pdf"}),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_message_is_accepted(send, case):
    kind, body = ACCEPTED[case]
    assert send(kind, body).status_code == 200


REFUSED = {
    "no text": ("text", {}, 100),
    "text too long": ("text", {"body": "క" * 4097}, 100),
    "unknown type": ("dance", {}, 100),
    "four buttons": ("interactive", buttons("a", "b", "c", "d"), 131009),
    "no buttons": ("interactive", buttons(), 131009),
    "button title too long": ("interactive", buttons("x" * 21), 131009),
    "same button ids": ("interactive", buttons("a", "b", ids=["1", "1"]), 131009),
    "same button titles": ("interactive", buttons("a", "a"), 131009),
    "button id too long": ("interactive", buttons("a", ids=["x" * 257]), 131009),
    "body too long": ("interactive", buttons("a", text="x" * 1025), 131009),
    "no body": ("interactive", {"type": "button", "action": {}}, 131008),
    "eleven rows": ("interactive", rows(*[row(place) for place in range(11)]), 131009),
    "row title too long": ("interactive", rows(row(title="x" * 25)), 131009),
    "row description too long": ("interactive", rows(row(description="x" * 73)), 131009),
    "row id too long": ("interactive", rows(row(id="x" * 201)), 131009),
    "same row ids": ("interactive", rows(row(), row()), 131009),
    "list button too long": ("interactive", rows(row(), button="x" * 21), 131009),
    "unknown interactive": ("interactive", {"type": "dance"}, 131009),
    "media without id or link": ("document", {"filename": "a.pdf"}, 100),
    "unknown media id": ("document", {"id": "1"}, 131009),
    "unknown template": ("template", {"name": "x", "language": {"code": "te"}}, 132001),
    "template parameters": (
        "template",
        {"name": "request_update", "language": {"code": "te"}},
        132000,
    ),
    "template parameter of two lines": (
        "template",
        {
            "name": "request_update",
            "language": {"code": "te"},
            "components": [
                {
                    "type": "body",
                    "parameters": [{"type": "text", "text": t} for t in ("a", "b\nc")],
                }
            ],
        },
        132018,
    ),
    "reaction to nothing": ("reaction", {"message_id": "wamid.x", "emoji": "👍"}, 131009),
}


@pytest.mark.parametrize("case", REFUSED)
def test_message_is_refused_in_metas_words(send, case):
    kind, body, code = REFUSED[case]
    answer = send(kind, body)
    error = answer.json()["error"]
    assert answer.status_code >= 400
    assert error["code"] == code
    assert error["message"].startswith(f"(#{code})")
    assert error["type"] == "OAuthException"
    assert error["error_data"]["messaging_product"] == "whatsapp"
    assert error["error_data"]["details"] and error["fbtrace_id"]


def test_wrong_token_is_code_190(graph, stage):
    path = f"/{stage.number}/messages"
    for headers in ({"Authorization": "Bearer wrong"}, {"Authorization": ""}):
        answer = graph.post(path, json={}, headers=headers)
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, 190)


def test_unknown_number_does_not_exist(graph):
    error = graph.post("/1/messages", json={}).json()["error"]
    assert (error["code"], error["error_subcode"]) == (100, 33)


def test_body_must_be_json(graph, stage):
    answer = graph.post(f"/{stage.number}/messages", content=b"{")
    assert answer.json()["error"]["code"] == 100


def test_outside_the_window_only_templates_pass(web, send):
    web.patch("/__faults", json={"clock_offset_s": 24 * 3600 + 5})
    assert send().json()["error"]["code"] == 131047
    body = {"name": "hello_world", "language": {"code": "en_US"}}
    assert send("template", body).json()["messages"][0]["message_status"] == "accepted"


def test_outside_the_window_may_fail_later(web, send, stage):
    web.patch("/__faults", json={"clock_offset_s": 24 * 3600 + 5, "window_error": "status"})
    assert send(biz_opaque_callback_data="out-1").status_code == 200
    status = wait_for(lambda: stage.bot.values("statuses"))[0]
    assert (status["status"], status["errors"][0]["code"]) == ("failed", 131047)
    assert status["biz_opaque_callback_data"] == "out-1"


def test_pair_rate_lends_45_messages_then_one_in_six_seconds(web, send):
    answers = [send().status_code for _ in range(45)]
    assert answers == [200] * 45
    assert send().json()["error"]["code"] == 131056
    web.patch("/__faults", json={"clock_offset_s": 6.5})
    assert send().status_code == 200
    assert send().status_code == 400


def test_read_marks_all_before_and_shows_typing(web, graph, stage):
    ids = [
        web.post("/__inbound", json={"citizen": PHONE, "text": text}).json()["id"]
        for text in ("1", "2")
    ]
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": ids[1]}
    body["typing_indicator"] = {"type": "text"}
    assert graph.post(f"/{stage.number}/messages", json=body).json() == {"success": True}
    chat = web.get(f"/chat/{PHONE}/messages").json()["messages"]
    assert [message["state"] for message in chat] == ["read"] * 3


def test_read_of_an_unknown_message_is_refused(graph, stage):
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"}
    answer = graph.post(f"/{stage.number}/messages", json=body)
    assert answer.json()["error"]["code"] == 100


def test_reaction_lands_on_the_message(web, send):
    message_id = web.get(f"/chat/{PHONE}/messages").json()["messages"][0]["id"]
    assert send("reaction", {"message_id": message_id, "emoji": "🙏"}).status_code == 200
    assert web.get(f"/chat/{PHONE}/messages").json()["messages"][0]["reaction"] == "🙏"
