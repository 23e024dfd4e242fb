"""A backend's own channel: kept once, answered in order, its own, whatever dies on the way."""

from __future__ import annotations

import base64
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from api.app import create_internal_app
from nlu.turn import Button, Document, Link, Reply
from tests.api.conftest import CATALOGUE
from tests.api.five_texts import FIVE
from tests.backends.conftest import Backend, say, words
from tests.served import served

pytestmark = pytest.mark.slow  # each has a server and a worker
NOTE = base64.b64encode(b"OggS").decode()


def phrase(name: str, language: str | None = None) -> str:
    """What Seva itself says."""
    return CATALOGUE.phrases[name][language or "te"]


def until(found: Any) -> None:
    """Waits for something that is bound to happen."""
    end = time.monotonic() + 20
    while not found():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_message_in_each_key_gets_its_answer_while_the_backend_waits(backend: Backend) -> None:
    with backend.client() as client, backend.at_work():
        for number, (key, text) in enumerate(FIVE.items()):
            answer = say(client, f"c-{key}", number, text=text)
            body = answer.json()
            assert (answer.status_code, body["state"]) == (200, "answered")
            (reply,) = body["replies"]
            assert reply["text"] == f"echo {text}"
            assert reply["in_reply_to"] == body["id"] == f"m-{number}"
            assert (reply["language"], reply["model"]) == ("te", "fake")
            assert answer.headers["preference-applied"] == "wait=20"
    assert [one.text for one in backend.dialogue.heard] == list(FIVE.values())


def test_a_backend_that_does_not_wait_fetches_the_answer_later(backend: Backend) -> None:
    with backend.client() as client:
        taken = say(client, "c", 1, wait=0)
        assert (taken.status_code, taken.json()["state"]) == (202, "waiting")
        assert client.get("/c/messages").json() == {"replies": [], "after": 0}
        with backend.at_work():
            place = taken.headers["location"].removeprefix("/v1/conversations")
            answered = client.get(place, headers={"Prefer": "wait=20"})
        assert words(answered) == ["echo text 1"]
        assert client.get("/c/messages").json()["replies"] == answered.json()["replies"]


def test_the_same_message_again_changes_nothing(backend: Backend) -> None:
    """While it waits, and after it was answered; two at the same moment, too."""
    with backend.client() as client:
        with ThreadPoolExecutor(8) as pool:
            sent = [pool.submit(say, client, "c", 1, 0) for _ in range(8)]
        assert {one.result().status_code for one in sent} == {202}
        with backend.at_work():
            first = say(client, "c", 1)
            again = say(client, "c", 1, text="something else")
    assert first.status_code == again.status_code == 200
    assert first.json() == again.json()
    assert [one.text for one in backend.dialogue.heard] == ["text 1"]


def test_messages_that_come_at_once_are_answered_one_after_the_other(backend: Backend) -> None:
    """In the order in which they were taken; each conversation by itself."""
    with backend.client() as client:
        with ThreadPoolExecutor(6) as pool:
            for number in range(4):
                wave = [pool.submit(say, client, f"c{c}", number, 0) for c in range(6)]
                assert {one.result().status_code for one in wave} == {202}
        with backend.at_work(), ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda c: say(client, f"c{c}", 3), range(6)))
        for c in range(6):
            told = client.get(f"/c{c}/messages").json()["replies"]
            assert [one["in_reply_to"] for one in told] == [f"m-{n}" for n in range(4)]
            assert [one["number"] for one in told] == sorted(one["number"] for one in told)


def test_what_was_acknowledged_is_forgotten_and_the_rest_is_kept(backend: Backend) -> None:
    with backend.client() as client, backend.at_work():
        for number in range(3):
            say(client, "c", number)
        first, second, third = client.get("/c/messages").json()["replies"]
        later = client.get("/c/messages", params={"after": second["number"]})
        assert later.json() == {"replies": [third], "after": third["number"]}
        assert client.get("/c/messages").json()["replies"] == [third]
        assert client.get("/c/messages/m-0").json() == {
            "id": "m-0",
            "state": "answered",
            "replies": [],
        }
        assert first["number"] < second["number"] < third["number"]


def test_a_long_poll_is_answered_when_there_is_a_reply(backend: Backend) -> None:
    with backend.client() as client, ThreadPoolExecutor(1) as pool:
        say(client, "c", 1, wait=0)
        polls = backend.app.state.runtime.long_polls
        waits = pool.submit(client.get, "/c/messages", headers={"Prefer": "wait=20"})
        until(lambda: polls.open == 1)
        with backend.at_work():
            assert words(waits.result()) == ["echo text 1"]
        until(lambda: polls.open == 0)


