"""Sentences in five keys reach their office; routing has the properties that it promises."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.grievances.directory import GrievanceDirectory, load_directory
from actions.grievances.routing import route
from actions.grievances.secretariats import locate
from nlu.catalogue import Catalogue
from nlu.fast_yaml import load_yaml

from .conftest import DATA

HERE = Path(__file__).parent
DIRECTORY = load_directory(DATA)
FEWEST_RIGHT = 25  # of 42 that nobody tuned to; what is left must be asked about, not wrong


class Row(NamedTuple):
    """A row of a table; `office` is None where the citizen is to choose."""

    key: str
    text: str
    place: str
    office: str | None


def table(name: str) -> list[Row]:
    """The rows of a table beside this file."""
    return [Row(**row) for row in load_yaml((HERE / name).read_text("utf-8"))]


def routed(row: Row, directory: GrievanceDirectory, catalogue: Catalogue) -> str | None:
    """The office that is taken without asking."""
    located = locate(directory, catalogue.gazetteers["secretariats"], row.place, row.text)
    kind = directory.secretariats[located.fitting[0]].kind if located.sure else None
    return route(directory, row.text, row.place, kind).office


@pytest.mark.parametrize("row", table("routing.yml"), ids=lambda row: f"{row.key}:{row.text}")
def test_sentence_reaches_its_office(
    row: Row, directory: GrievanceDirectory, catalogue: Catalogue
) -> None:
    assert routed(row, directory, catalogue) == row.office


def test_table_has_every_key_alike() -> None:
    keys = [row.key for row in table("routing.yml")]
    assert set(keys) == {"te", "te-Latn", "hi", "hi-Latn", "en"}
    assert min(map(keys.count, set(keys))) >= 10


def test_strangers_sentences_are_asked_about_rather_than_sent_wrong(
    directory: GrievanceDirectory, catalogue: Catalogue
) -> None:
    rows = table("routing_holdout.yml")
    taken = [(routed(row, directory, catalogue), row.office) for row in rows]
    assert [pair for pair in taken if pair[0] not in (None, pair[1])] == []
    assert sum(office == wanted for office, wanted in taken) >= FEWEST_RIGHT


def test_same_work_goes_to_the_town_in_a_ward_and_to_the_panchayat_in_a_village() -> None:
    text = "డ్రైనేజీ పొంగుతోంది, దోమలు"
    assert route(DIRECTORY, text, "", "ward").office == "municipal"
    assert route(DIRECTORY, text, "", "village").office == "panchayat_raj"
    assert not route(DIRECTORY, text, "").sure


def test_misspelt_word_counts() -> None:
    assert route(DIRECTORY, "hospitel lo mandulu levu", "").office == "health"


def test_nothing_said_is_not_sure() -> None:
    assert route(DIRECTORY, "", "").ranked == ()


@given(st.text(max_size=200), st.text(max_size=60))
def test_any_text_gives_offices_that_exist_in_falling_order(text: str, place: str) -> None:
    routed_to = route(DIRECTORY, text, place)
    scores = [score for _, score in routed_to.ranked]
    assert {name for name, _ in routed_to.ranked} <= set(DIRECTORY.offices)
    assert scores == sorted(scores, reverse=True)
    assert all(score > 0 for score in scores)


@given(st.sampled_from(table("routing.yml")), st.integers(2, 4))
def test_saying_it_again_changes_nothing(row: Row, times: int) -> None:
    once, often = (route(DIRECTORY, " , ".join([row.text] * n), row.place) for n in (1, times))
    assert once.office == often.office or once.ranked[0] == often.ranked[0]


@given(st.sampled_from(table("routing.yml")), st.floats(0, 5))
def test_a_higher_bar_never_makes_it_surer(row: Row, more: float) -> None:
    weights = replace(DIRECTORY.weights, sure=DIRECTORY.weights.sure + more)
    stricter = route(replace(DIRECTORY, weights=weights), row.text, row.place)
    assert not stricter.sure or route(DIRECTORY, row.text, row.place).sure
