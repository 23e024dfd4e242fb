"""What a client may keep, and what is sent compressed."""

from __future__ import annotations

import gzip
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from tests.api.conftest import CATALOGUE
from tests.api.five_texts import FIVE

GZIP, PLAIN = {"Accept-Encoding": "gzip"}, {"Accept-Encoding": "identity"}


@pytest.mark.parametrize("path", ["/services", "/v1/services"])
@pytest.mark.parametrize("accepted", [GZIP, PLAIN], ids=["gzip", "plain"])
def test_services_are_sent_once(client: TestClient, path: str, accepted: dict[str, str]) -> None:
    """700 kB of them, to every start of every client."""
    first = client.get(path, headers=accepted)
    assert first.headers["cache-control"] == "private, no-cache"
    mark = first.headers["etag"]
    assert mark.startswith('W/"')
    for condition in (mark, mark.removeprefix("W/"), f'"other", {mark}', "*"):
        again = client.get(path, headers={**accepted, "If-None-Match": condition})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == mark
        assert again.headers["cache-control"] == "private, no-cache"
        assert again.headers["vary"] == first.headers["vary"] == "Accept-Encoding"
        assert "content-type" not in again.headers
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_another_release_has_another_mark(client: TestClient) -> None:
    state = client.app.state.runtime  # type: ignore[attr-defined]
    before = client.get("/services").headers["etag"]
    fewer = dict(list(CATALOGUE.services.items())[1:])
    another = replace(CATALOGUE, services=fewer)
    state.read_catalogue = lambda: another
    after = client.get("/services", headers={"If-None-Match": before})
    assert after.status_code == 200 and after.headers["etag"] != before
    assert len(after.json()["services"]) == len(fewer)


def test_a_mark_opens_nothing_without_a_key(client: TestClient) -> None:
    mark = client.get("/services").headers["etag"]
    headers = {"If-None-Match": mark, "Authorization": "Bearer wrong"}
    assert client.get("/services", headers=headers).status_code == 401


def test_long_answers_are_compressed_for_who_accepts_it(client: TestClient) -> None:
    with client.stream("GET", "/services", headers=GZIP) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == "gzip"
    plain = client.get("/services", headers=PLAIN)
    assert "content-encoding" not in plain.headers
    assert gzip.decompress(raw) == plain.content and len(raw) * 4 < len(plain.content)


def test_batches_are_compressed_and_one_text_is_not(client: TestClient) -> None:
    """An answer of a kilobyte gains less on the network than both ends lose."""
    many = client.post("/v1/parse/batch", json={"texts": list(FIVE.values()) * 20}, headers=GZIP)
    assert many.headers["content-encoding"] == "gzip"
    assert [one["text"] for one in many.json()["results"]] == list(FIVE.values()) * 20
    one = client.post("/v1/parse", json={"text": FIVE["te"]}, headers=GZIP)
    assert "content-encoding" not in one.headers
    assert many.headers["cache-control"] == one.headers["cache-control"] == "no-store"


def test_no_answer_holds_the_key_that_asked(client: TestClient) -> None:
    """Compressed beside what the client sends, its length would tell it (BREACH)."""
    for path, body in (
        ("/v1/parse", {"text": "a"}),
        ("/v1/parse/batch", {"texts": ["a", ""]}),
        ("/v1/parse", {"text": ""}),
        ("/v1/parse/batch", {"texts": "x"}),
    ):
        assert "right-key" not in client.post(path, json=body).text
    assert "right-key" not in client.get("/services").text
