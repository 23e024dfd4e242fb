"""What the engine answers of what the pipeline found: one intent that fits the decision, tokens and
values at their places in the text as it was sent."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.classifier.decision import Thresholds, decide, outside_in
from nlu.engine.rasa_engine import Engine

SERVICES = ("electricity_bill_view", "electricity_bill_payment", "income_certificate")
TITLES = {name: {"te": "సేవ", "hi": "सेवा", "en": "service"} for name in SERVICES}
OUT = "out_of_scope"
ELSEWHERE = {"elsewhere_bank", "elsewhere_loan"}
TALK = frozenset({"greet", "affirm", OUT, *ELSEWHERE})
INTENTS = (*SERVICES, *sorted(TALK))
NEIGHBOURS = {SERVICES[0]: (SERVICES[1],)}
THRESHOLDS = Thresholds(route=0.75, reject=0.5, option=0.02, options=3, refuse=0.4)
TEXTS = {
    "te": "నా కరెంటు బిల్లు ఎంత",
    "te-Latn": "naa current bill entha",
    "hi": "मेरा बिजली का बिल कितना है",
    "hi-Latn": "mera bijli ka bill kitna hai",
    "en": "how much is my power bill",
}


def engine() -> Engine:
    bare = object.__new__(Engine)
    bare._titles, bare.model_id, bare._elsewhere = TITLES, "m", ELSEWHERE
    return bare


def answer(
    ranking: Sequence[tuple[str, float]],
    kind: str,
    options: Sequence[str] = (),
    text: str = "x",
    key: str = "en",
    **more: Any,
) -> dict[str, Any]:
    found = {
        "intent_ranking": [{"name": name, "confidence": p} for name, p in ranking],
        "decision": {"kind": kind, "options": list(options)},
        "language": {"key": key},
        **more,
    }
    return engine()._answer(text, found, 1.0)


RANKINGS = st.lists(
    st.tuples(st.sampled_from(INTENTS), st.floats(0.001, 1)), max_size=8, unique_by=lambda x: x[0]
)


@given(RANKINGS, st.sampled_from(sorted(TEXTS)))
def test_the_intent_never_contradicts_the_decision(
    drawn: list[tuple[str, float]], key: str
) -> None:
    """A refused message had the name of a service, with a probability that says "act"."""
    total = sum(p for _, p in drawn) or 1.0
    ranking = sorted(((name, p / total) for name, p in drawn), key=lambda one: -one[1])
    made = decide(outside_in(ranking, ELSEWHERE), TALK, NEIGHBOURS, THRESHOLDS)
    said = answer(ranking, made.kind, made.options, TEXTS[key], key)
    name, confidence = said["intent"]["name"], said["intent"]["confidence"]
    ranked = dict(ranking)
    assert 0.0 <= confidence <= 1.0
    if made.kind == OUT:
        outside = {OUT, *ELSEWHERE}
        assert name == OUT
        assert confidence == pytest.approx(sum(p for n, p in ranking if n in outside))
    elif made.kind in ("route", "clarify"):
        assert name == said["decision"]["options"][0]["service"]
        assert confidence == ranked.get(name, 0.0)
    else:
        assert (name, confidence) == ranking[0] and name in TALK
    assert [(one["name"], one["confidence"]) for one in said["intent_ranking"]] == ranking


def test_what_nothing_was_found_in_is_out_of_scope() -> None:
    assert answer((), OUT)["intent"] == {"name": OUT, "confidence": 0.0}


def test_the_service_that_a_number_fits_need_not_be_ranked() -> None:
    """A bare number: the format tells the services, not the ranking."""
    said = answer([("greet", 0.3)], "clarify", SERVICES[:2], "6123401005678")
    assert said["intent"] == {"name": SERVICES[0], "confidence": 0.0}


@pytest.mark.parametrize("key", TEXTS)
@pytest.mark.parametrize("before", ["", "  ", "\n\u3000"])
def test_tokens_and_values_stand_where_the_text_has_them(key: str, before: str) -> None:
    """Rasa cuts off the white space in front, and its places are those of what is left."""
    words = TEXTS[key].split()
    at, places = 0, list[tuple[int, int]]()
    for word in words:
        places.append((at, at + len(word)))
        at += len(word) + 1
    tokens = [SimpleNamespace(start=start, end=end) for start, end in places]
    entity = {"entity": "x", "value": words[1], "start": places[1][0], "end": places[1][1]}
    text = before + TEXTS[key]
    said = answer(
        [(SERVICES[0], 0.9)],
        "route",
        SERVICES[:1],
        text,
        key,
        text_tokens=tokens,
        entities=[entity],
    )
    assert [text[start:end] for start, end in said["text_tokens"]] == words
    (found,) = said["entities"]
    assert text[found["start"] : found["end"]] == words[1]
    assert entity["start"] == places[1][0], "what Rasa found is not changed"


def test_one_message_that_fails_leaves_the_others_their_answers() -> None:
    """All of a batch were lost with it."""

    class Brittle(Engine):
        async def parse(
            self, text: str, language: str | None = None, client: str = ""
        ) -> dict[str, Any]:
            if text == "bad":
                raise RuntimeError(text)
            return {"text": text}

    found = asyncio.run(object.__new__(Brittle).parse_each(["a", "bad", "b"]))
    assert [isinstance(one, RuntimeError) for one in found] == [False, True, False]
    with pytest.raises(RuntimeError):
        asyncio.run(object.__new__(Brittle).parse_many(["a", "bad"]))
