"""What `seva check --coverage` finds lacking."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nlu.catalogue import load_catalogue
from nlu.catalogue.gaps import gaps, is_a
from nlu.catalogue.limits import load_limits
from nlu.catalogue.model import FACTS, Utterance
from tests.catalogue.sample import write_sample
from tests.processes import ROOT

KINDS = load_limits(ROOT / "data").kinds


@pytest.mark.parametrize(
    ("kind", "yes", "no"),
    [
        ("greeting", "నమస్కారం అండి బిల్లు చూడాలి", "బిల్లు చూడాలి"),
        ("greeting", "Namaste, bill dekhna hai", "bill dekhna hai"),
        ("story", "word " * 30, "word " * 29),
        ("short", "करंट बिल", "करंट बिल देखना"),
        ("signs", "బిల్లు 🙏", "బిల్లు"),
        ("signs", "BILL NOT PAID", "CMRF bill"),
        ("signs", "bill\n6123401005678", "bill 6123401005678"),
        ("trouble", "sir not working", "sir I want the bill"),
        ("dialect", "జర బిల్లు చెప్పుర్రి", "బిల్లు చెప్పండి"),
        ("dakhini", "bill kaiku itna aaya", "bill itna kyun aaya"),
        ("english", "బిల్లు స్టేటస్", "బిల్లు ఎంత"),
        ("english", "बिल ऑनलाइन भरना है", "बिल भरना है"),
    ],
)
def test_kind_of_a_message_is_told(kind: str, yes: str, no: str) -> None:
    assert is_a(KINDS[kind], yes) and not is_a(KINDS[kind], no)


def test_a_service_lacks_what_none_of_its_sentences_is(tmp_path: Path) -> None:
    catalogue = load_catalogue(write_sample(tmp_path))
    view = catalogue.services["bill_view"]
    told = {key: (*some, Utterance(f"{key} 🙏", (), 9)) for key, some in view.utterances.items()}
    full = replace(view, utterances=told, holdout_noisy=told)
    by_name = {
        one.service: one
        for one in gaps(replace(catalogue, services={**catalogue.services, "bill_view": full}))
    }
    assert "signs" not in by_name["bill_view"].kinds
    assert by_name["bill_view"].kinds["story"] == tuple(catalogue.languages.keys)
    assert by_name["bill_view"].kinds["dakhini"] == ("hi", "hi-Latn")
    assert by_name["bill_view"].noisy == ()
    assert by_name["bill_view"].facts == tuple(fact for fact in FACTS if fact != "fee")
    assert by_name["bill_payment"].noisy == tuple(catalogue.languages.keys)
    assert by_name["bill_payment"].facts == FACTS
