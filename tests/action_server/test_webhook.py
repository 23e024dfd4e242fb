"""What the action server answers when an action fails, refuses, or takes too long."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from rasa_sdk.executor import ActionExecutor
from rasa_sdk.interfaces import ActionExecutionRejection

from actions.departments.standstill import StoodStill
from actions.server.trampoline import InLoop
from actions.server.webhook import webhook_app
from nlu.action_address import ActionAddress

SOCKET = ActionAddress(Path("actions.sock"))


async def _says(dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
    dispatcher.utter_message(text="నమస్తే")
    return []


async def _refuses(dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
    raise ActionExecutionRejection("refuses", "not now")


async def _breaks(dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
    raise ValueError("9848012345 said it")


async def _stands(dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
    raise StoodStill


async def _waits(dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
    await InLoop(lambda: asyncio.sleep(60))
    return []


async def _computes(dispatcher: Any, tracker: Any, domain: Any) -> list[Any]:
    threading.Event().wait(1)
    return []


async def _ask(action: str, health: Mapping[str, str] | None = None) -> httpx.Response:
    executor = ActionExecutor()
    for run in (_says, _refuses, _breaks, _stands, _waits, _computes):
        executor.register_function(run.__name__.strip("_"), run)

    async def healthy() -> Mapping[str, str]:
        return health or {}

    app = webhook_app(executor, healthy, SOCKET, "", 10_000, 0.2)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    call = {"next_action": action, "tracker": {"sender_id": "c"}}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        if health is not None:
            return await client.get("/health")
        return await client.post("/webhook", json=call)


@pytest.mark.slow
async def test_time_in_which_the_server_stood_still_is_no_failure_of_the_action() -> None:
    """A 504 counts as an attempt of the citizen's message; a 503 does not."""
    under_way = asyncio.create_task(_ask("waits"))
    await asyncio.sleep(0.1)
    time.sleep(1.3)
    assert (await under_way).status_code == 503


async def test_answer() -> None:
    answer = await _ask("says")
    assert answer.status_code == 200
    assert answer.json()["responses"][0]["text"] == "నమస్తే"


@pytest.mark.parametrize(
    ("action", "status"),
    [
        *[("refuses", 400), ("unknown", 404), ("breaks", 500), ("stands", 503), ("waits", 504)],
        ("computes", 504),
    ],
)
async def test_failures(action: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    """Rasa takes a 400 for an action that does not apply, all else for a failure."""
    answer = await _ask(action)
    assert answer.status_code == status
    assert "9848012345" not in answer.text + caplog.text
    if status in (400, 404):
        assert answer.json()["action_name"] == action


async def test_healthy() -> None:
    assert (await _ask("", {})).json() == {"status": "ok"}


async def test_unhealthy_says_what() -> None:
    answer = await _ask("", {"journal": "OperationalError"})
    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "journal": "OperationalError"}


@pytest.mark.parametrize(
    ("asked", "given", "status"),
    [
        ("", "", 200),
        ("?action=", "", 401),
        ("?action=", "Bearer old", 401),
        ("?action=", "Bearer secret", 200),
        ("?action=says", "Bearer secret", 200),
        ("?action=of_a_newer_model", "Bearer secret", 503),
    ],
)
async def test_worker_is_told_whether_its_calls_would_be_taken(
    asked: str, given: str, status: int
) -> None:
    """Anybody may ask whether the server works; a worker asks with its secret."""
    executor = ActionExecutor()
    executor.register_function("says", _says)

    async def healthy() -> Mapping[str, str]:
        return {}

    address = ActionAddress(None, "localhost", 5055)
    app = webhook_app(executor, healthy, address, "secret", 10_000, 0.2)
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        headers = {"Authorization": given} if given else {}
        assert (await client.get(f"/health{asked}", headers=headers)).status_code == status
