"""Who may ask a server for what: its own names, and changes from its own pages only."""

from __future__ import annotations

from typing import Any

import pytest

from nlu.web.door import Door, name_of

BODY = {"type": "http.response.body", "body": b"in"}


async def _inside(scope: Any, receive: Any, send: Any) -> None:
    headers = [(b"content-security-policy", b"of the page")] if scope["path"] == "/page" else []
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send(BODY)


async def _ask(
    headers: dict[str, str],
    method: str = "GET",
    path: str = "/",
    hosts: tuple[str, ...] = ("seva.example",),
    server: tuple[str, int] = ("10.1.2.3", 8790),
) -> tuple[int, dict[str, str]]:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "server": server,
        "headers": [(k.lower().encode(), v.encode()) for k, v in headers.items()],
    }
    await Door(_inside, hosts)(scope, None, send)  # type: ignore[arg-type]
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], names


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost", 200),
        ("LOCALHOST:8790", 200),
        ("localhost.:8790", 200),
        ("127.0.0.1:1", 200),
        ("[::1]:8790", 200),
        ("seva.example", 200),
        ("seva.example:443", 200),
        ("10.1.2.3:8790", 200),  # the address that the connection came to
        ("10.1.2.4:8790", 421),
        ("evil.example", 421),
        ("seva.example.evil.example", 421),
        ("localhost.evil.example", 421),
        ("evil.example:80@localhost", 421),
        ("", 421),
    ],
)
async def test_only_own_names_are_answered(host: str, status: int) -> None:
    assert (await _ask({"Host": host}))[0] == status


async def test_without_host_it_is_no_browser() -> None:
    assert (await _ask({}))[0] == 200


async def test_a_name_is_never_own_because_a_connection_claims_it() -> None:
    assert (await _ask({"Host": "evil.example"}, server=("evil.example", 80)))[0] == 421


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),  # no browser
        ({"Origin": "http://localhost:8790"}, 200),
        ({"Origin": "http://localhost:3000"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:x"}, 403),
        ({"Referer": "http://localhost:8790/page"}, 200),
        ({"Referer": "https://evil.example/localhost:8790"}, 403),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site", "Origin": "http://localhost:8790"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
async def test_changes_come_from_own_pages(
    method: str, headers: dict[str, str], status: int
) -> None:
    assert (await _ask({"Host": "localhost:8790", **headers}, method))[0] == status


async def test_a_scheme_s_own_port_may_be_left_out() -> None:
    headers = {"Host": "seva.example", "Origin": "https://seva.example:443"}
    assert (await _ask(headers, "POST"))[0] == 200


async def test_reading_needs_no_origin() -> None:
    headers = {"Host": "localhost", "Origin": "https://evil.example"}
    assert (await _ask(headers))[0] == 200


@pytest.mark.parametrize("host", ["localhost", "evil.example"])
async def test_every_answer_is_kept_to_itself(host: str) -> None:
    _, headers = await _ask({"Host": host})
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "same-origin"


async def test_a_page_s_own_policy_stays() -> None:
    _, headers = await _ask({"Host": "localhost"}, path="/page")
    assert headers["content-security-policy"] == "of the page"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("::1", "::1"),
        ("[::1]:80", "::1"),
        ("A.example.:1", "a.example"),
        ("127.0.0.1", "127.0.0.1"),
    ],
)
def test_name_of(host: str, name: str) -> None:
    assert name_of(host) == name
