"""Forms: their files are checked, their values are fit to print, amounts are said right."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
import yaml

from actions.documents.form import BadValues, FormError, load_form, load_forms
from actions.documents.printed_text import amount_in_words

WORDS = {"te": "అ", "hi": "अ", "en": "a"}
GOOD = {
    "issuer": WORDS,
    "title": WORDS,
    "note": WORDS,
    "signed": ["a"],
    "labels": {"a": WORDS, "b": WORDS},
}
BIRTH = load_form("birth_certificate")
RECEIPT = load_form("property_tax_receipt")


def values(**more: str) -> dict[str, str]:
    return {**dict.fromkeys(BIRTH.labels, "x"), **more}


def receipt(amount: str) -> dict[str, str]:
    return {**dict.fromkeys(RECEIPT.labels, "x"), "amount": amount}


def test_every_form_is_right() -> None:
    forms = load_forms()
    assert len(forms) >= 14
    assert all(1 <= len(form.signed) <= 5 for form in forms.values())


def test_good_form_is_taken(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(yaml.safe_dump(GOOD))
    assert load_form("x", tmp_path).signed == ("a",)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"signed": list("abcdef"), "labels": {n: WORDS for n in "abcdef"}}, "signed takes 1 to 5"),
        ({"signed": []}, "signed takes 1 to 5"),
        ({"signed": ["a", "a"]}, "each once"),
        ({"signed": ["z"]}, "names no label: z"),
        ({"labels": {"a": {"te": "అ", "hi": "अ"}}}, "a needs words in en, hi, te"),
        ({"labels": {"a": {**WORDS, "te": ""}}}, "a needs words"),
        ({"labels": {"a": WORDS, "id": WORDS}}, "may not be called id"),
        (
            {"layout": "poster"},
            "layout: `poster` is not known here; use one of: certificate, receipt",
        ),
        ({"layout": "receipt"}, "names the label of its amount"),
        ({"amount": "a"}, "only a receipt"),
        ({"layout": "receipt", "amount": "b"}, "must be signed"),
        ({"valid_days": 0}, "number of days"),
        ({"colour": "red"}, "unknown key `colour`"),
        ({"title": None}, "title must be a mapping"),
    ],
)
def test_checker_names_the_fault(tmp_path: Path, change: dict[str, object], fault: str) -> None:
    (tmp_path / "x.yml").write_text(yaml.safe_dump({**GOOD, **change}))
    with pytest.raises(FormError, match=fault):
        load_form("x", tmp_path)


def test_checker_names_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "x.yml").write_text(yaml.safe_dump({"title": WORDS}))
    with pytest.raises(FormError, match=r"(?s)`issuer` is missing.*`labels` is missing"):
        load_form("x", tmp_path)


@pytest.mark.parametrize("name", ["nothing", "../forms/adangal", "", "/etc/passwd"])
def test_unknown_form_is_not_found(name: str) -> None:
    with pytest.raises(LookupError):
        load_form(name)


def test_values_are_printed_in_the_order_of_the_form() -> None:
    assert list(BIRTH.printed(dict(reversed(values().items())))) == list(BIRTH.labels)


def test_white_space_is_one_blank() -> None:
    assert BIRTH.printed(values(child_name=" సాయి\n\t తేజ "))["child_name"] == "సాయి తేజ"


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a\x00b", id="control"),
        pytest.param("a\u202eb", id="turns_direction"),
        pytest.param("a\u200bb", id="invisible"),
        pytest.param("a\ud800", id="half_a_letter"),
        pytest.param("தமிழ்", id="no_font_has_it"),
        pytest.param("😀", id="picture"),
        pytest.param("a" * 301, id="long"),
    ],
)
def test_unfit_value_is_refused_without_being_named(value: str) -> None:
    with pytest.raises(BadValues) as caught:
        BIRTH.printed(values(child_name=value))
    assert "child_name" in str(caught.value)
    assert value not in str(caught.value)


@pytest.mark.parametrize("value", ["క్‌ష", "क्‍ष", "₹1,20,000", "5/2-17 (A)", "ñ é", ""])
def test_fit_value_is_kept(value: str) -> None:
    assert BIRTH.printed(values(child_name=value))["child_name"] == value


def test_missing_and_strange_values_are_refused() -> None:
    given = values(colour="red")
    del given["child_name"]
    with pytest.raises(BadValues, match="child_name, colour"):
        BIRTH.printed(given)


@pytest.mark.parametrize(
    ("given", "printed"),
    [("3420", "3,420"), ("3420.0", "3,420"), ("1,23,456.5", "1,23,456.50"), ("0", "0")],
)
def test_amount_is_grouped_as_in_india(given: str, printed: str) -> None:
    assert RECEIPT.printed(receipt(given))["amount"] == printed


@pytest.mark.parametrize("given", ["", "x", "-1", "NaN", "Infinity", "1e30", "0.001"])
def test_what_is_no_amount_is_refused(given: str) -> None:
    with pytest.raises(BadValues, match="amount"):
        RECEIPT.printed(receipt(given))


def test_digest_depends_on_every_value_and_the_id() -> None:
    printed = BIRTH.printed(values())
    others = [BIRTH.digest("2", printed)]
    others += [BIRTH.digest("1", {**printed, name: "y"}) for name in printed]
    assert BIRTH.digest("1", printed) not in others
    assert len(BIRTH.digest("1", printed)) == 16


@pytest.mark.parametrize(
    ("amount", "language", "words"),
    [
        ("1", "te", "ఒక రూపాయి మాత్రమే"),
        ("100", "te", "వంద రూపాయలు మాత్రమే"),
        ("101", "te", "నూట ఒక్క రూపాయలు మాత్రమే"),
        ("845", "te", "ఎనిమిది వందల నలభై ఐదు రూపాయలు మాత్రమే"),
        ("120000", "te", "లక్షా ఇరవై వేల రూపాయలు మాత్రమే"),
        ("3420.50", "te", "మూడు వేల నాలుగు వందల ఇరవై రూపాయల యాభై పైసలు మాత్రమే"),
        ("1", "hi", "केवल एक रुपया"),
        ("845", "hi", "केवल आठ सौ पैंतालीस रुपये"),
        ("12345678", "hi", "केवल एक करोड़ तेईस लाख पैंतालीस हज़ार छह सौ अठहत्तर रुपये"),
        ("0", "en", "zero rupees only"),
        ("3420.05", "en", "three thousand four hundred twenty rupees and five paise only"),
    ],
)
def test_amount_in_words(amount: str, language: str, words: str) -> None:
    assert amount_in_words(Decimal(amount), language) == words


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_no_two_amounts_have_the_same_words(language: str) -> None:
    numbers = [*range(2000), *range(99_000, 101_000), *range(9_999_000, 10_000_100)]
    assert len({amount_in_words(Decimal(n), language) for n in numbers}) == len(numbers)
