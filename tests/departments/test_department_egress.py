"""Which hosts may be called and may serve documents."""

from __future__ import annotations

from dataclasses import replace

import httpx
import pytest

from actions.departments import Connector, DepartmentDefinition
from actions.departments.definition import Egress
from actions.departments.egress import checked_base, document_allowed, reach_of

from .fake_department import CITIZEN

OPEN = Egress(False, True, frozenset({"files.example"}), 1)
BASE = httpx.URL("https://department.example/api")


@pytest.mark.parametrize(
    ("address", "policy", "allowed"),
    [
        ("8.8.8.8", OPEN, True),
        ("10.0.0.5", OPEN, False),
        ("10.0.0.5", replace(OPEN, allow_private=True), True),
        ("127.0.0.1", OPEN, True),
        ("127.0.0.1", replace(OPEN, allow_loopback=False), False),
        ("169.254.169.254", replace(OPEN, allow_private=True), False),
    ],
)
def test_reach_is_what_the_yaml_says(address: str, policy: Egress, allowed: bool) -> None:
    assert reach_of(policy).includes(address) is allowed


@pytest.mark.asyncio
async def test_refused_host_is_not_called(energy: DepartmentDefinition) -> None:
    async def resolver(host: str, port: int) -> list[str]:
        return ["10.1.2.3"]

    async with Connector(energy, resolver=resolver) as connector:
        result = await connector.execute(
            "getBill",
            {"service_number": "6123401005678"},
            citizen=CITIZEN,
            request_id="turn-1",
            language="te",
        )
    assert (result.outcome, result.reason) == ("unavailable", "egress")


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
    assert document_allowed(url, BASE, OPEN) is allowed


@pytest.mark.parametrize("url", ["ftp://department.example", "/energy", "http://"])
def test_base_url_must_be_http_with_a_host(url: str) -> None:
    with pytest.raises(ValueError):
        checked_base(url)
