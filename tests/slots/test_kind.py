"""A kind of slot is one module: a kind made here is read, found, checked, shown and varied."""

from __future__ import annotations

import runpy
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from random import Random

import pytest
import regex

from actions.dialogue import display
from nlu.augment.augmenter import load_tables
from nlu.augment.segments import Writing, cut, join
from nlu.augment.values import Values
from nlu.catalogue import Catalogue, SlotType, load_catalogue
from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.marks import parse_marks
from nlu.catalogue.model import Utterance
from nlu.slots import Parsed, Rejected, extract, extract_for_service, parse
from nlu.slots.kind import KINDS, Hit, Kind, Said, register
from tests.catalogue.sample import TYPES_FILE, VIEW, write_sample
from tests.slots.conftest import DATA

TODAY = date(2026, 11, 25)

# --- what the module of a new kind would hold --------------------------------------------

_DEGREES = regex.compile(r"(?<!\d)(\d{1,3}(?:\.\d)?)\s*(?:°|డిగ్రీ|डिग्री|digri|degree)")


def read_temperature(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Parsed | Rejected:
    number = regex.match(r"\d{1,3}(?:\.\d)?", said.digits.text)
    if number is None:
        return Rejected("format")
    hot = slot_type.maximum is not None and float(number[0]) > slot_type.maximum
    return Rejected("too_large") if hot else Parsed(number[0])


def find_temperatures(slot_type: SlotType, said: Said, catalogue: Catalogue) -> Iterator[Hit]:
    for match in _DEGREES.finditer(said.digits.text):
        yield Hit(match.start(), match.end(1), match[1])


def show_temperature(slot_type: SlotType, value: str, language: str, catalogue: Catalogue) -> str:
    return f"{value} °C"


TEMPERATURE = Kind(
    name="temperature",
    reads="degrees Celsius: `38.5`",
    read=read_temperature,
    needs=("max",),
    allows=("min",),
    check=lambda slot_type: (
        ("max", "nobody is that hot", "say less") if (slot_type.maximum or 0) > 45 else None
    ),
    find=find_temperatures,
    view="digits",
    show=show_temperature,
    alone="🌡 {}",
    listed=lambda slot_type, language, key, catalogue: ["39", "40.5"],
)

# -----------------------------------------------------------------------------------------

TYPE = {
    TYPES_FILE: (
        "    kind: number\n    pattern: '\\d{6}'\n    sensitive: true\n    extract: true\n"
        '    examples: ["123456", "234567", "345678"]\n',
        "    kind: temperature\n    max: 45\n    extract: true\n"
        '    examples: ["38", "ముప్పై ఎనిమిది", "38.5 degrees"]\n',
    )
}
CASES = [
    ("జ్వరం 38 డిగ్రీలు ఉంది", "38", "38"),
    ("jwaram 38.5 digrilu", "38.5", "38.5"),
    ("बुखार ३९ डिग्री है", "39", "३९"),
    ("bukhar 38 digri hai", "38", "38"),
    ("fever of thirty eight degrees", "38", "thirty eight"),
]


@pytest.fixture
def known() -> Iterator[Kind]:
    """The kind is known while a test runs."""
    register(TEMPERATURE)
    yield TEMPERATURE
    KINDS.pop(TEMPERATURE.name)


@pytest.fixture
def warm(known: Kind, tmp_path: Path) -> Catalogue:
    """A catalogue with a slot of the kind."""
    return load_catalogue(write_sample(tmp_path, TYPE))


def test_a_kind_that_nobody_registered_is_refused(tmp_path: Path) -> None:
    problems = check_catalogue(write_sample(tmp_path, TYPE)).problems
    assert [problem.what for problem in problems if "`temperature` is unknown" in problem.what]


def test_its_types_are_checked(known: Kind, tmp_path: Path) -> None:
    def told(wanted: str, after: str) -> list[str]:
        before, temperature = TYPE[TYPES_FILE]
        root = tmp_path / wanted.split()[0]
        change = {TYPES_FILE: (before, temperature.replace("    max: 45\n", after))}
        return [problem.what for problem in check_catalogue(write_sample(root, change)).problems]

    assert told("fine", "    max: 45\n") == []
    assert "a type of kind temperature needs `max:`" in told("missing", "")
    assert "`unit` means nothing for kind temperature" in told(
        "other", "    max: 45\n    unit: years\n"
    )
    assert told("hot", "    max: 99\n") == ["nobody is that hot"]


def test_its_answers_are_read(warm: Catalogue) -> None:
    slot_type = warm.slot_types["meter_number"]
    for said, value in [("38", "38"), ("ముప్పై ఎనిమిది", "38"), ("३८.५ डिग्री", "38.5")]:
        assert parse(slot_type, said, today=TODAY, catalogue=warm) == Parsed(value)
    hot = parse(slot_type, "50 degrees", today=TODAY, catalogue=warm)
    assert hot == Rejected("too_large")


@pytest.mark.parametrize(("text", "value", "raw"), CASES)
def test_its_values_are_found_in_messages(warm: Catalogue, text: str, value: str, raw: str) -> None:
    slot_type = warm.slot_types["meter_number"]
    found = extract(text, [slot_type], today=TODAY, catalogue=warm)
    assert [(f.value, f.raw, text[f.start : f.end]) for f in found] == [(value, raw, raw)]
    service = warm.services[Path(VIEW).stem]
    assert any(slot.type is slot_type for slot in service.slots)
    of_service = extract_for_service(text, service, today=TODAY, catalogue=warm)
    assert [f.value for f in of_service] == [value]


def test_its_values_are_shown(warm: Catalogue) -> None:
    service = warm.services[Path(VIEW).stem]
    name = next(slot.name for slot in service.slots if slot.type.kind == "temperature")
    assert display.shown_values(service, {name: "38"}, "te", warm) == {name: "38 °C"}
    summary = display.confirmation(
        replace(service, confirm_text=None), {name: "38"}, {}, "en", _with_summary(warm)
    )
    assert "🌡 38 °C" in summary


def _with_summary(catalogue: Catalogue) -> Catalogue:
    words = dict.fromkeys(catalogue.languages.reply, "{slot}: {value}")
    prompt = dict.fromkeys(catalogue.languages.reply, "{summary}")
    phrases = {**catalogue.phrases, "summary_line": words, "confirm_prompt": prompt}
    return replace(catalogue, phrases=phrases)


def test_other_values_of_it_are_trained(warm: Catalogue) -> None:
    text, marks = parse_marks("fever of [38](meter) degrees")
    types = {"meter": warm.slot_types["meter_number"]}
    values = Values(warm, load_tables(DATA)["values"])
    drawn = {
        join(values.vary(cut(Utterance(text, marks, 0)), Writing("en", types), Random(n)))[0]
        for n in range(40)
    }
    marked = "123456"  # of another utterance of the sample
    assert drawn == {f"fever of {degrees} degrees" for degrees in ("38", "39", "40.5", marked)}


def test_no_two_kinds_have_one_name(known: Kind) -> None:
    with pytest.raises(ValueError, match="there is a kind temperature already"):
        register(TEMPERATURE)


def test_kinds_are_written_in_the_docs_and_in_the_schema() -> None:
    """What `python docs/make_slot_kinds.py` would write is there."""
    made = runpy.run_path(str(DATA.parent / "docs" / "make_slot_kinds.py"))
    for name, write in (("PAGE", "page"), ("SCHEMA", "schema")):
        text = made[name].read_text("utf-8")
        assert made[write](text) == text, "run `python docs/make_slot_kinds.py`"
        assert all(f"{kind}" in text for kind in KINDS)