def test_a_long_poll_tells_when_there_is_nothing_new(backend: Backend) -> None:
    with backend.client() as client, backend.at_work():
        say(client, "c", 1)
        known = client.get("/c/messages")
        same = {"If-None-Match": known.headers["etag"]}
        assert client.get("/c/messages", headers=same).status_code == 304
        assert client.get("/c/messages", headers={**same, "Prefer": "wait=1"}).status_code == 304
        say(client, "c", 2)
        fresh = client.get("/c/messages", headers={**same, "Prefer": "wait=20"})
        assert words(fresh) == ["echo text 1", "echo text 2"]
        nothing = client.get(
            "/c/messages", params={"after": fresh.json()["after"]}, headers={"Prefer": "wait=1"}
        )
        assert nothing.json()["replies"] == [] and nothing.status_code == 200


def test_who_waited_in_vain_is_told_that_it_waits(backend: Backend) -> None:
    with backend.client() as client:
        answer = say(client, "c", 1, wait=1)
        assert (answer.status_code, answer.json()["state"]) == (202, "waiting")


def test_beyond_so_many_nobody_waits(backend: Backend) -> None:
    polls = backend.app.state.runtime.long_polls
    polls._most = 0
    with backend.client() as client:
        assert say(client, "c", 1, wait=30).status_code == 202
    assert polls.open == 0


def test_a_server_that_stops_keeps_nobody_waiting(backend: Backend) -> None:
    now = backend.app.state.runtime
    with backend.client() as client, ThreadPoolExecutor(1) as pool:
        waits = pool.submit(say, client, "c", 1, 30)
        until(lambda: now.long_polls.open == 1)
        now.drain.closes = True
        assert waits.result().status_code == 202


