"""Bodies of requests: whole, or refused as soon as they are too long."""

from __future__ import annotations

import pytest
from starlette.requests import Request

from nlu.web.body import BodyTooLong, read_body


def request(parts: list[bytes], announced: str | None, read: list[bytes]) -> Request:
    left = list(parts)

    async def receive() -> dict[str, object]:
        read.append(left[0])
        return {"type": "http.request", "body": left.pop(0), "more_body": bool(left)}

    headers = [(b"content-length", announced.encode())] if announced is not None else []
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


@pytest.mark.parametrize("announced", [None, "6", "six"])
async def test_a_body_of_the_longest_length_is_whole(announced: str | None) -> None:
    assert await read_body(request([b"abc", b"def"], announced, []), 6) == b"abcdef"


async def test_what_announces_too_much_is_not_read_at_all() -> None:
    read: list[bytes] = []
    with pytest.raises(BodyTooLong):
        await read_body(request([b"abc"], "7", read), 6)
    assert read == []


@pytest.mark.parametrize("announced", [None, "1"])
async def test_what_becomes_too_long_is_read_no_further(announced: str | None) -> None:
    read: list[bytes] = []
    with pytest.raises(BodyTooLong):
        await read_body(request([b"abcd", b"efg", b"hij"], announced, read), 6)
    assert read == [b"abcd", b"efg"]
