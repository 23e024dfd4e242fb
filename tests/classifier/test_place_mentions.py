"""Places here and elsewhere, named in five keys."""

from __future__ import annotations

import numpy as np
import pytest

from nlu.classifier import views
from nlu.classifier.place_mentions import PlaceMentions
from nlu.components.project import catalogue

VIEWS = {"written": (2, 5)}


@pytest.fixture(scope="module")
def places() -> PlaceMentions:
    return PlaceMentions.of(catalogue("data"))


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("పాట్నాలో కరెంటు బిల్లు ఎలా కట్టాలి", ("elsewhere",)),
        ("patnalo current bill ela kattali", ("elsewhere",)),
        ("पटना में बिजली का बिल कैसे भरें", ("elsewhere",)),
        ("patna me bijli ka bill kaise bhare", ("elsewhere",)),
        ("How to pay the power bill at Patna?", ("elsewhere",)),
        ("గుంటూరులో కరెంటు బిల్లు ఎలా కట్టాలి", ("here",)),
        ("guntur lo current bill ela kattali", ("here",)),
        ("गुंटूर में बिजली का बिल कैसे भरें", ("here",)),
        ("guntur me bijli ka bill kaise bhare", ("here",)),
        ("How to pay the power bill at Guntur?", ("here",)),
        ("పూణేలో ఉంటాను, గుంటూరు ఇంటి పన్ను కట్టాలి", ("here", "elsewhere")),
        ("pune me rehta hu, guntur ka house tax bharna hai", ("here", "elsewhere")),
        ("బీబీఎంపీ పన్ను", ("elsewhere",)),
        ("bbmp tax", ("elsewhere",)),
        ("uttar pradesh ka niwas praman patra", ("elsewhere",)),
        ("కరెంటు బిల్లు కట్టాలి", ()),
        ("ticket kavali", ()),
        ("बिजली का बिल भरना है", ()),
        ("यूपीआई से भरना है", ()),
        ("I travel daily and pay by UPI", ()),
        ("", ()),
        ("123 🙂", ()),
    ],
)
def test_places_are_heard_in_every_script(places, text, kinds):
    assert places.kinds(text) == kinds


def test_the_first_kind_has_a_name_of_two():
    found = PlaceMentions({"here": ["Aurangabad"], "elsewhere": ["Aurangabad", "Patna"]})
    assert found.kinds("औरंगाबाद") == ("here",)
    assert found.kinds("Patna and Aurangabad") == ("here", "elsewhere")


def test_of_two_names_the_longer_counts():
    found = PlaceMentions({"here": ["Nagar"], "elsewhere": ["Nagar Haveli"]})
    assert found.kinds("nagar haveli") == ("elsewhere",)
    assert found.kinds("haveli nagar") == ("here",)


def test_words_that_are_no_name_are_taken_as_they_are_written():
    found = PlaceMentions({"elsewhere": ["Delhi"]}, but=["Daily"])
    assert found.kinds("daily") == ()
    assert found.kinds("delhi") == ("elsewhere",)


def test_kinds_are_one_more_bucket_of_the_same_weight(places):
    buckets, values = views.hashed("bbmp tax", VIEWS)
    with_places, more = views.hashed("bbmp tax", VIEWS, places)
    assert np.array_equal(with_places[:-1], buckets)
    assert np.array_equal(more[:-1], values)
    here, _ = views.hashed("guntur tax", VIEWS, places)
    assert with_places[-1] != here[-1]
    assert (with_places.dtype, more.dtype) == (buckets.dtype, values.dtype)
    assert np.array_equal(views.hashed("tax", VIEWS, places)[0], views.hashed("tax", VIEWS)[0])
