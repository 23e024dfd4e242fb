"""Tokens of indic-nlp-library: what Rasa measures slot values by, and whole in every script."""

from __future__ import annotations

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st
from rasa.nlu.constants import TOKENS_NAMES
from rasa.nlu.tokenizers.tokenizer import Token
from rasa.shared.nlu.constants import NO_ENTITY_TAG, TEXT
from rasa.shared.nlu.training_data.message import Message

from tests.deferred import Deferred

rasa_test = Deferred("rasa.nlu.test")
whitespace = Deferred("rasa.nlu.tokenizers.whitespace_tokenizer")
indic = Deferred("nlu.components.tokenizer")


def tokens(text: str) -> list[Token]:
    message = Message(data={TEXT: text})
    indic.IndicTokenizer(indic.IndicTokenizer.get_default_config()).process([message])
    found: list[Token] = message.get(TOKENS_NAMES[TEXT])
    return found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("కరెంటు బిల్లు ఎంత?", ["కరెంటు", "బిల్లు", "ఎంత", "?"]),
        ("karentu billu entha?", ["karentu", "billu", "entha", "?"]),
        ("बिजली का बिल भरना है।", ["बिजली", "का", "बिल", "भरना", "है", "।"]),
        ("bijli ka bill, kitna", ["bijli", "ka", "bill", ",", "kitna"]),
        ("pay 1,116 on 14-05-2019", ["pay", "1", ",", "116", "on", "14", "-", "05", "-", "2019"]),
    ],
)
def test_tokens_are_words_and_punctuation(text: str, words: list[str]) -> None:
    assert [token.text for token in tokens(text)] == words


@given(st.text(st.sampled_from("కరెంటు బిల్లు बिजली है। bill, 12-5 ?!"), max_size=40))
def test_tokens_lie_at_their_places_and_leave_nothing_out(text: str) -> None:
    found = tokens(text)
    assert all(text[token.start : token.end] == token.text for token in found)
    assert "".join(token.text for token in found) == regex.sub(r"\s", "", text)


@pytest.mark.parametrize("text", ["పన్ను, కట్టాలి.", "pannu, kattali.", "टैक्स, भरना है।"])
def test_rasas_own_tokens_leave_punctuation_out(text: str) -> None:
    """Why there is a tokeniser for Indic text: nothing that a mark covers may be lost."""
    stock = whitespace.WhitespaceTokenizer(whitespace.WhitespaceTokenizer.get_default_config())
    kept = "".join(token.text for token in stock.tokenize(Message(data={TEXT: text}), TEXT))
    assert kept == regex.sub(r"[\s\p{P}]", "", text)
    assert "".join(token.text for token in tokens(text)) == regex.sub(r"\s", "", text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("తిరుపతి బస్సు", "తిరుపతి"),
        ("tirupati bus", "tirupati"),
        ("तिरुपति की बस", "तिरुपति"),
        ("tirupati ki bas", "tirupati"),
        ("bus to tirupati", "tirupati"),
    ],
)
def test_rasa_measures_entities_by_these_tokens(text: str, value: str) -> None:
    """`rasa test nlu` compares marked and found values token by token."""
    start = text.index(value)
    entity = {"entity": "to_stop", "start": start, "end": start + len(value), "value": value}
    found = {**entity, "extractor": "SlotExtractor"}

    def compared(by: list[Token]) -> tuple[list[str], list[str]]:
        result = rasa_test.EntityEvaluationResult([entity], [found], by, text)
        aligned = rasa_test.align_entity_predictions(result, {"SlotExtractor"})
        return aligned["target_labels"], aligned["extractor_labels"]["SlotExtractor"]

    marked, labels = compared(tokens(text))
    assert (
        marked == labels == ["to_stop" if t.text == value else NO_ENTITY_TAG for t in tokens(text)]
    )
    assert compared([]) == ([], [])  # without tokens nothing would be measured
