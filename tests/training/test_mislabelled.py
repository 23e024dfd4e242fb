"""Sentences that are not what their label says: another language, a value that no slot takes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from nlu.catalogue.checker import CheckResult, check_catalogue
from nlu.catalogue.marks import parse_marks
from nlu.catalogue.model import Utterance
from nlu.training.mislabelled import mislabelled
from tests.processes import ROOT

pytestmark = pytest.mark.may_take(900, "looks through the whole catalogue")


def test_a_sentence_under_the_key_of_another_language_is_found() -> None:
    result = check_catalogue(ROOT / "data")
    service = result.catalogue.services["ration_shop_complaint"]
    wrong = {
        "te-Latn": ("the dealer of our ration shop gives less rice every month",),
        "hi-Latn": ("maa voori reshan dealer prati nela biyyam takkuva istunnadu andi",),
        "en": ("hamare gaon ka ration dealer har mahine kam chawal deta hai",),
    }
    right = {
        "te-Latn": (wrong["hi-Latn"][0], "ration card status check cheyyandi please"),
        "hi-Latn": (wrong["en"][0], "ration card status check"),
        "en": (wrong["te-Latn"][0], "talliki vandanam status"),
    }
    told = []
    for some in (wrong, right):
        texts = {
            key: tuple(Utterance(text, (), n + 1) for n, text in enumerate(lines))
            for key, lines in some.items()
        }
        changed = replace(service, utterances=texts)
        catalogue = replace(
            result.catalogue, services={**result.catalogue.services, service.name: changed}
        )
        told.append([p.what for p in mislabelled(replace(result, catalogue=catalogue))])
    assert told[1] == []
    assert sorted(what.split("` under `")[1] for what in told[0]) == [
        "en` is in the language of `hi-Latn`",
        "hi-Latn` is in the language of `te-Latn`",
        "te-Latn` is in the language of `en`",
    ]


@pytest.fixture(scope="module")
def checked() -> CheckResult:
    return check_catalogue(ROOT / "data")


MARKED = [
    ("te", "[ఆరు](service_number) నంబరు బిల్లు", "[6123401005678](service_number) బిల్లు"),
    ("te-Latn", "bill no [61234](service_number)", "bill [6123401005678](service_number)"),
    ("hi", "[१२](service_number) का बिल", "[६१२३४०१००५६७८](service_number) का बिल"),
    ("hi-Latn", "[AP07](service_number) ka bill", "[6123401005678](service_number) ka bill"),
    ("en", "bill of [last month](service_number)", "bill of [6123401005678](service_number)"),
]


@pytest.mark.parametrize(("key", "wrong", "right"), MARKED)
def test_a_marked_value_that_its_slot_refuses_is_found(
    checked: CheckResult, key: str, wrong: str, right: str
) -> None:
    told = []
    for text in (wrong, right):
        utterances = {key: (Utterance(*parse_marks(text), 7),)}
        service = replace(
            checked.catalogue.services["electricity_bill_view"], utterances=utterances
        )
        catalogue = replace(checked.catalogue, services={service.name: service}, conversation={})
        told.append(mislabelled(replace(checked, catalogue=catalogue)))
    ((problem,), none) = told
    assert "is marked as `service_number`" in problem.what and problem.line == 7
    assert none == ()


@pytest.mark.parametrize("day", ["12-12-2020", "12-12-2099"])
@pytest.mark.parametrize("service", ["rtc_ticket_booking", "lost_mobile_report"])
def test_a_marked_day_may_pass(checked: CheckResult, service: str, day: str) -> None:
    """Else the check would refuse tomorrow what it takes today."""
    (slot,) = (s.name for s in checked.catalogue.services[service].slots if s.type.kind == "date")
    utterances = {"en": (Utterance(*parse_marks(f"on [{day}]({slot})"), 7),)}
    changed = replace(checked.catalogue.services[service], utterances=utterances)
    catalogue = replace(checked.catalogue, services={service: changed}, conversation={})
    assert mislabelled(replace(checked, catalogue=catalogue)) == ()
