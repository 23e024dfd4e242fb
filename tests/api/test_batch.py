"""A batch: each text is answered at its place, and what is wrong with one costs the others
nothing."""

from __future__ import annotations

from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.api.api_fakes import FakeUnderstanding
from tests.api.five_texts import FIVE

WRONG: dict[str, tuple[Any, str]] = {
    "blank": (" \u200b", "empty-text"),
    "too long": ("అ" * 4097, "text-too-long"),
    "no text": (None, "invalid-request"),
    "a number": (5, "invalid-request"),
    "fails": ("fails", "internal-error"),
}


@pytest.mark.parametrize("path", ["/parse/batch", "/v1/parse/batch"])
@pytest.mark.parametrize("name", WRONG)
def test_one_wrong_text_is_told_at_its_place(
    client: TestClient, engine: FakeUnderstanding, path: str, name: str
) -> None:
    """255 texts were refused for one that was blank."""
    bad, problem = WRONG[name]
    engine.failing = frozenset({"fails"})
    texts = [*list(FIVE.values())[:2], bad, *list(FIVE.values())[2:]]
    answer = client.post(path, json={"texts": texts})
    assert answer.status_code == 200
    results = answer.json()["results"]
    assert [result["index"] for result in results] == list(range(6))
    error = results.pop(2)["error"]
    assert error["type"] == f"/problems/{problem}" and error["title"] and error["detail"]
    assert [result["text"] for result in results] == list(FIVE.values())
    assert "fails" not in str(error)


def test_the_detail_names_the_place(client: TestClient) -> None:
    results = client.post("/v1/parse/batch", json={"texts": ["a", 5]}).json()["results"]
    assert results[1]["error"]["detail"] == "`texts[1]` must be a string."


def test_a_batch_of_nothing_right_is_answered(
    client: TestClient, engine: FakeUnderstanding
) -> None:
    answer = client.post("/v1/parse/batch", json={"texts": ["", " "]})
    assert [one["error"]["status"] for one in answer.json()["results"]] == [422, 422]
    assert engine.asked == [] and "seva-model" not in answer.headers


def test_each_text_has_its_own_language(client: TestClient, engine: FakeUnderstanding) -> None:
    body = {"texts": list(FIVE.values()), "languages": list(FIVE)}
    client.post("/v1/parse/batch", json=body)
    assert engine.asked == [(text, key) for key, text in FIVE.items()]


def test_no_language_of_its_own_means_that_of_all(
    client: TestClient, engine: FakeUnderstanding
) -> None:
    body = {"texts": ["a", "b", "c"], "language": "hi", "languages": [None, "te-Latn", None]}
    client.post("/v1/parse/batch", json=body)
    client.post("/v1/parse/batch", json={"texts": ["d"], "languages": None})
    assert engine.asked == [("a", "hi"), ("b", "te-Latn"), ("c", "hi"), ("d", None)]


@pytest.mark.parametrize("language", ["fr", "", 0, ["te"]])
def test_an_unknown_language_of_one_text_costs_only_that_one(
    client: TestClient, language: Any
) -> None:
    body = {"texts": ["a", "b"], "languages": ["te", language]}
    first, second = client.post("/v1/parse/batch", json=body).json()["results"]
    assert first["text"] == "a"
    assert second["error"]["type"] == "/problems/invalid-request"
    assert "`languages[1]`" in second["error"]["detail"]
