"""Finding 1: no text costs more than its length: "1 1 1 ..." stopped the service for 48 seconds.

Costs are counted in calls, not in seconds. What happens inside one call (regular expressions) is
compared with a quarter of the text, by the clock of this thread alone, with a wide margin.
"""

from __future__ import annotations

import functools
import gc
import itertools
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.dialogue.settings import load_settings
from benchmarks.longest_text import answers
from benchmarks.longest_texts import PIECES as DRAWN
from benchmarks.longest_texts import kinds, ordinary
from nlu.catalogue import shared_catalogue
from nlu.slots import extract, extract_for_service, parse, prepare
from nlu.text import mask, normalise
from nlu.text.indic_letters import spell

TODAY = date(2026, 11, 25)
DATA = Path(__file__).resolve().parents[2] / "data"
CATALOGUE = shared_catalogue(DATA)
KINDS = sorted(kinds(1))
BUS = CATALOGUE.services["rtc_ticket_booking"]
TYPES = [
    CATALOGUE.slot_types[name]
    for name in (
        *("electricity_service_number", "bank_account_number", "mobile_number", "ifsc_code"),
        *("permit_number", "future_date", "amount", "devotee_count", "darshan_type", "temple"),
        *("person_name", "address", "survey_number", "email", "time_of_day", "land_extent"),
    )
]
ASKED = ("date", "code")
LINEAR = 2.7  # twice the text costs at most so much more: quadratic would be 4
WIDE = 9.0  # four times the text: quadratic would be 16
SMALL = 0.1  # seconds: below it the clock says little
FRESH = map("".join, itertools.product("bcdfghjklm", repeat=4))  # words that nothing means
FEW = 8000  # calls: below it the length says little


@pytest.fixture(scope="module")
def form_answers() -> dict[str, Callable[[str], object]]:
    load_settings(DATA)
    prepare(CATALOGUE, TODAY)
    found = answers(CATALOGUE, TODAY)
    for answer in found.values():
        answer("my number is 98480 12345, no 45 not 54")
    return {kind: found[kind] for kind in ASKED}


@functools.cache
def word_caches() -> list[functools._lru_cache_wrapper[object]]:
    kept = [one for one in gc.get_objects() if isinstance(one, functools._lru_cache_wrapper)]
    return [one for one in kept if (one.cache_parameters()["maxsize"] or 0) >= 1024]


def calls(task: Callable[[str], object], text: str) -> int:
    """How many functions a task calls, of Python and of C, whatever was read before: all that is
    built at its first use is there, and neither a word nor the text is known."""
    task(f"{next(FRESH)} {text}")
    text = f"{next(FRESH)} {text}"
    for kept in word_caches():
        kept.cache_clear()
    count = 0

    def counted(frame: object, event: str, argument: object) -> None:
        nonlocal count
        if event in ("call", "c_call"):
            count += 1

    sys.setprofile(counted)
    try:
        task(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("kind", KINDS)
def test_twice_the_text_is_answered_with_twice_the_calls(
    kind: str, form_answers: dict[str, Callable[[str], object]]
) -> None:
    """Or with those of ordinary text: half of it may be an answer, and all of it a correction."""
    fresh = itertools.product(range(3), form_answers.items())  # a text seen before is remembered
    plain = max(
        calls(answer, ordinary(CATALOGUE, 800, f"{kind} {asked} {at}"))
        for at, (asked, answer) in fresh
    )
    for asked, answer in form_answers.items():
        once, twice = (calls(answer, kinds(size, size)[kind]) for size in (400, 800))
        assert twice <= LINEAR * max(once, plain), (asked, once, twice, plain)
        assert twice <= 3 * plain, (asked, twice, plain)


@pytest.mark.parametrize("kind", KINDS)
def test_reading_takes_time_in_proportion_to_the_length(kind: str) -> None:
    def everything(text: str) -> None:
        mask(text)
        for slot_type in TYPES:
            parse(slot_type, text, today=TODAY, catalogue=CATALOGUE)
        extract(text, TYPES, today=TODAY, catalogue=CATALOGUE)

    everything(f"z {kinds(500, 500)[kind]}")  # what is built at its first use
    quarter, whole = (_seconds(everything, kinds(size, size)[kind]) for size in (500, 2000))
    assert whole <= WIDE * max(quarter, SMALL)


PIECES = sorted({piece for pieces in DRAWN.values() for piece in pieces})


@pytest.mark.usefixtures("form_answers")
@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=8))
def test_any_pieces_repeated_cost_what_their_length_costs(pieces: list[str]) -> None:
    def found(text: str) -> None:
        extract_for_service(text, BUS, today=TODAY, catalogue=CATALOGUE)

    unit = "".join(pieces)
    text = unit * (400 // len(unit) + 1)  # whole pieces: half a word may be read otherwise
    once, twice = calls(found, text), calls(found, text + text)
    assert twice <= LINEAR * max(once, FEW)


@pytest.mark.parametrize("text", ["ఎస్బిఐ" * 600, "एसबीआई" * 600])
def test_a_word_of_letter_names_of_any_length_is_spelled(text: str) -> None:
    """It went one level deeper for each letter, and ended in a RecursionError."""
    assert spell(text) == "SBI" * 600


def test_marks_beyond_the_thirtieth_on_a_letter_are_dropped() -> None:
    """To put them in order takes the square of their number."""
    clean = normalise("క" + "\u0301\u0323" * 2000 + " x")
    assert len(clean.text) == 33
    assert clean.text.endswith(" x")
    assert clean.raw_span(len(clean.text) - 1, len(clean.text)) == (4002, 4003)


def _seconds(task: Callable[[str], object], text: str) -> float:
    """What the text costs this thread, without a walk through the objects of other tests."""
    gc.disable()
    began = time.thread_time()
    try:
        task(text)
        return time.thread_time() - began
    finally:
        gc.enable()
