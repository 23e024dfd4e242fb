"""OAuth 2.0 client credentials against a real server: fetched once, renewed in time."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.responses import JSONResponse, PlainTextResponse

from actions.departments import Connector
from actions.departments.credentials import ClientCredentials
from actions.departments.oauth2 import BearerTokens
from actions.departments.result import CallFailed

from .library.app import SECRET, Library
from .library.place import find, opened, reserve

pytestmark = pytest.mark.asyncio
Open = tuple[Library, Connector]


@pytest.fixture
def library(tmp_path: Path) -> Iterator[Open]:
    """A library with a connector."""
    with opened(tmp_path) as pair:
        yield pair


async def test_token_is_fetched_with_the_clients_own_name_and_secret(library: Open) -> None:
    served, connector = library
    assert (await find(connector)).outcome == "ok"
    basic = base64.b64encode(f"seva:{SECRET}".encode()).decode()
    assert served.requests[0].headers["Authorization"] == f"Basic {basic}"
    assert served.token_forms == ["grant_type=client_credentials&scope=books"]


async def test_token_serves_all_calls_until_its_end_is_near(library: Open) -> None:
    served, connector = library
    for _ in range(3):
        assert (await find(connector)).outcome == "ok"
    assert len(served.issued) == 1


async def test_calls_at_once_share_one_fetch(library: Open) -> None:
    served, connector = library
    results = await asyncio.gather(*(find(connector) for _ in range(8)))
    assert {result.outcome for result in results} == {"ok"}
    assert len(served.issued) == 1


async def test_refused_token_is_replaced_once_and_the_write_is_done_once(library: Open) -> None:
    served, connector = library
    await find(connector)
    served.revoke()
    assert (await reserve(connector, "మహాప్రస్థానం")).outcome == "ok"
    assert len(served.issued) == 2
    assert len(served.reservations) == 1


async def test_calls_whose_token_is_refused_at_once_share_one_new_token(library: Open) -> None:
    served, connector = library
    await find(connector)
    served.revoke()
    results = await asyncio.gather(*(find(connector) for _ in range(6)))
    assert {result.outcome for result in results} == {"ok"}
    assert len(served.issued) == 2


async def test_department_that_refuses_every_token_is_asked_twice_only(
    tmp_path: Path,
) -> None:
    with opened(tmp_path) as (served, connector):
        served.good = frozenset()  # type: ignore[assignment]  # nothing is ever good
        served.token_answer = JSONResponse({"access_token": "x", "token_type": "bearer"})
        result = await find(connector)
    assert (result.outcome, result.reason) == ("unavailable", "status")
    assert [str(r.url.path) for r in served.requests] == ["/token", "/library/books"] * 2


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"error": "invalid_client"}, 401),
        PlainTextResponse("down", 503),
        PlainTextResponse("<html>"),
        JSONResponse({"token_type": "bearer"}),
        JSONResponse({"access_token": "x", "token_type": "mac"}),
        JSONResponse({"access_token": "a\r\nX-Api-Key: b", "token_type": "bearer"}),
        JSONResponse({"access_token": "x", "token_type": "bearer", "expires_in": -1}),
        JSONResponse(["x"]),
    ],
    ids=["refused", "down", "page", "none", "kind", "header", "over", "list"],
)
async def test_without_a_token_nothing_is_sent(tmp_path: Path, answer: Any) -> None:
    with opened(tmp_path, Library(token_answer=answer)) as (served, connector):
        result = await reserve(connector, "మహాప్రస్థానం")
    assert (result.outcome, result.reason) == ("unavailable", "auth")
    assert {r.url.path for r in served.requests} == {"/token"}


class Server:
    """A token server at the seam, with a clock that tests turn."""

    def __init__(self, *lifetimes: float | None) -> None:
        self.now = 0.0
        self.asked = 0
        self._lifetimes = list(lifetimes)

    async def send(self, request: httpx.Request) -> tuple[int, bytes]:
        """The next token; a failure where no lifetime is left."""
        self.asked += 1
        if not self._lifetimes:
            raise CallFailed("auth", "down")
        answer: dict[str, Any] = {"access_token": f"t{self.asked}", "token_type": "Bearer"}
        lifetime = self._lifetimes.pop(0)
        if lifetime is not None:
            answer["expires_in"] = lifetime
        return 200, json.dumps(answer).encode()

    def tokens(self) -> BearerTokens:
        """A department's tokens from here, renewed a minute ahead."""
        settings = ClientCredentials("https://id.example/token", "seva", SECRET, "", 60)
        return BearerTokens(settings, self.send, lambda: self.now)


async def carried(tokens: BearerTokens) -> str:
    """The token of a request signed now."""
    request = httpx.Request("GET", "https://department.example/")
    await tokens.sign(request)
    return request.headers["Authorization"].removeprefix("Bearer ")


@pytest.mark.parametrize(
    ("lifetime", "moment", "token"),
    [
        (3600, 3539, "t1"),
        (3600, 3540, "t2"),
        (40, 19, "t1"),  # shorter than the minute ahead: half its life
        (40, 20, "t2"),
        (None, 10**9, "t1"),  # no end told: good until it is refused
    ],
)
async def test_token_is_renewed_ahead_of_its_end(
    lifetime: float | None, moment: float, token: str
) -> None:
    server = Server(lifetime, 3600)
    tokens = server.tokens()
    await carried(tokens)
    server.now = moment
    assert await carried(tokens) == token


async def test_token_that_is_still_good_is_used_while_the_token_server_is_down() -> None:
    server = Server(3600)
    tokens = server.tokens()
    await carried(tokens)
    server.now = 3590
    assert await carried(tokens) == "t1"
    server.now = 3600
    with pytest.raises(CallFailed):
        await carried(tokens)


async def test_secret_and_token_are_in_no_log_and_no_repr(
    library: Open, caplog: pytest.LogCaptureFixture
) -> None:
    served, connector = library
    with caplog.at_level(logging.DEBUG):
        await find(connector)
        served.token_answer = JSONResponse({"error": "invalid_client"}, 401)
        served.revoke()
        await find(connector)
    seen = caplog.text + repr(connector.department) + repr(vars(connector))
    assert "department_call" in seen
    assert not [secret for secret in (SECRET, *served.issued) if secret in seen]
