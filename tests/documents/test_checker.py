"""A code that a citizen sent: real, altered, void, or none of ours; read from our own PDF."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from actions.documents.checker import (
    ALTERED,
    NOT_OURS,
    REAL,
    REPLACED,
    RUN_OUT,
    UNKNOWN,
    VOID,
    check,
)
from actions.documents.department_issuer import DepartmentIssuer
from actions.documents.issuer import Issued, Issuer
from actions.documents.pdf import qr_picture
from api.whatsapp.qr_code import PDF, read_code
from tests.documents.conftest import BIRTH, URL

Issue = Callable[..., Issued]


def test_a_document_as_it_was_issued_is_real(issuer: Issuer, issue: Issue) -> None:
    """With what its code signs, to be compared, and the page that checks it."""
    issued = issue()
    found = check(issuer, issued.qr)
    assert found.found == REAL and found.url == issued.qr
    assert BIRTH["child_name"] in [value for _, value in found.values]
    assert found.title["en"] and set(found.title) >= {"te", "hi", "en"}


def test_any_change_is_seen(issuer: Issuer, issue: Issue) -> None:
    """Of the signed part; of the id; of the web site."""
    link = issue().qr
    other = issue("other", child_name="రవి").qr
    swapped = f"{link.partition('#')[0]}#{other.partition('#')[2]}"
    assert check(issuer, swapped).found == ALTERED
    at = link.index("#") + 20
    letter = "A" if link[at] != "A" else "B"
    assert check(issuer, f"{link[:at]}{letter}{link[at + 1 :]}").found == ALTERED
    assert check(issuer, link.replace("/c/", "/c/0")).found in (UNKNOWN, NOT_OURS)
    assert check(issuer, link.replace(URL, "https://verify.example.com")).found == NOT_OURS


@pytest.mark.parametrize(
    "text", ["", "upi://pay?pa=x@y", "https://example.org", "\x00", f"{URL}/c/"]
)
def test_other_codes_are_not_ours(issuer: Issuer, text: str) -> None:
    """Whatever they hold."""
    assert check(issuer, text).found in (NOT_OURS, UNKNOWN)


def test_a_document_that_no_longer_counts(issuer: Issuer, issue: Issue) -> None:
    """Revoked, with the reason; replaced."""
    first, second = issue("a"), issue("b")
    issuer.revoke(first.id, "wrong_details")
    void = check(issuer, first.qr)
    assert void.found == VOID and void.reason["te"]
    issuer.reissue(second.id, {"child_name": "రవి"})
    assert check(issuer, second.qr).found == REPLACED


def test_a_document_runs_out(issuer: Issuer) -> None:
    """By its form's days."""
    from actions.documents.form import load_forms

    form = next(one for one in load_forms().values() if one.valid_days and one.amount is None)
    values = dict.fromkeys(form.labels, "x")
    issued = issuer.issue("revenue", form.name, values, "k")
    assert check(issuer, issued.qr).found == REAL
    assert check(issuer, issued.qr, now=4e9).found == RUN_OUT


def test_the_code_is_read_from_our_own_pdf(issuer: Issuer, issue: Issue) -> None:
    """As it is forwarded."""
    issued = issue()
    _, pdf = issuer.pdf(issued.token) or ("", b"")
    assert read_code(pdf, PDF) == issued.qr


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_the_code_is_read_from_a_picture(issue: Issue, kind: str) -> None:
    """As a phone takes it: in colour, small in a large picture."""
    link = issue().qr
    picture = Image.new("RGB", (1600, 1200), "grey")
    picture.paste(qr_picture(link).convert("RGB").resize((800, 800)), (400, 200))
    content = io.BytesIO()
    picture.save(content, kind)
    assert read_code(content.getvalue(), f"image/{kind.lower()}") == link


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "image/jpeg"),
        (b"no picture", "image/png"),
        (b"%PDF-1.7 nothing", PDF),
        (
            b"<</Subtype /Image /Width 9 /Height 9 /Length 5 /Filter /FlateDecode>>stream\nxxxxx",
            PDF,
        ),
    ],
)
def test_what_cannot_be_read_holds_no_code(content: bytes, kind: str) -> None:
    """And breaks nothing."""
    assert read_code(content, kind) == ""


def test_the_action_server_asks_its_registry(folder: Path, issuer: Issuer, issue: Issue) -> None:
    """And only for codes of our web site; what it cannot ask it does not say."""
    link = issue().qr
    found = DepartmentIssuer(folder, URL).checked(link)
    assert found is not None and found.found == REAL
    nowhere = folder / "nothing"
    other = DepartmentIssuer(nowhere, URL).checked("upi://pay?pa=x@y")
    assert other is not None and other.found == NOT_OURS and not nowhere.exists()
    nowhere.write_text("no folder")
    assert DepartmentIssuer(nowhere, URL).checked(link) is None