def test_a_backend_that_hangs_up_loses_nothing(backend: Backend) -> None:
    """What it posted is answered all the same, and nobody goes on looking for it."""
    now = backend.app.state.runtime
    place = urlsplit(backend.url)
    body = b'{"id": "m-1", "text": "text 1"}'
    head = (
        "POST /v1/conversations/c/messages HTTP/1.1\r\nHost: localhost\r\n"
        "Authorization: Bearer key of bot\r\nContent-Type: application/json\r\n"
        f"Prefer: wait=30\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    with socket.create_connection((place.hostname or "", place.port or 0)) as line:
        line.sendall(head.encode() + body)
        until(lambda: now.long_polls.open == 1)
    until(lambda: now.long_polls.open == 0)
    with backend.client() as client, backend.at_work():
        answer = client.get("/c/messages", headers={"Prefer": "wait=20"})
        assert words(answer) == ["echo text 1"]


def test_options_are_tapped_with_their_payload(backend: Backend) -> None:
    backend.dialogue.answer = lambda text: (
        [Reply("?", (Button("అవును", "/yes"), Button("కాదు", "/no")))]
        if text == "ask"
        else [Reply(f"echo {text}")]
    )
    with backend.client() as client, backend.at_work():
        (asked,) = say(client, "c", 1, text="ask").json()["replies"]
        assert [one["title"] for one in asked["buttons"]] == ["అవును", "కాదు"]
        payload = asked["buttons"][0]["payload"]
        assert words(say(client, "c", 2, tap=payload)) == ["echo /yes"]
        # Neither a payload of somebody else, nor one that was made up, nor Rasa's own words.
        for number, (who, tap) in enumerate([("d", payload), ("c", "0" * 24), ("c", "/yes")]):
            (old,) = say(client, who, 10 + number, tap=tap).json()["replies"]
            assert old["text"] == phrase("old_button", old["language"])
        assert backend.dialogue.heard[-1].text == "/yes" and backend.dialogue.heard[-1].tapped


def test_a_tap_that_is_too_old_is_answered_with_that(backend: Backend) -> None:
    backend.dialogue.answer = lambda text: [Reply("?", (Button("అవును", "/yes"),))]
    with backend.client() as client, backend.at_work():
        (asked,) = say(client, "c", 1).json()["replies"]
        inbox = backend.app.state.runtime.inbox
        inbox._database.change(lambda db: db.execute("DELETE FROM choices").rowcount)
        (old,) = say(client, "c", 2, tap=asked["buttons"][0]["payload"]).json()["replies"]
        assert old["text"] == phrase("old_button", "te")


def test_what_replies_hold_in_no_messengers_words(backend: Backend) -> None:
    rows = tuple(Button(f"వరుస {n}", f"/row{n}", f"వివరం {n}") for n in range(5))
    backend.dialogue.answer = lambda text: [
        Reply("ఎంచుకోండి", rows, "సేవలు"),
        Reply("చెల్లించండి", link=Link("కట్టండి", "https://pay.example/1")),
        Reply("పత్రం", document=Document("https://papers.example/2.pdf", "patram.pdf")),
    ]
    with backend.client() as client, backend.at_work():
        told = say(client, "c", 1).json()["replies"]
    listed, link, document = told
    assert listed["list"]["title"] == "సేవలు"
    assert [row["title"] for row in listed["list"]["rows"]] == [one.title for one in rows]
    assert listed["list"]["rows"][0]["description"] == "వివరం 0"
    assert link["link"] == {"title": "కట్టండి", "url": "https://pay.example/1"}
    assert document["document"] == {
        "filename": "patram.pdf",
        "url": "https://papers.example/2.pdf",
    }


def test_a_voice_note_is_heard_and_its_recording_forgotten(backend: Backend) -> None:
    with backend.client() as client, backend.at_work():
        answer = say(client, "c", 1, audio={"data": NOTE, "type": "audio/ogg"}, language="hi")
        assert words(answer) == ["echo కరెంటు బిల్లు"]
    ((recording, language, _),) = backend.speech.asked
    assert (recording, language) == (b"OggS", "hi")
    inbox = backend.app.state.runtime.inbox
    payload = "SELECT payload FROM inbox"
    assert [row[0] for row in inbox._database.look(lambda db: db.execute(payload).fetchall())] == [
        ""
    ]


def test_a_place_is_told(backend: Backend) -> None:
    place = {"latitude": 16.5, "longitude": 80.6, "name": "బెంజ్ సర్కిల్"}
    with backend.client() as client, backend.at_work():
        assert words(say(client, "c", 1, location=place)) == ["echo బెంజ్ సర్కిల్"]
    location = backend.dialogue.heard[0].location
    assert location is not None and (location.latitude, location.longitude) == (16.5, 80.6)


def test_another_client_sees_nothing_and_has_its_own(backend: Backend) -> None:
    with backend.client() as mine, backend.client("other") as other, backend.at_work():
        say(mine, "c", 1)
        for path in ("/c/messages", "/c/messages/m-1"):
            answer = other.get(path)
            assert answer.status_code == 404
            assert answer.json()["type"] == "/problems/unknown-conversation"
        assert words(say(other, "c", 1, text="other's")) == ["echo other's"]
        assert words(mine.get("/c/messages")) == ["echo text 1"]
        assert mine.get("/c/messages/m-2").status_code == 404


def test_a_key_without_the_scope_is_refused(backend: Backend) -> None:
    with backend.client("parser") as client:
        for answer in (say(client, "c", 1), client.get("/c/messages"), client.get("/c/messages/a")):
            assert answer.json()["type"] == "/problems/missing-scope"


def test_only_a_trusted_backend_vouches_for_a_phone(backend: Backend) -> None:
    """And for one message at a time: whoever takes up the app next has not proved the number."""
    phone = {"phone": "+919848012345", "text": "a"}
    with backend.client() as bot, backend.client("bank") as bank, backend.at_work():
        refused = say(bot, "c", 1, **phone)
        assert refused.json()["type"] == "/problems/missing-scope"
        say(bank, "c", 1, **phone)
        say(bank, "c", 2)
        assert bot.get("/c/messages").status_code == 404  # nothing was kept of it
    assert [one.phone for one in backend.dialogue.heard] == ["919848012345", ""]
    kept = "SELECT lane, phone FROM citizens"
    inbox = backend.app.state.runtime.inbox
    ((lane, number),) = inbox._database.look(lambda db: db.execute(kept).fetchall())
    assert number is None and lane.startswith("rest:") and lane.partition(":")[2] != "c"


def test_the_language_of_an_app_is_that_of_the_answer(backend: Backend) -> None:
    """Also where the dialogue has no part in it."""
    with backend.client() as client, backend.at_work():
        for number, language in enumerate(("hi", "en", "te")):
            (reply,) = say(client, "c", number, tap="none", language=language).json()["replies"]
            assert reply["language"] == language
            assert reply["text"] == phrase("old_button", language)
        say(client, "c", 9, text="a", language="hi")
        assert backend.dialogue.heard[-1].language == "hi"


WRONG: dict[str, tuple[Any, str]] = {
    "no id": ({"text": "a"}, "invalid-request"),
    "an id with a slash": ({"id": "a/b", "text": "a"}, "invalid-request"),
    "nothing": ({"id": "a"}, "invalid-request"),
    "two things": ({"id": "a", "text": "a", "tap": "b"}, "invalid-request"),
    "a blank text": ({"id": "a", "text": " \u200b"}, "empty-text"),
    "a long text": ({"id": "a", "text": "అ" * 4097}, "text-too-long"),
    "a number": ({"id": "a", "text": 5}, "invalid-request"),
    "an unknown member": ({"id": "a", "text": "a", "txt": 1}, "invalid-request"),
    "an unknown language": ({"id": "a", "text": "a", "language": "ta"}, "invalid-request"),
    "a list as a language": ({"id": "a", "text": "a", "language": []}, "invalid-request"),
    "a phone without its plus": ({"id": "a", "text": "a", "phone": "919"}, "invalid-request"),
    "no base64": ({"id": "a", "audio": {"data": "%", "type": "audio/ogg"}}, "invalid-request"),
    "no sound": ({"id": "a", "audio": {"data": "", "type": "audio/ogg"}}, "empty-audio"),
    "a film": (
        {"id": "a", "audio": {"data": NOTE, "type": "video/mp4"}},
        "unsupported-media-type",
    ),
    "no type": ({"id": "a", "audio": {"data": NOTE}}, "invalid-request"),
    "a place off the earth": (
        {"id": "a", "location": {"latitude": 91, "longitude": 0}},
        "invalid-request",
    ),
    "half a place": ({"id": "a", "location": {"latitude": 1}}, "invalid-request"),
    "true as degrees": (
        {"id": "a", "location": {"latitude": True, "longitude": 0}},
        "invalid-request",
    ),
    "a tap of a thousand": ({"id": "a", "tap": "a" * 1000}, "invalid-request"),
}


def test_what_is_wrong_is_told_and_not_kept(backend: Backend) -> None:
    with backend.client() as client:
        for name, (body, problem) in WRONG.items():
            answer = client.post("/c/messages", json=body)
            assert answer.json()["type"] == f"/problems/{problem}", name
        wrong = client.post(f"/{'c' * 129}/messages", json={"id": "a", "text": "a"})
        assert wrong.json()["type"] == "/problems/invalid-request"
        for after in ("-1", "x", "9" * 30, "௧"):
            asked = client.get("/c/messages", params={"after": after})
            assert asked.json()["type"] == "/problems/invalid-request", after
        assert client.get("/c/messages").status_code == 404


def test_a_recording_that_is_too_large_is_refused(backend: Backend) -> None:
    most = backend.settings.conversation_audio_bytes
    data = base64.b64encode(bytes(most + 1)).decode()
    with backend.client() as client:
        refused = say(client, "c", 1, audio={"data": data, "type": "audio/wav"})
        assert refused.json()["type"] == "/problems/audio-too-large"
        huge = say(client, "c", 1, audio={"data": data + data, "type": "audio/wav"})
        assert huge.json()["type"] == "/problems/body-too-large"


def test_who_writes_too_much_is_told_once(backend: Backend) -> None:
    """The limits of WhatsApp's citizens, each conversation by itself."""
    with backend.client() as client, backend.at_work():
        for number in range(20):
            say(client, "c", number, wait=0)
        assert words(say(client, "c", 20)) == [phrase("too_many_messages", "te")]
        assert words(say(client, "c", 21)) == []
        assert words(say(client, "d", 22)) == ["echo text 22"]


def test_a_message_that_was_given_up_says_so(backend: Backend) -> None:
    def never(text: str) -> list[Reply]:
        raise RuntimeError(text)

    backend.dialogue.answer = never
    with backend.client() as client, backend.at_work():
        say(client, "c", 1, wait=0)
        end = time.monotonic() + 60
        state: Any = {"state": "waiting"}
        while state["state"] == "waiting" and time.monotonic() < end:
            state = client.get("/c/messages/m-1", headers={"Prefer": "wait=30"}).json()
        assert state["state"] == "given_up"
        assert [one["text"] for one in state["replies"]] == [phrase("internal_error", None)]


def test_metrics_tell_the_channel_and_no_name(backend: Backend) -> None:
    with backend.client() as client, backend.at_work():
        say(client, "secret-conversation", 1)
        number = client.get("/secret-conversation/messages").json()["after"]
        client.get("/secret-conversation/messages", params={"after": number})
    with served(create_internal_app(backend.app.state.runtime)) as url:
        text = httpx.get(f"{url}/metrics", trust_env=False).text
    assert 'seva_received_total{channel="rest",kind="text"} 1.0' in text
    assert "seva_fetched_total 1.0" in text
    route = 'route="/v1/conversations/{conversation}/messages"'
    assert f'seva_requests_total{{{route},status="200"}} 3.0' in text
    assert "secret" not in text


def test_neither_text_nor_name_lies_open_in_the_database(backend: Backend) -> None:
    with backend.client() as client:
        say(client, "9848012345", 1, wait=0, text="my secret")
    inbox = backend.app.state.runtime.inbox
    for table in ("inbox", "outbox", "citizens", "inbox_lanes"):
        found = inbox._database.look(
            lambda db, t=table: db.execute(f"SELECT * FROM {t}").fetchall()
        )
        for row in found:
            assert "secret" not in str(list(row)) and "9848012345" not in str(list(row))
