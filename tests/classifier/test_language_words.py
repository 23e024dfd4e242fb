"""Words whose language is known: the state's terms are never Hindi, English alone is English."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.classifier.language import LanguageIdentifier
from nlu.components.language_identifier import LanguageAndScript, identifier

DATA = Path(__file__).resolve().parents[2] / "data"


@pytest.fixture(scope="module")
def known() -> LanguageIdentifier:
    """As `config.yml` runs it."""
    return identifier(LanguageAndScript.get_default_config() | {"catalogue": str(DATA)})


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("residence certificate", "en"),
        ("driving licence renewal", "en"),
        ("hello", "en"),
        ("Road damage", "en"),
        ("RTC26110001 cancel", "en"),
        ("nearest bus stop", "en"),
        ("pattadar passbook", "te-Latn"),
        ("rythu bharosa status", "te-Latn"),
        ("Rytu Barosa", "te-Latn"),
        ("NTR vaidya seva", "te-Latn"),
        ("thalliki vandanam", "te-Latn"),
        ("vahana mitra", "te-Latn"),
        ("bus ticket kavali", "te-Latn"),
        ("bus ticket chahiye", "hi-Latn"),
        ("rashan card banana hai", "hi-Latn"),
        ("bewa pension", "hi-Latn"),
    ],
)
def test_first_words_of_somebody_unknown(text: str, key: str, known: LanguageIdentifier) -> None:
    """English words alone are English; a name of the state's is Telugu; a verb decides."""
    assert known.guess(text).key == key


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("my pattadar passbook is lost", "en"),
        ("how to apply for ntr bharosa", "en"),
        ("status of my rythu bharosa", "en"),
        ("rythu bharosa ka paisa kab aayega", "hi-Latn"),
        ("mujhe anna canteen jana hai", "hi-Latn"),
    ],
)
def test_a_name_does_not_outweigh_the_sentence_around_it(
    text: str, key: str, known: LanguageIdentifier
) -> None:
    """Everybody says the names of schemes."""
    assert known.guess(text).key == key


@pytest.mark.parametrize("prior", ["te", "hi", "en"])
@pytest.mark.parametrize("text", ["pattadar passbook", "rythu bharosa status", "adangal"])
def test_a_name_is_no_change_of_language(text: str, prior: str, known: LanguageIdentifier) -> None:
    """Somebody known keeps the language they had."""
    assert known.guess(text, prior).language == prior


@pytest.mark.parametrize("text", ["bus ticket", "bus ticket booking", "income certificate"])
def test_english_nouns_are_no_change_of_language(text: str, known: LanguageIdentifier) -> None:
    """People say them in the middle of Telugu."""
    assert known.guess(text, "te").language == "te"


@pytest.mark.parametrize(
    ("text", "key"), [("adangal kavali", "te-Latn"), ("adangal chahiye", "hi-Latn")]
)
def test_a_verb_is_a_change_of_language(text: str, key: str, known: LanguageIdentifier) -> None:
    """Whatever somebody wrote before."""
    assert known.guess(text, "en").key == key


@pytest.mark.parametrize("prior", [None, "te", "hi", "en"])
@pytest.mark.parametrize(
    ("word", "key"), [("kavali", "te-Latn"), ("chahiye", "hi-Latn"), ("certificate", "en")]
)
def test_pages_are_no_error(
    word: str, key: str, prior: str | None, known: LanguageIdentifier
) -> None:
    """Each word multiplies the odds; those of a thousand words are more than a float holds."""
    guess = known.guess(f"{word} " * 1000, prior)
    assert 0.5 < guess.confidence <= 1
    assert guess.language == (prior if prior and key == "en" else key.partition("-")[0])
