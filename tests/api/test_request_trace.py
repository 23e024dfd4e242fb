"""Every answer names its request; every log line of a request names its trace, and nobody."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from starlette.routing import Route
from starlette.testclient import TestClient

from nlu.log import configure_logging
from nlu.trace import current
from tests.api.api_fakes import FakeUnderstanding
from tests.api.five_texts import FIVE

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACEPARENT = f"00-{TRACE}-{PARENT}-01"
MADE = re.compile(r"[0-9a-f]{16}")
RESPONSE = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[[], list[dict[str, Any]]]]:
    """The JSON lines since the last call, once the test has called `configure_logging`."""
    root, ours = logging.getLogger(), logging.getLogger("api")
    before, level, settings = root.handlers[:], root.level, structlog.get_config()
    yield lambda: [json.loads(one) for one in capsys.readouterr().err.splitlines()]
    root.handlers[:] = before
    root.setLevel(level)
    ours.setLevel(logging.NOTSET)
    structlog.configure(**settings)


@pytest.mark.parametrize("given", ["a", "7f9c-2ba4_E8.8", "x" * 128])
def test_a_sane_id_comes_back(client: TestClient, given: str) -> None:
    answer = client.post("/v1/parse", json={"text": "a"}, headers={"X-Request-ID": given})
    assert answer.headers.get_list("x-request-id") == [given]


@pytest.mark.parametrize("given", ["", "a b", "x" * 129, "a;b", "<script>", "కరెంటు", "a/b"])
def test_another_id_is_replaced(client: TestClient, given: str) -> None:
    headers = {"X-Request-ID": given.encode()}
    answer = client.post("/v1/parse", json={"text": "a"}, headers=headers)
    assert MADE.fullmatch(answer.headers["x-request-id"])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/parse", 422),
        ("GET", "/services", 200),
        ("GET", "/health/live", 200),
        ("GET", "/nothing", 404),
        ("PUT", "/parse", 405),
        ("POST", "/webhooks/whatsapp", 401),
        ("GET", "/webhooks/whatsapp", 403),
        ("GET", "/docs/assets/swagger-ui.css", 200),
    ],
)
def test_every_answer_names_its_request(
    client: TestClient, method: str, path: str, status: int
) -> None:
    headers = {"X-Request-ID": "mine", "traceparent": TRACEPARENT}
    body = {} if method != "GET" else None
    answer = client.request(method, path, json=body, headers=headers)
    assert (answer.status_code, answer.headers["x-request-id"]) == (status, "mine")
    found = RESPONSE.fullmatch(answer.headers["traceresponse"])
    assert found and found[1] == TRACE and found[2] != PARENT and found[3] == "01"


def test_an_error_of_ours_has_the_headers_of_every_answer(client: TestClient) -> None:
    """Starlette answers it outside of all middleware: without id, policy, and uncounted."""

    async def broken(_request: object) -> None:
        raise RuntimeError("secret")

    client.app.router.routes.append(Route("/broken", broken))  # type: ignore[attr-defined]
    answer = client.get("/broken", headers={"X-Request-ID": "mine"})
    assert answer.status_code == 500 and answer.json()["type"] == "/problems/internal-error"
    assert answer.headers["x-request-id"] == "mine"
    assert answer.headers["cache-control"] == "no-store"
    assert "content-security-policy" in answer.headers and "secret" not in answer.text


def test_the_internal_listener_names_requests_too(internal: TestClient) -> None:
    """Also those that its door refuses."""
    for host, status in (("localhost", 200), ("elsewhere.example", 421)):
        headers = {"Host": host, "X-Request-ID": "mine"}
        answer = internal.get("/health/live", headers=headers)
        assert (answer.status_code, answer.headers["x-request-id"]) == (status, "mine")


@pytest.mark.parametrize(
    "given",
    [
        "",
        "nonsense",
        f"00-{TRACE}-{PARENT}",
        f"00-{TRACE}-{PARENT}-01-more",
        f"ff-{TRACE}-{PARENT}-01",
        f"00-{'0' * 32}-{PARENT}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{PARENT}-01",
    ],
)
def test_a_malformed_trace_begins_a_new_one(client: TestClient, given: str) -> None:
    answer = client.get("/health/live", headers={"traceparent": given})
    found = RESPONSE.fullmatch(answer.headers["traceresponse"])
    assert found and found[1].lower() != TRACE and int(found[1], 16)


def test_a_later_version_of_the_standard_is_understood(client: TestClient) -> None:
    headers = {"traceparent": f"01-{TRACE}-{PARENT}-01-what-comes-then"}
    answer = client.get("/health/live", headers=headers)
    assert answer.headers["traceresponse"].startswith(f"00-{TRACE}-")


Lines = Callable[[], list[dict[str, Any]]]


@pytest.mark.parametrize("key", FIVE)
def test_log_lines_name_the_trace_and_nobody(
    client: TestClient, engine: FakeUnderstanding, lines: Lines, key: str
) -> None:
    """A phone number as request id is in no log; nor are the words."""
    configure_logging("info")
    engine.error = RuntimeError(FIVE[key])
    headers = {"traceparent": TRACEPARENT, "X-Request-ID": "919876543210"}
    answer = client.post("/v1/parse", json={"text": FIVE[key]}, headers=headers)
    (line,) = lines()
    assert (line["event"], line["trace"]) == ("parse_failed", TRACE)
    assert line["span"] == answer.headers["traceresponse"].split("-")[2]
    assert FIVE[key] not in str(line) and "9876543210" not in str(line)


def test_lines_of_other_packages_name_the_trace(client: TestClient, lines: Lines) -> None:
    async def warns(request: object) -> None:
        logging.getLogger("uvicorn.error").warning("something of theirs")
        raise RuntimeError("secret")

    client.app.router.routes.append(Route("/warns", warns))  # type: ignore[attr-defined]
    configure_logging("info")
    client.get("/warns", headers={"traceparent": TRACEPARENT})
    written = lines()
    assert [line["event"] for line in written] == ["something of theirs", "request_failed"]
    assert {line["trace"] for line in written} == {TRACE}


def test_the_trace_of_one_request_is_not_that_of_the_next(client: TestClient) -> None:
    client.post("/v1/parse", json={"text": "a"}, headers={"traceparent": TRACEPARENT})
    assert current() is None
    second = client.post("/v1/parse", json={"text": "a"}).headers["traceresponse"]
    assert TRACE not in second
