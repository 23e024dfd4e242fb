"""The switches that make WhatsApp misbehave, and the outbox for scripts."""

from __future__ import annotations

import asyncio
import time

import httpx
import pytest

from api.demo.simulator import outgoing
from api.demo.simulator.delivery import Courier
from api.demo.simulator.errors import MetaError
from api.demo.simulator.faults import Faults
from api.demo.simulator.inbound import receive
from api.demo.simulator.world import World
from tests.simulator.bot import wait_for
from tests.simulator.conftest import PHONE


def test_put_replaces_and_patch_adds(web):
    web.put("/__faults", json={"duplicate": 2})
    assert web.patch("/__faults", json={"bad_signature": True}).json()["duplicate"] == 2
    assert web.put("/__faults", json={}).json()["duplicate"] == 0
    assert web.delete("/__faults").json()["bad_signature"] is False


@pytest.mark.parametrize(
    "values",
    [
        {"dance": 1},
        {"duplicate": "x"},
        {"bad_signature": 1},
        {"send_errors": [{}]},
        {"window_error": "x"},
    ],
)
def test_unknown_switches_change_nothing(web, values):
    web.put("/__faults", json={"duplicate": 2})
    answer = web.put("/__faults", json={"drop_statuses": True, **values})
    assert answer.status_code == 422
    assert web.get("/__faults").json()["duplicate"] == 2


def test_duplicates_are_the_same_message_again(web, stage):
    web.put("/__faults", json={"duplicate": 2})
    web.post("/__inbound", json={"citizen": PHONE, "text": "x"})
    wait_for(lambda: len(stage.bot.values("messages")) == 3)
    assert len({message["id"] for message in stage.bot.values("messages")}) == 1


def test_bad_signature_does_not_verify(web, stage):
    web.put("/__faults", json={"bad_signature": True})
    web.post("/__inbound", json={"citizen": PHONE, "text": "x"})
    wait_for(lambda: stage.bot.signed)
    assert stage.bot.signed[0] is False


def test_reordered_statuses_come_delivered_first(web, send, stage):
    web.put("/__faults", json={"reorder_statuses": True})
    send()
    wait_for(lambda: len(stage.bot.values("statuses")) == 2)
    assert [s["status"] for s in stage.bot.values("statuses")] == ["delivered", "sent"]


def test_dropped_statuses_never_come(web, send, stage):
    web.put("/__faults", json={"drop_statuses": True})
    send()
    chat = f"/chat/{PHONE}/messages"
    wait_for(lambda: web.get(chat).json()["messages"][-1]["state"] == "delivered")
    wait_for(lambda: web.get("/__wire").json()["pending"] == 0)
    assert stage.bot.values("statuses") == []


def test_send_errors_are_counted_down_per_citizen(web, send):
    errors = [
        {"code": 131056, "times": 2, "citizen": PHONE},
        {"code": 130429, "citizen": "919000054321"},
    ]
    web.put("/__faults", json={"send_errors": errors})
    codes = [send().json().get("error", {}).get("code") for _ in range(3)]
    assert codes == [131056, 131056, None]


class StandingStill(World):
    """All that is sent is sent within one second."""

    def now(self):
        return 1_800_000_000.0


async def test_throughput_limit_is_130429(stage):
    world = StandingStill(stage.settings, stage.rules)
    world.faults.update({"throughput": 2})
    receive(world, [{"citizen": PHONE, "text": "x"}])
    message = {"messaging_product": "whatsapp", "to": PHONE, "type": "text", "text": {"body": "x"}}
    for _ in range(2):
        outgoing.send(world, message)
    with pytest.raises(MetaError) as refused:
        outgoing.send(world, message)
    assert refused.value.code == 130429
    await world.close()


def test_lost_answer_still_sends_the_message(web, send, stage):
    web.put("/__faults", json={"lost_answers": 1})
    with pytest.raises(httpx.RemoteProtocolError):
        send(biz_opaque_callback_data="o-1")
    status = wait_for(lambda: stage.bot.values("statuses"))[0]
    assert status["biz_opaque_callback_data"] == "o-1"


async def test_delay_holds_webhooks_back(stage):
    told, held, done = [], [], asyncio.Event()

    async def sleep(seconds):
        held.append((seconds, len(told)))

    def bot(request):
        told.append(request)
        return httpx.Response(200)

    faults, rules = Faults(delay_ms=300), stage.rules.delivery
    async with httpx.AsyncClient(transport=httpx.MockTransport(bot)) as client:
        courier = Courier(client, "http://bot", "secret", rules, faults, lambda _: None, sleep)
        courier.send(PHONE, {}, done.set)
        await asyncio.wait_for(done.wait(), 60)
    assert held == [(0.3, 0)] and len(told) == 1


def test_auto_read_needs_no_page(web, send, stage):
    web.put("/__faults", json={"auto_read": True})
    send()
    wait_for(lambda: len(stage.bot.values("statuses")) == 3)
    assert stage.bot.values("statuses")[-1]["status"] == "read"


def test_outbox_waits_for_the_answer_and_lays_it_open(web, send):
    after = web.get("/__outbox").json()["last"]
    replies = [{"type": "reply", "reply": {"id": "1", "title": "అవును"}}]
    body = {"type": "button", "body": {"text": "సరేనా?"}, "action": {"buttons": replies}}
    send("interactive", body)
    query = {"citizen": PHONE, "after": after, "wait": 5}
    message = web.get("/__outbox", params=query).json()["citizens"][PHONE][0]
    assert message["text"] == "సరేనా?"
    assert message["options"] == [{"id": "1", "title": "అవును"}]
    query["after"] = message["number"]
    started = time.monotonic()
    assert web.get("/__outbox", params={**query, "wait": 0.3}).json()["citizens"] == {}
    assert time.monotonic() - started >= 0.3


def test_memory_is_bounded(web, stage):
    kept = stage.rules.kept["messages"]
    specs = [{"citizen": PHONE, "text": str(number)} for number in range(kept + 5)]
    web.post("/__inbound", json={"messages": specs, "batched": True})
    messages = web.get(f"/chat/{PHONE}/messages").json()["messages"]
    assert len(messages) == kept
    assert messages[-1]["content"]["text"]["body"] == str(kept + 4)


def test_live_events_resume_after_the_cursor(web):
    cursor = web.get("/chat/state").json()["cursor"]
    web.post("/__inbound", json={"citizen": PHONE, "text": "నమస్తే"})
    with web.stream("GET", "/chat/events", params={"after": cursor}) as stream:
        lines = stream.iter_lines()
        event = next(line for line in lines if line.startswith("event:"))
        assert event == "event: message"
        assert "నమస్తే" in next(lines)
    headers = {"Last-Event-ID": "another-process.7"}
    with web.stream("GET", "/chat/events", headers=headers) as stream:
        event = next(line for line in stream.iter_lines() if line.startswith("event:"))
        assert event == "event: reset"


def test_page_and_its_files_are_served_without_outside_hosts(web):
    page = web.get("/")
    assert "default-src 'self'" in page.headers["content-security-policy"]
    assert "https://" not in page.text
    assert web.get("/static/fonts/NotoSansTelugu-Regular.woff2").status_code == 200
    words = web.get("/static/words.json").json()
    assert all(set(entry) == {"te", "hi", "en"} for entry in words.values())
