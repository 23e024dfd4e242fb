"""Signed requests: what is covered, what is refused, and a real server that checks them."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response

from actions.departments import Connector
from actions.departments.credentials import (
    Credentials,
    SignatureHeaders,
    SigningKey,
    read_credentials,
)
from actions.departments.signature import Refusal, Signed, refusal, signature_headers
from tests.served import served

from .library.app import BOOK
from .library.place import defined, find, reserve

SECRET = "hmac-secret-91bc"
NAMES = {"signature": "X-Sign", "key_id": "X-Key", "timestamp": "X-Time", "nonce": "X-Nonce"}
BLOCK = {"kind": "hmac", "key_id": "seva", "secret": {"env": "S"}, "headers": NAMES}
KEY = SigningKey("seva", SECRET, SignatureHeaders(**NAMES))
OPENSSL = "3626a4cef1211e4f05c033ea8309c6777fe0f2348973364c42f15e89558dc374"
SENT = ("POST", "/library/a%2Fb", "b=2&a=1&a=%E0%B0%A4", b'{"x":1}')


def signed(now: float = 1000.0) -> dict[str, str]:
    """The headers of `SENT`."""
    return signature_headers(KEY, *SENT, clock=lambda: now)


def judged(
    sent: tuple[str, str, str, bytes], headers: dict[str, str], now: float = 1000.0
) -> Refusal | None:
    """What a receiver says."""
    return refusal(KEY, *sent, headers, max_age=300, now=now)


def test_settings_come_from_the_file_and_the_secret_from_the_environment() -> None:
    assert read_credentials(BLOCK, {"S": SECRET}) == Credentials(KEY)


def test_signature_is_that_of_the_documented_text() -> None:
    """Computed with `openssl dgst -sha256 -hmac` over the text in docs/departments.md."""
    key = SigningKey("seva", "k", KEY.headers)
    text = Signed("post", "/v1/bills", "b=2&a=x+y", b"{}", "1764200000", "n-1")
    assert text.text() == (
        b"POST\n/v1/bills\na=x+y&b=2\n"
        b"44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n1764200000\nn-1"
    )
    assert text.signature(key) == OPENSSL


def test_signed_request_is_believed() -> None:
    assert judged(SENT, signed()) is None


def test_order_of_the_query_does_not_matter() -> None:
    assert judged((SENT[0], SENT[1], "a=%E0%B0%A4&a=1&b=2", SENT[3]), signed()) is None


@pytest.mark.parametrize(
    "changed",
    [
        ("PUT", *SENT[1:]),
        (SENT[0], "/library/a/b", *SENT[2:]),
        (*SENT[:2], "b=2&a=1&a=%E0%B0%A5", SENT[3]),
        (*SENT[:2], "b=2&a=1", SENT[3]),
        (*SENT[:3], b'{"x":2}'),
        (*SENT[:2], "b=2&a=1&a=%FF", SENT[3]),
    ],
    ids=["method", "path", "value", "missing", "body", "bytes"],
)
def test_changed_request_is_refused(changed: tuple[str, str, str, bytes]) -> None:
    assert judged(changed, signed()) == "signature"


@pytest.mark.parametrize(
    ("header", "value", "why"),
    [
        ("X-Sign", "0" * 64, "signature"),
        ("X-Sign", "é\udcff", "signature"),
        ("X-Key", "other", "key"),
        ("X-Time", "1001", "signature"),
        ("X-Nonce", "other", "signature"),
        *((name, "", "unsigned") for name in NAMES.values()),
    ],
)
def test_changed_header_is_refused(header: str, value: str, why: Refusal) -> None:
    assert judged(SENT, {**signed(), header: value}) == why


@pytest.mark.parametrize(
    ("now", "why"), [(1300, None), (1301, "timestamp"), (700, None), (699, "timestamp")]
)
def test_signature_is_good_for_a_while_only(now: float, why: Refusal | None) -> None:
    assert judged(SENT, signed(), now) == why


def test_each_signature_has_a_nonce_of_its_own() -> None:
    assert len({signed()["X-Nonce"] for _ in range(20)}) == 20


@pytest.fixture
def checked(tmp_path: Path) -> Iterator[tuple[list[str | None], Connector]]:
    """A library that believes signed requests only; and what it made of each."""
    judgements: list[str | None] = []
    app = FastAPI(openapi_url=None)

    @app.api_route("/library/{rest:path}", methods=["GET", "POST"])
    async def serve(request: Request, rest: str) -> Response:
        path, query = request.scope["raw_path"].decode(), request.scope["query_string"].decode()
        body, headers = await request.body(), dict(request.headers)
        why = refusal(KEY, request.method, path, query, body, headers, max_age=60, now=time.time())
        judgements.append(why)
        if why is not None:
            return JSONResponse({"code": why}, 401, media_type="application/problem+json")
        if request.method == "GET":
            return JSONResponse(BOOK)
        made = {"number": "R-1", "until": "2026-12-09"}
        return JSONResponse({"reservation": made}, 201)

    with served(app) as url:
        definition = replace(defined(tmp_path, url), auth=Credentials(KEY))
        yield judgements, Connector(definition)


@pytest.mark.asyncio
async def test_server_believes_reads_and_writes_with_any_script(
    checked: tuple[list[str | None], Connector],
) -> None:
    judgements, connector = checked
    assert (await find(connector, "a b&c=d+తె?#/")).outcome == "ok"
    assert (await reserve(connector, "మహాప్రస్థానం")).outcome == "ok"
    assert judgements == [None, None]


@pytest.mark.asyncio
async def test_signing_secret_is_in_no_log_and_no_repr(
    checked: tuple[list[str | None], Connector], caplog: pytest.LogCaptureFixture
) -> None:
    _, connector = checked
    with caplog.at_level(logging.DEBUG):
        await find(connector)
    assert SECRET not in caplog.text + repr(connector.department) + repr(KEY)
