"""Folding: spellings of one word meet across scripts, different words stay apart."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz import fuzz

from nlu.text import fold, skeleton
from nlu.text.phonetic import sound_classes

SAME_WORD = [
    "కరెంటు करेंट karentu current",
    "ధృవీకరణ dhruveekarana druvikarana",
    "విజయవాడ विजयवाड़ा vijayawada vijayavada vijaywada",
    "తిరుపతి तिरुपति tirupati thirupathi",
    "విశాఖపట్నం विशाखापट्टनम visakhapatnam vishakapatnam",
    "సర్టిఫికెట్ सर्टिफिकेट certificate",
    "అప్లికేషన్ एप्लिकेशन application",
    "చేయాలి cheyali cheyyaali cheyyali",
    "बिजली bijli bijalee",
    "టికెట్ टिकट ticket tikat",
    "హైదరాబాద్ हैदराबाद hyderabad",
    "బెంగళూరు बेंगलुरु bengaluru",
    "దర్శనం darshanam darsanam",
    "चाहिए chahiye chaahiye",
    "నంద్యాల नंद्याल nandyala",
    "ఎల్లుండి ellundi yellundi elundi",
    "गुंटूर గుంటూరు guntur guntoor",
    "शुक्रवार shukravar shukrawar",
]


@pytest.mark.parametrize("spellings", SAME_WORD)
def test_fold_brings_spellings_close(spellings: str) -> None:
    first, *others = spellings.split()
    for other in others:
        assert fuzz.ratio(fold(first), fold(other)) >= 75, (fold(first), fold(other))


@pytest.mark.parametrize("spellings", SAME_WORD)
def test_skeleton_keeps_consonants(spellings: str) -> None:
    first, *others = spellings.split()
    for other in others:
        assert fuzz.ratio(skeleton(first), skeleton(other)) >= 75


@pytest.mark.parametrize(
    ("one", "other"),
    [("విజయవాడ", "విజయనగరం"), ("బిల్లు", "బస్సు"), ("guntur", "nellore"), ("बिजली", "जन्म")],
)
def test_fold_keeps_words_apart(one: str, other: str) -> None:
    assert fuzz.ratio(fold(one), fold(other)) < 75


@pytest.mark.parametrize(
    ("text", "sound"),
    [
        ("ధృవీకరణ", "druvikarana"),
        ("कृपया", "kripya"),
        ("सम्बंध संबंध", "sambandh sambandh".replace("dh", "d")),
        ("౧౨ 34", "12 34"),
        ("Don't!  GO", "dont go"),
        ("", ""),
        ("😀", ""),
    ],
)
def test_fold_table(text: str, sound: str) -> None:
    assert fold(text) == sound


@settings(deadline=None)
@given(st.text(max_size=40))
def test_fold_never_fails_and_ignores_case(text: str) -> None:
    assert isinstance(skeleton(text), str)
    if text.isascii():
        assert fold(text) == fold(text.upper())


@pytest.mark.parametrize(
    "said, heard",
    [
        ("bijali ka bil", "Pichali kabil"),
        ("కరెంటు బిల్లు", "Garemdu billu"),
        ("जाति प्रमाण पत्र", "Jaadi braman padr"),
        ("pension", "bemsiom"),
    ],
)
def test_sounds_misheard_for_each_other_are_one(said: str, heard: str) -> None:
    assert sound_classes(said) == sound_classes(heard)


def test_sound_classes_keep_numbers_and_tell_words_apart() -> None:
    assert sound_classes("bill 6123") == "per6123"
    assert sound_classes("1100") == "1100"
    words = ["కరెంటు", "నీళ్లు", "పెన్షన్", "భూమి", "టికెట్", "वाहन", "राशन", "जाति"]
    assert len({sound_classes(word) for word in words}) == len(words)
