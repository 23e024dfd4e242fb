"""Citizens of the catalogue: who writes, and what."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace
from pathlib import Path

from api.load.crowd import Crowd, Option
from api.load.ledger import Sent
from api.load.plan import Plan, load_manner
from api.load.words import words_of
from nlu.catalogue import shared_catalogue

CATALOGUE = shared_catalogue(Path("data"))
MANNER = load_manner()
KEYS = tuple(MANNER.keys)
WORDS = words_of(CATALOGUE, KEYS)
PLAN = Plan(rate=2, citizens=60, seconds=60, ramp=0, burst=1, keys=KEYS, patience=1, seed=1)


def crowd(**changes: object) -> Crowd:
    return Crowd(replace(PLAN, **changes), MANNER, WORDS)  # type: ignore[arg-type]


def said(content: dict) -> str:
    return content["text"]["body"] if content["type"] == "text" else ""


def test_they_begin_with_sentences_of_the_catalogue_in_their_own_key() -> None:
    people, keys = crowd(), Counter()
    for at in range(60):
        found = people.next(float(at), float(at))
        assert found is not None
        sent, content = found
        utterances = {
            one.text for s in CATALOGUE.services.values() for one in s.utterances[sent.key]
        }
        assert sent.act == "begin" and said(content) in utterances
        keys[sent.key] += 1
    assert set(keys) == set(KEYS) and keys.most_common(1)[0][0] == "te"


def test_a_citizen_taps_what_was_offered_and_answers_what_was_asked() -> None:
    kinds = set()
    service = next(s for s in CATALOGUE.services.values() if s.slots)
    question = (service.slots[0].ask or service.slots[0].type.ask)["en"]
    for seed in range(12):
        people = crowd(citizens=20, seed=seed, keys=("en",))
        for options, words in (([Option("x1", "Pay", False)], "which?"), ([], question)):
            sent = first(people, 0.0)
            people.hear(sent, words, options, 1.0)
            found = people.next(100.0, 100.0)
            assert found is not None
            again, content = found
            if again.citizen != sent.citizen:
                continue  # the conversation ended
            kinds.add(again.act)
            if again.act == "tap":
                assert content["interactive"]["button_reply"] == {"id": "x1", "title": "Pay"}
    assert {"tap", "answer"} <= kinds


def first(people: Crowd, at: float) -> Sent:
    found = people.next(at, at)
    assert found is not None
    found[0].accepted = found[0].answered = at + 0.1
    return found[0]


def test_nobody_writes_before_the_last_message_was_taken_nor_more_than_seva_answers() -> None:
    """A deployment that answers nothing: they write again, each as often as allowed."""
    people, taken = crowd(citizens=20, rate=5), []
    for number in range(600):
        due = number * 0.1
        found = people.next(due, due)
        if found is None:
            continue
        sent, _ = found
        mine = [one for one in taken if one.citizen == sent.citizen]
        assert all(one.accepted is not None for one in mine)
        assert sum(one.due > due - 60 for one in mine) < MANNER.most.minute
        assert sent.number == len(mine)
        taken.append(sent)
        if number % 2:
            for one in taken:
                one.accepted = one.accepted or due
    assert len(taken) > 300


def test_two_runs_have_other_phones_that_no_network_gives() -> None:
    phones = defaultdict(int)
    for people in (crowd(), crowd()):
        for phone in people.people:
            phones[phone] += 1
    assert max(phones.values()) == 1 and all(len(phone) == 12 for phone in phones)
    assert all(phone.startswith("91555") for phone in phones)
