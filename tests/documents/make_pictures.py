"""Writes docs/images/certificate.png and receipt.png: what a citizen gets, as it is now.

python -m tests.documents.make_pictures
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from actions.documents.issuer import Issuer
from tests.documents.conftest import URL
from tests.documents.paper import rendered

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PICTURES = {
    "certificate": (
        "revenue",
        "duplicate_income_certificate",
        {
            "certificate_name": "ఆదాయ ధ్రువీకరణ పత్రం",
            "certificate_number": "IC012503517",
            "application_number": "INC2025008814",
            "holder_name": "పోతుల రమణ",
            "certified": "కుటుంబ వార్షిక ఆదాయం ₹96,000",
            "first_issued_on": "05-03-2025",
        },
    ),
    "receipt": (
        "energy",
        "payment_receipt",
        {
            "receipt_number": "RCP2611270042",
            "paid_for": "కరెంటు బిల్లు · बिजली बिल · Electricity bill",
            "reference": "6123401005678",
            "payer": "గల్లా శ్రావణి",
            "amount": "3420.50",
            "paid_on": "27-11-2026",
            "payment_id": "pay_9A33XWu170gUtm",
        },
    ),
}


def main() -> None:
    """Issues and renders each."""
    with tempfile.TemporaryDirectory() as folder:
        office = Issuer.open(Path(folder) / "documents", URL, make_keys=True)
        for name, (department, form, values) in PICTURES.items():
            found = office.pdf(office.issue(department, form, values, name).token)
            assert found is not None
            page = rendered(found[1], Path(folder), dpi=100)
            page.quantize(64, dither=Image.Dither.NONE).save(IMAGES / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
