"""Drives a generated client against a server; run with the client's own packages, not with Seva's.

Its arguments are the address, a key, and the file of texts in each key.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from seva_client import AuthenticatedClient, models
from seva_client.api.catalogue import services
from seva_client.api.conversations import fetch_replies, message_progress, post_message
from seva_client.api.understanding import parse, parse_batch

URL, KEY, FILE = sys.argv[1:]
TEXTS: list[str] = json.loads(Path(FILE).read_text("utf-8"))
CLIENT = AuthenticatedClient(URL, token=KEY)


def parses() -> None:
    for sentence in TEXTS:
        found = parse.sync(client=CLIENT, body=models.ParseRequest(sentence))
        assert found.decision.kind == "route" and found.text == sentence
        assert found.decision.options[0].service == found.intent.name
    body = models.ParseRequest("a")
    pinned = parse.sync_detailed(client=CLIENT, body=body, seva_model="another")
    assert pinned.status_code == 409 and pinned.parsed.models == ["fake"]


def parses_batches() -> None:
    body = models.BatchRequest(texts=[*TEXTS, " "])
    *good, blank = parse_batch.sync(client=CLIENT, body=body).results
    assert [one.text for one in good] == TEXTS
    assert blank.error.type_ == "/problems/empty-text" and blank.index == len(TEXTS)


def lists_services() -> None:
    listed = services.sync_detailed(client=CLIENT)
    assert any(one.title.te for one in listed.parsed.services)
    known = services.sync_detailed(client=CLIENT, if_none_match=listed.headers["etag"])
    assert known.status_code == 304


def meets_problems() -> None:
    wrong = AuthenticatedClient(URL, token="wrong")
    refused = parse.sync(client=wrong, body=models.ParseRequest("a"))
    assert refused.type_ == "/problems/unauthorised" and refused.status == 401
    unknown = fetch_replies.sync("c", client=CLIENT)
    assert unknown.type_ == "/problems/unknown-conversation"


def converses() -> None:
    for number, sentence in enumerate(TEXTS):
        said = models.TextMessage(id=f"m-{number}", text=sentence)
        answer = post_message.sync("c", client=CLIENT, body=said, prefer="wait=20")
        assert [reply.text for reply in answer.replies] == [f"echo {sentence}"]
    place = models.PlaceMessage(id="m-9", location=models.Spot(16.5, 80.6))
    assert post_message.sync("c", client=CLIENT, body=place, prefer="wait=20").state == "answered"
    assert message_progress.sync("c", "m-9", client=CLIENT).replies[0].in_reply_to == "m-9"
    told = fetch_replies.sync("c", client=CLIENT)
    expected = [*(f"m-{number}" for number in range(len(TEXTS))), "m-9"]
    assert [one.in_reply_to for one in told.replies] == expected
    assert fetch_replies.sync("c", client=CLIENT, after=told.after).replies == []


for step in (parses, parses_batches, lists_services, meets_problems, converses):
    step()
    print(step.__name__)
