"""What a failed call of the action server means, and whom it touches."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SessionStarted, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import ClientResponseError, EndpointConfig
from rasa_sdk import Tracker

from nlu.action_address import ActionAddress
from nlu.turn import AWAY, BROKEN, FAILED
from tests.deferred import Deferred

rasa_actions = Deferred("rasa.core.actions.action")
action_endpoint = Deferred("nlu.engine.action_endpoint")

DOMAIN = Domain.load("data/rasa/domain.yml")
_ANSWER = b'{"events": [], "responses": []}'


class Server:
    """An HTTP server on a socket that does with a call what its action is called."""

    def __init__(self, socket: Path) -> None:
        self.socket, self.connections = socket, 0
        self.asked: list[str] = []
        self.healthy = b"200 OK"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.lower().split(b"\r\n")
                length = [int(one.split(b":")[1]) for one in lines if b"content-length" in one]
                body = json.loads(await reader.readexactly(length[0])) if length else {}
                action = body.get("next_action", "")
                status, content = b"200 OK", _ANSWER
                if not length:
                    self.asked.append(head.split(b" ")[1].decode())
                    status = self.healthy
                elif action == "drop":
                    break
                elif action == "slow":
                    await asyncio.sleep(0.3)
                elif action.isdecimal():
                    status = action.encode() + b" no"
                elif action == "garbage":
                    content = b"no json"
                size = b"Content-Length: %d" % len(content)
                writer.write(b"HTTP/1.1 " + status + b"\r\n" + size + b"\r\n\r\n" + content)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


def call(action: str, turns: int = 1) -> dict[str, Any]:
    """As Rasa makes it, after so many turns of a session."""
    tracker = DialogueStateTracker.from_events("1:a", [SessionStarted()], DOMAIN.slots)
    for number in range(turns):
        said = UserUttered(f"message {number}", {"name": "x"}, parse_data={"text": "x"})
        tracker.update(said, DOMAIN)
        tracker.update(SlotSet("state", {"language": "te"}), DOMAIN)
        tracker.update(BotUttered("an answer"), DOMAIN)
    endpoint = EndpointConfig("http://here", enable_selective_domain=True)
    body: dict[str, Any] = rasa_actions.RemoteAction(action, endpoint)._action_call_format(
        tracker, DOMAIN
    )
    return body


def test_a_call_carries_the_message_the_state_and_no_more() -> None:
    """Neither the domain, nor what was said before."""
    few, many = (
        action_endpoint.thin(call("action_turn")),
        action_endpoint.thin(call("action_turn", 50)),
    )
    assert set(few) == {"next_action", "sender_id", "tracker"}
    assert few["tracker"]["slots"] == {"state": {"language": "te"}}
    assert [event["text"] for event in many["tracker"]["events"]] == ["message 49"]
    sizes = [len(json.dumps(one)) for one in (few, many)]
    assert sizes[1] <= sizes[0] + 2 and sizes[0] < 800
    assert Tracker.from_dict(few["tracker"]).get_slot("state") == {"language": "te"}


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    one = Server(tmp_path / "socket")
    async with await asyncio.start_unix_server(one.serve, str(one.socket)):
        yield one


@pytest.fixture
async def endpoint(server: Server) -> AsyncIterator[action_endpoint.ActionEndpoint]:
    one = action_endpoint.ActionEndpoint(ActionAddress(server.socket), "secret", deadline_s=5)
    yield one
    await one.close()


async def called(endpoint: action_endpoint.ActionEndpoint, action: str, after: float = 0) -> Any:
    """The answer, or the trouble of a failed call."""
    await asyncio.sleep(after)
    try:
        return await endpoint.request(json=call(action))
    except action_endpoint.ActionCallFailed as failed:
        return failed.trouble


async def test_dropped_connection_ends_its_own_call_only(
    server: Server, endpoint: action_endpoint.ActionEndpoint
) -> None:
    slow = [called(endpoint, "slow") for _ in range(3)]
    *others, dropped = await asyncio.gather(*slow, called(endpoint, "drop", after=0.1))
    assert dropped == BROKEN
    assert all(one == json.loads(_ANSWER) for one in others)


async def test_calls_of_many_are_answered_while_some_are_dropped(
    endpoint: action_endpoint.ActionEndpoint,
) -> None:
    """None of them meets connections that somebody else has just closed."""
    kinds = ["ok", "slow", "drop", "ok"] * 20
    found = await asyncio.gather(*(called(endpoint, kind, n / 200) for n, kind in enumerate(kinds)))
    for kind, one in zip(kinds, found):
        assert one == (BROKEN if kind == "drop" else json.loads(_ANSWER)), kind


async def test_connections_of_before_a_restart_cost_one_call(
    server: Server, endpoint: action_endpoint.ActionEndpoint
) -> None:
    await asyncio.gather(*(called(endpoint, "slow") for _ in range(4)))
    assert server.connections == 4
    assert await called(endpoint, "drop") == BROKEN
    assert await called(endpoint, "ok") == json.loads(_ANSWER)
    assert server.connections == 5


@pytest.mark.parametrize(
    ("action", "trouble"),
    [
        ("401", AWAY),
        ("403", AWAY),
        ("404", AWAY),
        ("503", AWAY),
        ("500", FAILED),
        ("garbage", FAILED),
    ],
)
async def test_failures_mean_what_they_say(
    endpoint: action_endpoint.ActionEndpoint, action: str, trouble: str
) -> None:
    """Another secret, or a server of another version, is no fault of a citizen's message."""
    assert await called(endpoint, action) == trouble


async def test_declined_action_is_told_to_rasa(endpoint: action_endpoint.ActionEndpoint) -> None:
    with pytest.raises(ClientResponseError):
        await called(endpoint, "400")


async def test_health_is_asked_for_what_was_lacking(
    server: Server, endpoint: action_endpoint.ActionEndpoint
) -> None:
    """Else the outage would end at once, and the same message would be taken again and again."""
    assert await endpoint.is_healthy()
    await called(endpoint, "404")
    server.healthy = b"503 no"
    assert not await endpoint.is_healthy()
    server.healthy = b"200 OK"
    assert await endpoint.is_healthy() and await endpoint.is_healthy()
    asked = [path.partition("action=")[2] for path in server.asked]
    assert asked == ["", "404", "404", ""]


async def test_no_error_of_ours_is_taken_for_an_answer(
    endpoint: action_endpoint.ActionEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rasa goes on without events where an `Exception` comes out."""

    def broken() -> Any:
        raise RuntimeError("Session is closed")

    monkeypatch.setattr(endpoint, "_opened", broken)
    assert await called(endpoint, "ok") == BROKEN
    assert not await endpoint.is_healthy()
