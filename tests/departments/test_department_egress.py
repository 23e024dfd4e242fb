"""Which hosts may be called and may serve documents."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from actions.departments import Connector, DepartmentDefinition
from actions.departments.definition import Egress
from actions.departments.egress import EgressGuard
from actions.departments.result import CallFailed

from .fake_department import BILL, CITIZEN

OPEN = Egress(False, True, frozenset({"files.example"}), 1)


def guard(addresses: list[str], policy: Egress) -> EgressGuard:
    async def resolver(host: str, port: int) -> list[str]:
        return addresses

    return EgressGuard("https://department.example/api", policy, resolver)


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("addresses", "policy", "allowed"),
    [
        (["8.8.8.8"], OPEN, True),
        (["2001:4860:4860::8888"], OPEN, True),
        (["10.0.0.5"], OPEN, False),
        (["192.168.1.1"], OPEN, False),
        (["8.8.8.8", "10.0.0.5"], OPEN, False),
        (["169.254.169.254"], OPEN, False),
        (["::ffff:10.0.0.5"], OPEN, False),
        (["fd00::1"], OPEN, False),
        (["224.0.0.1"], OPEN, False),
        (["0.0.0.0"], OPEN, False),
        (["10.0.0.5"], replace(OPEN, allow_private=True), True),
        (["169.254.169.254"], replace(OPEN, allow_private=True), False),
        (["127.0.0.1"], OPEN, True),
        (["::1"], OPEN, True),
        (["127.0.0.1"], replace(OPEN, allow_loopback=False), False),
    ],
)
async def test_host_is_judged_by_every_address_it_has(
    addresses: list[str], policy: Egress, allowed: bool
) -> None:
    try:
        await guard(addresses, policy).check()
        refused = False
    except CallFailed as failure:
        refused = failure.reason == "egress"
    assert refused is not allowed


@pytest.mark.asyncio
async def test_refused_host_is_not_called(energy: DepartmentDefinition) -> None:
    asked: list[httpx.Request] = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        return httpx.Response(200, json=BILL)

    async def resolver(host: str, port: int) -> list[str]:
        return ["10.1.2.3"]

    connector = Connector(energy, httpx.MockTransport(handler), resolver)
    result = await connector.execute(
        "getBill",
        {"service_number": "6123401005678"},
        citizen=CITIZEN,
        request_id="turn-1",
        language="te",
    )
    assert (result.outcome, result.reason, asked) == ("unavailable", "egress", [])


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://department.example/files/1.pdf", True),
        ("https://files.example/1.pdf", True),
        ("https://evil.example/1.pdf", False),
        ("https://department.example.evil.example/1.pdf", False),
        ("https://department.example@evil.example/1.pdf", False),
        ("file:///etc/passwd", False),
    ],
)
def test_document_is_only_taken_from_known_hosts(url: str, allowed: bool) -> None:
    assert guard([], OPEN).document_allowed(url) is allowed


@pytest.mark.parametrize("url", ["ftp://department.example", "/energy", "http://"])
def test_base_url_must_be_http_with_a_host(url: str) -> None:
    with pytest.raises(ValueError):
        EgressGuard(url, OPEN)
