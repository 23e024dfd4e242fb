"""Calls of departments reach no network of ours, whatever a name resolves to (finding 15)."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse

from nlu.web.egress import CheckedTransport, ForbiddenAddress, Reach
from tests.served import served

INTERNET = Reach()
INTRANET = Reach(private=True)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "100.64.0.1",
        "169.254.169.254",
        "192.0.0.8",
        "192.0.2.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::169.254.169.254",  # IPv4-compatible
        "::ffff:8.8.8.8",  # mapped
        "::ffff:169.254.169.254",
        "::ffff:0:169.254.169.254",  # translated
        "64:ff9b::a9fe:a9fe",  # NAT64
        "64:ff9b:1::a9fe:a9fe",
        "100::1",
        "2001:0:a9fe:a9fe::1",  # Teredo
        "2001:2::1",
        "2001:db8::1",
        "2002:a9fe:a9fe::1",  # 6to4
        "3fff::1",
        "5f00::1",
        "fd00:ec2::254",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
@pytest.mark.parametrize("reach", [INTERNET, INTRANET, Reach(private=True, loopback=True)])
def test_never_reached(address: str, reach: Reach) -> None:
    assert not reach.includes(address)


@pytest.mark.parametrize("address", ["10.0.0.1", "172.31.0.1", "192.168.1.1", "fd12:3456::1"])
def test_private_networks_only_where_the_department_is_in_one(address: str) -> None:
    assert INTRANET.includes(address)
    assert not INTERNET.includes(address) and not Reach(loopback=True).includes(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "127.8.8.8", "::1"])
def test_this_machine_only_where_the_sandbox_is(address: str) -> None:
    assert Reach(loopback=True).includes(address) and not INTERNET.includes(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.216.34", "2001:4860:4860::8888"])
def test_the_internet_is_reached(address: str) -> None:
    assert INTERNET.includes(address)


class Names:
    """A resolver whose answers change, as their owner likes; it counts questions."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers, self.asked = list(answers), 0

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked += 1
        return self.answers[min(self.asked, len(self.answers)) - 1]


@asynccontextmanager
async def _client(names: Names, reach: Reach) -> AsyncIterator[httpx.AsyncClient]:
    transport = CheckedTransport(reach, ssl.create_default_context(), names)
    timeout = httpx.Timeout(5, connect=0.5)
    async with httpx.AsyncClient(transport=transport, timeout=timeout) as client:
        yield client


async def test_a_name_that_changes_after_the_check_is_not_followed() -> None:
    """The server of this machine is never asked, for nothing is resolved a second time."""
    hits: list[str] = []

    async def app(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        hits.append(Request(scope).headers["host"])

    with served(app) as address:
        port = httpx.URL(address).port
        names = Names(["93.184.216.34"], ["127.0.0.1"])
        async with _client(names, INTERNET) as client:
            with pytest.raises((httpx.ConnectError, httpx.ConnectTimeout)):
                await client.get(f"http://department.example:{port}/")
            with pytest.raises(ForbiddenAddress):
                await client.get(f"http://department.example:{port}/")
    assert names.asked == 2 and not hits


async def test_one_bad_address_among_good_ones_refuses_all() -> None:
    async with _client(Names(["8.8.8.8", "169.254.169.254"]), INTERNET) as client:
        with pytest.raises(ForbiddenAddress):
            await client.get("http://department.example/")


async def test_the_department_hears_its_own_name() -> None:
    """And a kept connection asks for no address again."""

    async def app(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        if scope["type"] == "http":
            answer = PlainTextResponse(Request(scope).headers["host"])
            await answer(scope, receive, send)  # type: ignore[arg-type]

    with served(app) as address:
        port = httpx.URL(address).port
        names = Names(["127.0.0.1"], ["10.0.0.1"])
        async with _client(names, Reach(loopback=True)) as client:
            for _ in range(2):
                answer = await client.get(f"http://department.example:{port}/")
                assert answer.text == f"department.example:{port}"
    assert names.asked == 1


async def test_tls_asks_for_the_name_and_not_for_the_address() -> None:
    """The certificate is checked for the name that was called."""
    names = Names(["127.0.0.1"])
    asked: list[object] = []

    class Context(ssl.SSLContext):
        def wrap_bio(  # type: ignore[override]
            self,
            incoming: ssl.MemoryBIO,
            outgoing: ssl.MemoryBIO,
            server_side: bool = False,
            server_hostname: str | None = None,
            session: ssl.SSLSession | None = None,
        ) -> ssl.SSLObject:
            asked.append(server_hostname)
            return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)

    async def app(scope: dict, receive: object, send: object) -> None:  # type: ignore[type-arg]
        return None

    with served(app) as address:
        port = httpx.URL(address).port
        transport = CheckedTransport(Reach(loopback=True), Context(ssl.PROTOCOL_TLS_CLIENT), names)
        async with httpx.AsyncClient(transport=transport) as client:
            with pytest.raises(httpx.ConnectError):
                await client.get(f"https://department.example:{port}/")
    assert asked == [b"department.example"]
