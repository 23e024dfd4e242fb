"""The benchmarks of the console: what they call, how they type, and what they say is too slow."""

from __future__ import annotations

import random

import pytest

from benchmarks import console, review
from benchmarks.workbench.messages import held_out, typed
from nlu.catalogue import load_catalogue
from nlu.catalogue.model import Catalogue
from nlu.text.script import dominant
from tests.few_services import copied

VIEW, PAY = "electricity_bill_view", "electricity_bill_payment"
WAITS = {"messages": 2, "p50_ms": 80.0, "p95_ms": 90.0, "p99_ms": 95.0, "longest_ms": 99.0}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load_catalogue(copied(tmp_path_factory.mktemp("few") / "data", {VIEW, PAY}))


def test_every_page_has_an_address() -> None:
    """A new page is measured as soon as it is there."""
    filled = console.Filled(9, ["000001"], ["a-proposal"], ["one", "two"], 1.5, "token")
    known = console.addresses(filled, random.Random(1))
    assert set(console.routes()) == set(known)
    assert not [path for some in known.values() for path in some if "{" in path]


def test_what_is_slow_or_not_given_is_told() -> None:
    row = {"path": "/review", "judged": True, "p50_ms": 1, "p99_ms": 299.0, "worst_ms": 2}
    row |= {"cold_ms": 3.0, "cold_status": 503, "not_given": []}
    slow, broken = {**row, "p99_ms": 301.0}, {**row, "not_given": [500]}
    assert not console.too_slow(row)
    assert console.too_slow(slow) and console.too_slow(broken)
    assert not console.too_slow({**slow, "judged": False})
    document = {"asked": {"engine": "sqlite"}, "contents": {}, "ready_s": 2.0, "not_called": []}
    told = "\n".join(console.lines({**document, "pages": [slow, broken]}))
    assert "too slow" in told and "not given: [500]" in told and "missed" in told and "3*" in told
    assert "reached" in "\n".join(console.lines({**document, "pages": [row]}))


def test_messages_are_held_out_masked_and_the_same_for_a_seed(few: Catalogue) -> None:
    found = held_out(few, 1)
    assert found == held_out(few, 1) != held_out(few, 2)
    assert {one.key for one in found} == {"te", "te-Latn", "hi", "hi-Latn", "en"}
    assert {VIEW, PAY, "out_of_scope"} == {one.intent for one in found}
    trained = {
        u.text for s in few.services.values() for some in s.utterances.values() for u in some
    }
    assert not trained & {one.text for one in found}
    assert not any("6123401" in one.text for one in found)


@pytest.mark.parametrize("text", ["కరెంటు బిల్లు ఎంత", "बिजली का बिल", "current bill entha"])
def test_typed_in_a_hurry_stays_in_its_script(text: str) -> None:
    draw = random.Random(3)
    some = {typed(text, draw) for _ in range(50)}
    assert len(some) > 5
    assert {dominant(one) for one in some} == {dominant(text)}


def test_a_reader_types_what_brings_the_service_first(few: Catalogue) -> None:
    names = review.names_of(few)
    search = review.Search.of(few)
    assert all(name in search.find(text, 8) for name, text in names.items())


def test_the_table_of_the_review() -> None:
    keys = {"decisions": 3, "kept": 2, "in_the_table": 2, "acts": {"ranked": 3}, "per_minute": 40.0}
    keys |= {"machine_s_a_decision": 0.2, "per_minute_without_reading": 300.0, "key_to_card": WAITS}
    forms = {"decisions": 2, "per_minute": 30.0, "machine_s_a_decision": 0.5, "key_to_card": WAITS}
    told = "\n".join(review.lines({"keys": keys, "forms": forms}))
    assert "2.50 times" in told and "reached" in told and "2 of 2" in told
    slow = "\n".join(review.lines({"keys": {**keys, "per_minute": 14.9}, "forms": forms}))
    assert "missed" in slow


@pytest.mark.parametrize("main", [console.main, review.main])
def test_wrong_arguments_are_told(main, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--messages", "0"])
    assert ended.value.code == 2 and "--messages" in capsys.readouterr().err
