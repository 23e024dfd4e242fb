"""A pin belongs to the nearest secretariat, a name to the one so called."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.grievances.directory import GrievanceDirectory, load_directory
from actions.grievances.secretariats import distance_km, locate, nearest, pinned
from nlu.catalogue import Catalogue, Gazetteer

from .conftest import DATA

DIRECTORY = load_directory(DATA)
POINTS = st.tuples(st.floats(-90, 90), st.floats(-180, 180))


@pytest.fixture(scope="module")
def gazetteer(catalogue: Catalogue) -> Gazetteer:
    return catalogue.gazetteers["secretariats"]


def test_every_secretariat_has_a_name_and_a_position(
    directory: GrievanceDirectory, gazetteer: Gazetteer
) -> None:
    assert {place.value for place in gazetteer.places} == set(directory.secretariats)
    assert {one.kind for one in directory.secretariats.values()} == {"ward", "village"}


@pytest.mark.parametrize("name", sorted(DIRECTORY.secretariats))
def test_pin_at_a_secretariat_is_in_it(name: str) -> None:
    located = nearest(DIRECTORY, DIRECTORY.secretariats[name].at)
    assert (located.fitting[0], located.sure) == (name, True)


def test_pin_between_two_is_not_sure_and_offers_both() -> None:
    one, other = (DIRECTORY.secretariats[n].at for n in ("guntur_brodipet", "guntur_arundelpet"))
    located = nearest(DIRECTORY, ((one[0] + other[0]) / 2, (one[1] + other[1]) / 2))
    assert not located.sure
    assert {"guntur_brodipet", "guntur_arundelpet"} <= set(located.fitting)


def test_pin_far_from_all_is_in_none() -> None:
    assert nearest(DIRECTORY, (28.6, 77.2)).fitting == ()


@pytest.mark.parametrize(
    "place", ["కొలకలూరు", "కొలకలూరులో రామాలయం దగ్గర", "कोलकलूरु में", "kolakaluru", "Kolakalur village"]
)
def test_name_in_any_script_is_found(
    place: str, directory: GrievanceDirectory, gazetteer: Gazetteer
) -> None:
    located = locate(directory, gazetteer, place, "")
    assert (located.fitting, located.sure) == (("kolakaluru",), True)


def test_pin_goes_before_the_name_of_the_spot(
    directory: GrievanceDirectory, gazetteer: Gazetteer
) -> None:
    lat, lon = directory.secretariats["nunna"].at
    place = f"Kolakaluru Road ({lat:.6f},{lon:.6f})"
    assert locate(directory, gazetteer, place, "").fitting[0] == "nunna"


def test_place_in_the_grievance_itself_counts_where_no_other_is_named(
    directory: GrievanceDirectory, gazetteer: Gazetteer
) -> None:
    located = locate(directory, gazetteer, "near the temple", "water tank of Kankipadu leaks")
    assert located.fitting == ("kankipadu",)


def test_words_without_a_spot_are_no_pin() -> None:
    assert pinned("4-5-12, Gandhi Nagar") is None


@given(POINTS, POINTS)
def test_distance_is_symmetric_and_within_half_the_earth(
    one: tuple[float, float], other: tuple[float, float]
) -> None:
    there, back = distance_km(one, other), distance_km(other, one)
    assert there == pytest.approx(back, abs=1e-6)
    assert 0 <= there <= math.pi * 6371.0 + 1
