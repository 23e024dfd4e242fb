"""Deliveries as Meta shapes them, and as nobody would."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.whatsapp.payload import KINDS, WebhookDelivery, read_delivery
from nlu.fast_yaml import load_yaml

HERE = Path(__file__).parent
EXPECTED = load_yaml((HERE / "expected.yml").read_text("utf-8"))
FIXTURES = {path.stem: path for path in sorted((HERE / "fixtures").glob("*.json"))}

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["id", "type", "from", "text", "body", "interactive", "button_reply", "errors"]
            )
            | st.sampled_from(
                ["code", "location", "latitude", "contacts", "wa_id", "user_id", "status"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


def contains(actual: object, wanted: object) -> bool:
    if isinstance(wanted, dict):
        return isinstance(actual, dict) and all(contains(actual[k], v) for k, v in wanted.items())
    if isinstance(wanted, list):
        return len(actual) == len(wanted) and all(map(contains, actual, wanted))
    return actual == wanted


def test_every_fixture_has_an_expectation() -> None:
    assert set(FIXTURES) == set(EXPECTED)


@pytest.mark.parametrize("name", FIXTURES)
def test_delivery_is_read_as_expected(name: str) -> None:
    delivery = read_delivery(json.loads(FIXTURES[name].read_text("utf-8")))
    wanted = {"messages": [], "statuses": [], "errors": [], "skipped": 0, **EXPECTED[name]}
    actual = asdict(delivery)
    actual = {k: list(v) if isinstance(v, tuple) else v for k, v in actual.items()}
    assert contains(actual, wanted), actual


def test_fixtures_cover_every_kind() -> None:
    kinds = {
        message.kind
        for path in FIXTURES.values()
        for message in read_delivery(json.loads(path.read_text("utf-8"))).messages
    }
    assert kinds == KINDS


@given(json_values)
def test_any_json_is_read_without_error(value: object) -> None:
    assert isinstance(read_delivery(value), WebhookDelivery)


@given(st.lists(json_values, max_size=3), st.lists(json_values, max_size=3))
def test_any_message_is_read_without_error(messages: list, statuses: list) -> None:
    value = {
        "metadata": {"phone_number_id": "1"},
        "contacts": messages,
        "messages": messages,
        "statuses": statuses,
        "errors": statuses,
    }
    body = {
        "object": "whatsapp_business_account",
        "entry": [{"changes": [{"field": "messages", "value": value}]}],
    }
    delivery = read_delivery(body)
    assert {message.kind for message in delivery.messages} <= KINDS


def test_half_a_surrogate_pair_does_not_reach_the_store() -> None:
    body = json.loads(FIXTURES["text_telugu"].read_text("utf-8"))
    body["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"] = "a\ud800b"
    (message,) = read_delivery(body).messages
    assert message.text == "a?b"
