"""`POST /feedback`: what was wrong waits for people to read, once, masked, and can be deleted."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from api.conversations.identity import Conversation
from api.inbox.review import erase, named
from api.review.item import Item
from tests.api.api_fakes import FakeUnderstanding
from tests.api.five_texts import FIVE

WRONG = {"intent": "electricity_bill_view", "correct": False, "intended": "rtc_ticket_booking"}


def waiting(client: TestClient) -> list[Any]:
    database = client.app.state.runtime.inbox._database  # type: ignore[attr-defined]
    rows: list[Any] = database.look(
        lambda db: db.execute("SELECT * FROM review_arrivals ORDER BY seq").fetchall()
    )
    return rows


def change(client: TestClient, **given: float) -> None:
    """Another setting from now on."""
    runtime = client.app.state.runtime  # type: ignore[attr-defined]
    runtime.settings = runtime.settings.but(given)


@pytest.mark.parametrize("key", FIVE)
def test_what_was_wrong_is_kept_with_what_was_meant(client: TestClient, key: str) -> None:
    told = {**WRONG, "text": f"{FIVE[key]} 6123401005678", "language": key}
    answer = client.post("/v1/feedback", json=told)
    assert (answer.status_code, answer.json()) == (202, {"kept": True})
    [row] = waiting(client)
    item = Item.of(row["payload"])
    assert item.text == f"{FIVE[key]} XXXXXXXXX5678" and "6123401" not in row["payload"]
    assert (row["reason"], item.key) == ("corrected", key)
    assert (item.said, item.chosen) == ("electricity_bill_view", "rtc_ticket_booking")
    assert item.ranking == (("electricity_bill_view", 0.97),) and item.model == "fake"


def test_the_same_request_counts_once_for_a_client(client: TestClient) -> None:
    told = {**WRONG, "text": "my bill", "request_id": "m-1"}
    for _ in range(2):
        assert client.post("/feedback", json=told).json() == {"kept": True}
    assert len(waiting(client)) == 1
    other = {"Authorization": "Bearer second"}
    client.post("/feedback", json=told, headers=other)
    client.post("/feedback", json={**told, "request_id": "m-2"})
    assert len(waiting(client)) == 3


def test_what_was_right_is_one_of_a_share(client: TestClient) -> None:
    right = {"text": "my bill", "intent": "electricity_bill_view", "correct": True}
    change(client, review_percent=0)
    assert client.post("/feedback", json=right).json() == {"kept": False}
    change(client, review_percent=100)
    assert client.post("/feedback", json=right).json() == {"kept": True}
    assert [row["reason"] for row in waiting(client)] == ["random"]


def test_nothing_is_kept_where_nothing_is_to_be_kept(client: TestClient) -> None:
    change(client, keep_review_days=0)
    assert client.post("/feedback", json={**WRONG, "text": "my bill"}).json() == {"kept": False}
    assert waiting(client) == []


def test_it_is_kept_also_while_nobody_understands(
    client: TestClient, engine: FakeUnderstanding
) -> None:
    engine.error = RuntimeError("broken")
    told = {**WRONG, "text": "naa bill", "language": "te-Latn"}
    assert client.post("/feedback", json=told).json() == {"kept": True}
    [row] = waiting(client)
    assert Item.of(row["payload"]).ranking == ()


def test_delete_my_data_in_a_conversation_deletes_its_feedback(client: TestClient) -> None:
    told = {**WRONG, "text": "my bill"}
    client.post("/feedback", json=told, headers={"X-Conversation-Id": "user-1"})
    client.post("/feedback", json=told, headers={"X-Conversation-Id": "user-2"})
    runtime = client.app.state.runtime  # type: ignore[attr-defined]
    key = runtime.keys.check("Bearer right-key", "parse")
    lane = Conversation.of(key, "user-1").lane
    runtime.inbox._database.change(lambda db: erase(db, lane, 0.0))
    left = [row["who"] for row in waiting(client) if row["payload"]]
    assert left == [named(Conversation.of(key, "user-2").lane)]


def test_a_key_for_something_else_may_not(client: TestClient) -> None:
    del client.headers["Authorization"]
    answer = client.post("/feedback", json={**WRONG, "text": "my bill"})
    assert answer.status_code == 401 and waiting(client) == []


def test_an_inbox_that_is_away_is_told(client: TestClient) -> None:
    client.app.state.runtime.inbox = None  # type: ignore[attr-defined]
    answer = client.post("/feedback", json={**WRONG, "text": "my bill"})
    assert answer.json()["type"] == "/problems/inbox-unavailable"
