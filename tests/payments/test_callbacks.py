"""Callbacks are a hint to look up now, and nothing else; and only from who has the key."""

from __future__ import annotations

import json
import os

import pytest

from actions.departments.signature import signature_headers
from nlu.storage.keys import new_key

from .world import World, run


def test_callback_makes_the_job_look_up_now(world: World) -> None:
    async def story() -> str:
        order = (await world.ask()).fields["order_id"]
        world.books.pay(order, "paid")
        await world.later(1)
        before = world.state()
        assert await world.called_back(order) == 204
        await world.later(0)
        return before

    assert run(story()) == "open"
    assert world.state() == "booked"


@pytest.mark.parametrize("lie", ["paid", "failed", "refunded"])
def test_callback_that_lies_changes_nothing(world: World, lie: str) -> None:
    async def story() -> None:
        order = (await world.ask()).fields["order_id"]
        assert await world.called_back(order, state=lie) == 204
        await world.later(0)

    run(story())
    assert world.state() == "open"
    assert world.phones.texts() == []


def test_callback_twice_is_refused_the_second_time_by_its_nonce(world: World) -> None:
    async def story() -> list[int]:
        order = (await world.ask()).fields["order_id"]
        body, headers = signed(world, order)
        return [await world.post(body, headers) for _ in range(2)]

    assert run(story()) == [204, 409]


@pytest.mark.parametrize(
    "change", ["no signature", "other body", "old", "unknown order", "no JSON"]
)
def test_callback_that_cannot_be_believed_is_refused(world: World, change: str) -> None:
    async def story() -> int:
        order = (await world.ask()).fields["order_id"]
        if change == "unknown order":
            body, headers = signed(world, order, order_id="ORD-000000000000")
        elif change == "no JSON":
            body, headers = signed(world, order, raw=b"paid")
        else:
            body, headers = signed(world, order, age=400 if change == "old" else 0)
        if change == "no signature":
            headers = {}
        if change == "other body":
            body = body.replace(b"open", b"paid")
        return await world.post(body, headers)

    wanted = {"unknown order": 404, "no JSON": 400}
    assert run(story()) == wanted.get(change, 401)
    assert world.state() == "open"


@pytest.mark.parametrize(
    "raw",
    [
        *(b"", b"paid", b"[]", b"{}", b"null", b'"x"', b"[" * 20_000, b"\xff\xfe"),
        *(b'{"state": "open"}', b'{"order_id": 7}', b'{"order_id": null, "state": "paid"}'),
    ],
)
def test_malformed_body_is_told_so(world: World, raw: bytes) -> None:
    async def story() -> int:
        order = (await world.ask()).fields["order_id"]
        return await world.post(*signed(world, order, raw=raw))

    assert run(story()) == 400


def test_callback_that_could_not_be_settled_may_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its nonce is spent only when it was."""

    async def story() -> list[int]:
        order = (await world.ask()).fields["order_id"]
        body, headers = signed(world, order)
        right = os.environ.get("SEVA_SEALING_KEY", "")
        monkeypatch.setenv("SEVA_SEALING_KEY", new_key())
        first = await world.post(body, headers)
        monkeypatch.setenv("SEVA_SEALING_KEY", right)
        return [first, await world.post(body, headers), await world.post(body, headers)]

    assert run(story()) == [503, 204, 409]


def signed(
    world: World, order: str, *, age: float = 0, raw: bytes | None = None, **said: str
) -> tuple[bytes, dict[str, str]]:
    """A body of the gateway and its headers, signed `age` seconds ago."""
    directory = world.cashier.lifecycle.gateways.directory
    callbacks = directory.connector("sandbox").department.callbacks
    assert callbacks is not None
    body = (
        raw
        if raw is not None
        else json.dumps({**world.books.order(order).answer(), **said}).encode()
    )
    path = "/callbacks/payments/sandbox"
    clock = lambda: world.clock.now - age  # noqa: E731
    return body, signature_headers(callbacks.key, "POST", path, "", body, clock)
