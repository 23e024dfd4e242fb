"""Normalisation: one spelling, idempotent, with the way back to the raw text."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.text import normalise
from nlu.text.normalise import _settled

INDIC = st.text(
    st.sampled_from(
        [chr(c) for c in (*range(0x900, 0x980), *range(0xC00, 0xC80))]
        + list("abcXYZ 019,.:|-'’“\t\n\u200b\u200c\u200d\u200e\ufeff\u00a0１Ａ\u0301é")
    ),
    max_size=40,
)
ANY = st.text(max_size=40)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("  కరెంటు   బిల్లు\n", "కరెంటు బిల్లు"),
        ("౯౮౪౮౦ १२३४५", "98480 12345"),
        ("హైదరాబాద్\u200cకి", "హైదరాబాద్కి"),
        ("\u202aबिजली\u202c का\u00a0बिल\ufeff", "बिजली का बिल"),
        ("\u0958लम", "\u0915\u093cलम"),  # NFC writes a nukta as a sign of its own
        ("\u0c46\u0c56", "\u0c48"),
        ("अाधार", "आधार"),
        ("’it’s’ – ok", "'it's' - ok"),
        ("Ａ１２", "A12"),
        ("तारीख: 5", "तारीख: 5"),  # indic-nlp-library would write a visarga here
        ("a|b", "a|b"),  # and a danda here
        ("\u200b\u200d ", ""),
        ("", ""),
    ],
)
def test_normalise_table(raw: str, clean: str) -> None:
    assert normalise(raw).text == clean


@settings(deadline=None)
@given(ANY | INDIC)
def test_texts_passed_by_are_those_that_no_round_changes(raw: str) -> None:
    """The short way gives what the long one does."""
    assert normalise(raw) == _settled(raw)
    clean = normalise(raw).text
    assert normalise(clean) == _settled(clean)


@settings(deadline=None)
@given(ANY | INDIC)
def test_normalise_is_idempotent(raw: str) -> None:
    once = normalise(raw).text
    again = normalise(once)
    assert again.text == once
    assert again.offsets == tuple(range(len(once)))


@settings(deadline=None)
@given(ANY | INDIC)
def test_normalise_offsets_lead_back(raw: str) -> None:
    clean = normalise(raw)
    assert len(clean.offsets) == len(clean.ends) == len(clean.text)
    assert list(clean.offsets) == sorted(clean.offsets)
    for i, character in enumerate(clean.text):
        start, end = clean.raw_span(i, i + 1)
        assert 0 <= start < end <= len(raw)
        if character.isdecimal() and raw[start:end].isdecimal():
            assert int(character) == unicodedata.digit(raw[start])


def test_normalise_span_covers_the_raw_word() -> None:
    raw = "టికెట్  హైదరాబాద్\u200cకి ౨"
    clean = normalise(raw)
    at = clean.text.index("హైదరాబాద్")
    start, end = clean.raw_span(at, at + len("హైదరాబాద్"))
    assert raw[start:end] == "హైదరాబాద్"
    start, end = clean.raw_span(len(clean.text) - 1, len(clean.text))
    assert raw[start:end] == "౨"
    assert clean.raw_span(0, 0) == (0, 0)


@pytest.mark.parametrize(
    ("language", "text"),
    [("te", "విద్యుత్ బిల్లు కట్టాలి"), ("hi", "बिजली का बिल भरना है"), ("hi", "ज़मीन के काग़ज़")],
)
def test_normalise_agrees_with_indic_nlp_on_plain_words(language: str, text: str) -> None:
    from indicnlp.normalize.indic_normalize import IndicNormalizerFactory

    theirs = IndicNormalizerFactory().get_normalizer(language).normalize(text)
    assert normalise(theirs).text == normalise(text).text
