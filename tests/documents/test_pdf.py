"""The printed page: text that copies out clean, a code of the right size, the same bytes again."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from actions.documents.credential import Claims, Link, grouped, id_from_bytes, sign
from actions.documents.form import Form, load_form, load_forms
from actions.documents.issuer import Issued, Issuer, NotIssued, Reason
from actions.documents.pdf import Printout, render_pdf
from tests.documents.conftest import BIRTH, URL
from tests.documents.link_reader import read_link
from tests.documents.paper import Journey, copied_text, rendered, scanned, sent
from tests.documents.test_credential import KEY

NOW = 1_795_000_000
HARD = {
    "te": "క్షత్రియ స్త్రీ జ్ఞానం కృష్ణా ర్యాలీ ధ్రువీకరణ ఆంధ్రప్రదేశ్",
    "hi": "क्षत्रिय विद्यार्थी ज्ञान श्रृंगार द्वितीय र्याक फ़ैज़ाबाद कर्ज़",
    "en": "O'Neil & Sons <Pvt> (Ltd) ₹1,20,000",
}


def printout(form: Form, value: str, expires_at: int | None = None) -> Printout:
    values = form.printed(
        {**dict.fromkeys(form.labels, value), **({form.amount: "3420"} if form.amount else {})}
    )
    claims = Claims(
        issuer="revenue",
        id=id_from_bytes(bytes(10)),
        issued_at=NOW,
        form=form.name,
        fields=form.signed_fields(values),
        digest=bytes(16),
    )
    return Printout(form, values, Link(URL, claims.id, sign(claims, KEY)), NOW, expires_at)


@pytest.fixture
def pdf(issuer: Issuer, issue: Callable[..., Issued]) -> Callable[..., bytes]:
    def of(**values: str) -> bytes:
        found = issuer.pdf(issue(**values).token)
        assert found is not None
        return found[1]

    return of


@pytest.mark.parametrize("language", HARD)
def test_copied_text_is_what_was_printed(pdf: Callable[..., bytes], language: str) -> None:
    text = copied_text(pdf(child_name=HARD[language]))
    assert HARD[language] in " ".join(text)


@pytest.fixture(scope="module", params=load_forms())
def page(request: pytest.FixtureRequest) -> tuple[Form, Printout, bytes]:
    """Each form filled in, and the PDF of it."""
    form = load_form(request.param)
    document = printout(form, "విజయవాడ / विजयवाड़ा / Vijayawada")
    return form, document, render_pdf(document)


def test_every_word_of_every_form_copies_out(page: tuple[Form, Printout, bytes]) -> None:
    form, _, content = page
    text = re.sub(r"\s+", " ", " ".join(copied_text(content)))
    words = [*form.issuer.values(), *form.title.values(), *form.note.values()]
    words += [word for label in form.labels.values() for word in label.values()]
    assert [word for word in words if word not in text] == []


def test_every_form_fits_on_one_page_with_a_code_that_scans(
    page: tuple[Form, Printout, bytes], tmp_path: Path
) -> None:
    _, document, content = page
    assert len(re.findall(rb"/Type /Page\b", content)) == 1
    assert scanned(rendered(content, tmp_path)) == [str(document.link)]


def test_long_values_go_on_to_another_page(issuer: Issuer, tmp_path: Path) -> None:
    long = "వెంకట సత్యనారాయణ " * 17
    form = load_form("temple_ticket")
    values = {n: "x" if n in form.signed else long for n in form.labels}
    issued = issuer.issue("endowments", form.name, values, "k")
    found = issuer.pdf(issued.token)
    assert found is not None
    (tmp_path / "long.pdf").write_bytes(found[1])
    command = ["pdftoppm", "-r", "150", "-png", "long.pdf", "page"]
    subprocess.run(command, cwd=tmp_path, check=True)
    pages = [Image.open(page) for page in sorted(tmp_path.glob("page-*.png"))]
    assert [scanned(page) for page in pages] == [[], [issued.qr]]


def test_signed_values_too_long_for_a_code_are_refused(issuer: Issuer) -> None:
    name = "వెంకట సత్యనారాయణ " * 16
    long = {**BIRTH, "child_name": name, "mother_name": name}
    with pytest.raises(NotIssued) as caught:
        issuer.issue("municipal", "birth_certificate", long, "k")
    assert caught.value.reason is Reason.BAD_VALUES


def test_longest_code_that_is_issued_survives_whatsapp(issuer: Issuer, tmp_path: Path) -> None:
    name = "వెంకట సత్యనారాయణ " * 10
    issued = None
    while issued is None:  # the longest name that is taken
        with suppress(NotIssued):
            issued = issuer.issue(
                "municipal",
                "birth_certificate",
                {**BIRTH, **dict.fromkeys(("child_name", "mother_name", "father_name"), name)},
                "k",
            )
        name = name[:-2]
    found, link = issuer.pdf(issued.token), read_link(issued.qr)
    assert found is not None and link is not None
    assert len(link.token) > 690
    page = rendered(found[1], tmp_path, number=2)  # so long values fill the first
    assert scanned(sent(page, Journey(quality=60))) == [issued.qr]


def test_what_to_check_is_on_the_page(
    pdf: Callable[..., bytes], issue: Callable[..., Issued]
) -> None:
    text = " ".join(copied_text(pdf()))
    for words in ("verify.example.gov.in", grouped(issue().id), "స్కాన్ చేయండి", "स्कैन करें", "Scan this"):
        assert words in text


def test_end_is_printed_where_there_is_one() -> None:
    form = load_form("duplicate_income_certificate")
    assert "18-11-2027" in " ".join(copied_text(render_pdf(printout(form, "x", NOW + 365 * 86400))))
    assert "Valid until" not in " ".join(copied_text(render_pdf(printout(form, "x"))))


def test_receipt_says_the_amount_in_figures_and_words() -> None:
    text = " ".join(copied_text(render_pdf(printout(load_form("payment_receipt"), "x"))))
    for words in ("₹ 3,420", "మూడు వేల నాలుగు వందల ఇరవై", "तीन हज़ार चार सौ बीस", "three thousand"):
        assert words in text


def test_code_is_wide_enough_on_paper(tmp_path: Path) -> None:
    """At least 45 mm with error correction M and 4 modules of quiet zone."""
    document = printout(load_form("birth_certificate"), "x")
    (tmp_path / "one.pdf").write_bytes(render_pdf(document))
    shown = subprocess.run(
        ["pdfimages", "-list", "one.pdf"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    width, dots = (int(shown.splitlines()[2].split()[column]) for column in (3, 12))
    assert width / dots * 25.4 >= 45
    assert width % 8 == 0


def test_printing_again_gives_the_same_bytes(issuer: Issuer, issue: Callable[..., Issued]) -> None:
    token = issue().token
    assert issuer.pdf(token) == issuer.pdf(token)


def test_filename_is_the_callers(issuer: Issuer) -> None:
    issued = issuer.issue("municipal", "birth_certificate", BIRTH, "k", filename="BC.pdf")
    found = issuer.pdf(issued.token)
    assert found is not None
    assert found[0] == issued.filename == "BC.pdf"


def test_guessed_secret_opens_nothing(issuer: Issuer, issue: Callable[..., Issued]) -> None:
    issued = issue()
    assert issuer.pdf(issued.id) is None
    assert issuer.pdf(issued.token[:-1]) is None
    assert issuer.pdf("") is None
