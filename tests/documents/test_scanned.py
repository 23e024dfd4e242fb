"""The QR code of the printed page is read by a real decoder after WhatsApp, blur and a slant."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from actions.documents.credential import Claims
from actions.documents.issuer import Issuer
from tests.documents.conftest import URL
from tests.documents.link_reader import by_kid, verify_link
from tests.documents.paper import Journey, rendered, scanned, sent

QUICK, RUNS = 9, 50
"""The first nine have each form in each language."""
GIVEN = {
    "te": ["గుడివాడ", "సాయి తేజ", "శ్రావణి", "లక్ష్మీనరసింహం", "జ్ఞానేశ్వరి", "వెంకట సత్యనారాయణ"],
    "hi": ["शर्मा", "लक्ष्मी", "ज्ञानेश्वर", "क्षितिज", "श्रीवास्तव", "दुर्गा प्रसाद"],
    "en": ["Rao", "Lakshmi", "Srinivasa", "Mastan Vali", "Venkata Satyanarayana", "Naseema"],
}
TAIL = {
    "te": "కుటుంబ వార్షిక ఆదాయం ₹{},000",
    "hi": "परिवार की सालाना आय ₹{},000",
    "en": "Family income of ₹{},000 a year",
}


def wish(run: int, chance: random.Random) -> tuple[str, str, dict[str, str]]:
    """Department, form and values of a run."""
    language = ("te", "hi", "en")[run % 3]
    names = [" ".join(chance.sample(GIVEN[language], 2)) for _ in range(3)]
    number = f"{chance.randrange(10**9, 10**10)}"
    kinds: list[tuple[str, str, dict[str, str]]] = [
        (
            "municipal",
            "birth_certificate",
            {
                "certificate_number": f"BC-{number}",
                "child_name": names[0],
                "date_of_birth": f"{chance.randrange(1, 29):02}-05-2019",
                "place_of_birth": "విజయవాడ / विजयवाड़ा / Vijayawada",
                "mother_name": names[1],
                "father_name": names[2],
            },
        ),
        (
            "revenue",
            "duplicate_income_certificate",
            {
                "certificate_name": "ఆదాయ ధ్రువీకరణ పత్రం",
                "certificate_number": f"IC{number}",
                "application_number": f"INC{number}",
                "holder_name": names[0],
                "certified": TAIL[language].format(chance.randrange(10, 800)),
                "first_issued_on": "12-02-2026",
            },
        ),
        (
            "municipal",
            "property_tax_receipt",
            {
                "receipt_number": f"PTR{number}",
                "assessment_number": number,
                "owner_name": names[0],
                "period": "2026-27",
                "amount": str(chance.randrange(100, 10**7) / 100),
                "paid_on": "26-11-2026",
            },
        ),
    ]
    return kinds[run // 3 % 3]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    return Issuer.open(tmp_path_factory.mktemp("office"), URL, make_keys=True)


@pytest.mark.parametrize(
    "run",
    [
        *range(QUICK),
        *(pytest.param(run, marks=pytest.mark.nightly) for run in range(QUICK, RUNS)),
    ],
)
def test_forwarded_picture_is_scanned_and_verifies(
    office: Issuer, run: int, tmp_path: Path
) -> None:
    chance = random.Random(run)
    department, form, values = wish(run, chance)
    issued = office.issue(department, form, values, f"run-{run}")
    found = office.pdf(issued.token)
    assert found is not None
    journey = Journey(
        quality=chance.randint(50, 70),
        blur=chance.uniform(0.5, 0.9),
        degrees=chance.choice((-2.0, 2.0)),
    )
    assert scanned(sent(rendered(found[1], tmp_path), journey)) == [issued.qr]
    claims = verify_link(issued.qr, URL, by_kid(office.keys), 1_800_000_000)
    assert isinstance(claims, Claims)
