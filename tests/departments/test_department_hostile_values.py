"""Whatever a citizen types: the request stays on its path and host, and says what was typed."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl, unquote

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from actions.departments import Connector, DepartmentDefinition
from actions.departments.openapi import read_openapi
from actions.departments.request import Context, RequestBuilder
from actions.departments.result import CallFailed
from nlu.catalogue.department import Operation

BASE = "https://department.example:8443/api/v1"
HOSTILE = [
    "../../admin",
    "..%2f..%2fadmin",
    "%2e%2e/",
    "．．／．．／admin",
    "..;/admin",
    "a/../../b",
    "..\\..\\admin",
    ".",
    "..",
    "%252e%252e%252f",
    "{{ citizen }}",
    "{% for x in ().__class__.__base__.__subclasses__() %}{% endfor %}",
    "{{ request_id.__class__.__mro__ }}",
    "{# #}",
    "a\r\nX-Api-Key: other",
    "a\nGET /admin HTTP/1.1",
    "a\0b",
    "\ud800",
    "\udc00\ud800",
    "@evil.example/",
    "//evil.example",
    "https://evil.example/",
    "a?admin=1#x",
    "a&amount=0",
    "a%00b",
    "\u202etxt.exe",
    "క\u0c4d\u200cష",
    "e\u0301\u0301\u0301",
    "\ufeffa",
    "a\u2028b",
    "x" * 70_000,
    "క" * 30_000,
    "9" * 5_000,
    "-0",
    "1e5",
    "nan",
    "१४",
    "1_000",
    "0.1000000000000000055",
    "",
    " ",
]
PIECES = st.sampled_from(
    ["..", "/", "%2f", "／", ".", "{{", "}}", "{%", "\r\n", "\0", "?", "#", "\\"]
)
VALUES = st.one_of(
    st.sampled_from(HOSTILE),
    st.text(st.characters(exclude_categories=()), max_size=40),
    st.lists(st.one_of(PIECES, st.text(max_size=3)), max_size=8).map("".join),
)
API = read_openapi(
    {
        "paths": {
            "/things/{first}/parts/{second}": {
                "post": {
                    "operationId": "put",
                    "parameters": [
                        *(
                            {"name": name, "in": "path", "required": True, "schema": {}}
                            for name in ("first", "second")
                        ),
                        {"name": "q", "in": "query", "schema": {"type": "string"}},
                        {"name": "X-Note", "in": "header", "schema": {"type": "string"}},
                    ],
                    "requestBody": {
                        "content": {
                            "application/json": {
                                "schema": {
                                    "properties": {
                                        "count": {"type": "integer"},
                                        "amount": {"type": "number"},
                                    }
                                }
                            }
                        }
                    },
                    "responses": {"200": {"description": "done"}},
                }
            }
        }
    }
)["put"]


CLIENT = httpx.AsyncClient(verify=False)
"""As the connector builds requests; sends none."""


def built(request: Mapping[str, object], **values: str) -> httpx.Request:
    """The request as it goes on the wire. Raises CallFailed."""
    operation = Operation("put", "write", "public", "a test", request, {}, None, ())
    parts = RequestBuilder(operation, API).build(values, Context("c-1", "k-1", "te"))
    return CLIENT.build_request(
        parts.method, BASE + parts.path, params=parts.query, headers=parts.headers, json=parts.body
    )


PATH = {"path": {"first": "{{ a }}", "second": "{{ b }}"}}
EVERY = [example(value=value) for value in HOSTILE]


def with_examples(test):  # type: ignore[no-untyped-def]
    """Every hostile value is tried in every run."""
    for one in EVERY:
        test = one(test)
    return test


@settings(max_examples=150, deadline=None)
@with_examples
@given(value=VALUES)
def test_path_keeps_its_host_its_prefix_and_its_number_of_segments(value: str) -> None:
    try:
        request = built(PATH, a=value, b="fixed")
    except (CallFailed, httpx.InvalidURL):
        return
    assert (request.url.scheme, request.url.host, request.url.port) == (
        "https",
        "department.example",
        8443,
    )
    raw = request.url.raw_path.decode("ascii")
    assert "?" not in raw and "#" not in raw
    before, first, parts, second = raw.rsplit("/", 3)
    assert (before, parts, second) == ("/api/v1/things", "parts", "fixed")
    assert unquote(first, errors="strict") == value.strip()


@settings(max_examples=150, deadline=None)
@with_examples
@given(value=VALUES)
def test_query_says_what_was_typed_and_nothing_more(value: str) -> None:
    try:
        request = built({**PATH, "query": {"q": "{{ v }}"}}, a="1", b="2", v=value)
    except (CallFailed, httpx.InvalidURL):
        return
    query = request.url.query.decode("ascii")
    given_ = value.strip()
    assert parse_qsl(query, keep_blank_values=True) == ([("q", given_)] if given_ else [])
    assert request.url.raw_path.startswith(b"/api/v1/things/1/parts/2")


@settings(max_examples=150, deadline=None)
@with_examples
@given(value=VALUES)
def test_body_says_what_was_typed(value: str) -> None:
    body = {"text": "{{ v }}", "list": ["{{ v }}"], "count": "{{ v }}", "amount": "{{ v }}"}
    for name in ("text", "list", "count", "amount"):
        try:
            request = built({**PATH, "body": {name: body[name], "x": "1"}}, a="1", b="2", v=value)
        except CallFailed:
            continue
        sent = json.loads(request.content)
        assert sent.pop("x") == "1"
        typed = value.strip()
        if name in ("count", "amount"):
            assert typed == "" if not sent else float(typed) == sent[name]
        else:
            assert sent == (
                {"list": [typed]} if name == "list" else {"text": typed} if typed else {}
            )


@settings(max_examples=150, deadline=None)
@with_examples
@given(value=VALUES)
def test_header_is_one_line_of_ascii_or_nothing_is_sent(value: str) -> None:
    try:
        request = built({**PATH, "header": {"X-Note": "{{ v }}"}}, a="1", b="2", v=value)
    except CallFailed:
        return
    assert request.headers.get("X-Note", "") == value.strip()
    assert request.headers["Idempotency-Key"] == "k-1"
    assert not {"\r", "\n", "\0"} & set(request.headers.get("X-Note", ""))


@pytest.mark.parametrize(
    "value",
    [
        "../../admin",
        "．．／admin",
        "..;/admin",
        "%2e%2e/x",
        "a\\..\\b",
        "\ud800",
        "a\0b",
        "..",
        "%252e%252e%252f",
    ],
)
def test_value_that_could_leave_the_path_is_refused(value: str) -> None:
    with pytest.raises(CallFailed) as refused:
        built(PATH, a=value, b="2")
    assert refused.value.reason == "request"


@pytest.mark.parametrize(
    "value", ["12/3", "తె/17", "a.b", "...", "a..b", "100%", "{{ x }}", "ఇ. నం. 4-5/6"]
)
def test_ordinary_value_with_signs_in_it_is_sent(value: str) -> None:
    assert (
        unquote(built(PATH, a=value, b="2").url.raw_path.decode())
        .split("/parts/")[0]
        .endswith(value)
    )


class Asker:
    """One connector whose department knows nothing, and the loop it lives in."""

    def __init__(self, energy: DepartmentDefinition) -> None:
        self.seen: list[httpx.Request] = []
        self._loop = asyncio.new_event_loop()
        self._keys = itertools.count()
        self._connector = Connector(energy, httpx.MockTransport(self._serve))

    def _serve(self, request: httpx.Request) -> httpx.Response:
        self.seen.append(request)
        return httpx.Response(404, json={"title": "x", "status": 404, "code": "not_found"})

    def outcome(self, operation: str, **values: str) -> str:
        """What the operation comes to."""
        asked = self._connector.execute(
            operation,
            values,
            citizen="109:919876543210",
            request_id=f"k-{next(self._keys)}",
            language="te",
        )
        return self._loop.run_until_complete(asked).outcome


@pytest.fixture(scope="session")
def asker(energy: DepartmentDefinition) -> Asker:
    """For all examples."""
    limits = replace(energy.protection.limits, rate=10_000.0)
    quick = replace(energy.protection, limits=limits)
    return Asker(replace(energy, protection=quick))


@settings(max_examples=60, deadline=None)
@with_examples
@given(value=VALUES)
def test_no_value_raises_into_the_dialogue(asker: Asker, value: str) -> None:
    """Through the whole connector, path and body, reads and writes."""
    asker.seen.clear()
    number = "6123401005678"
    outcomes = {
        asker.outcome("registerSupplyComplaint", service_number=number, location=value),
        asker.outcome("getBill", service_number=value),
        asker.outcome("payBill", service_number=value),
    }
    assert outcomes <= {"not_found", "unavailable"}
    assert {(r.url.host, r.url.port) for r in asker.seen} <= {("127.0.0.1", 8790)}
    assert all(
        r.url.path.startswith(("/energy/services/", "/energy/supply-complaints"))
        for r in asker.seen
    )
