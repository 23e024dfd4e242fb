"""The real server: issued, checked by a clerk, revoked, replaced, its key withdrawn."""

from __future__ import annotations

import time
from collections.abc import Iterator
from types import SimpleNamespace

import httpx
import pytest
from playwright.sync_api import expect

from actions.documents.credential import grouped
from actions.documents.issuer import Issued, Issuer
from actions.documents.registry import revocations
from actions.documents.server import create_app
from tests.documents.conftest import BIRTH
from tests.documents.paper import Journey, rendered, sent
from tests.processes import free_port
from tests.served import served
from tests.verification.conftest import PATIENCE_MS, expect_state
from tests.verification.reading import expect_words_in_every_language, results


@pytest.fixture
def bureau(tmp_path) -> Iterator[SimpleNamespace]:
    port = free_port()
    url, folder = f"http://127.0.0.1:{port}", tmp_path / "documents"
    issuer = Issuer.open(folder, url, make_keys=True)
    with served(create_app(folder, url), port):
        yield SimpleNamespace(url=url, issuer=issuer, folder=tmp_path)


def issue(bureau: SimpleNamespace, **values: str) -> Issued:
    return bureau.issuer.issue("municipal", "birth_certificate", {**BIRTH, **values}, "k")


def pdf_of(bureau: SimpleNamespace, issued: Issued) -> bytes:
    answer = httpx.get(issued.url, timeout=PATIENCE_MS / 1000)
    assert answer.status_code == 200
    return answer.content


def test_a_certificate_is_valid_with_everything_checked(bureau, open_page):
    page = open_page(issue(bureau).qr, "valid")
    assert set(results(page).values()) == {"ok"}
    expect(page.get_by_text(BIRTH["child_name"])).to_be_visible()
    expect_words_in_every_language(page, "valid")


def test_the_pdf_itself_is_read(bureau, open_page):
    path = bureau.folder / "certificate.pdf"
    path.write_bytes(pdf_of(bureau, issue(bureau)))
    page = open_page(bureau.url, "home")
    page.set_input_files("input[type=file]", path)
    expect_state(page, "valid")


@pytest.mark.parametrize("quality", [50, 70])
def test_the_picture_that_whatsapp_passes_on_is_read(bureau, open_page, quality):
    picture = sent(rendered(pdf_of(bureau, issue(bureau)), bureau.folder), Journey(quality))
    picture.save(bureau.folder / "page.jpg", "JPEG", quality=quality)
    page = open_page(bureau.url, "home")
    page.set_input_files("input[type=file]", bureau.folder / "page.jpg")
    expect_state(page, "valid")


def test_a_revoked_certificate_says_the_reason_of_the_office(bureau, open_page):
    issued = issue(bureau)
    code, words = next(iter(revocations().items()))
    bureau.issuer.revoke(issued.id, code)
    page = open_page(issued.qr, "revoked")
    expect(page.locator(".band p")).to_contain_text(words["te"])


def test_a_reissued_certificate_names_its_successor(bureau, open_page):
    old = issue(bureau)
    new = bureau.issuer.reissue(old.id, {"mother_name": "విజయ లక్ష్మి"})
    page = open_page(old.qr, "replaced")
    expect(page.locator(".band p")).to_contain_text(grouped(new.id))
    page.goto(new.qr)
    expect_state(page, "valid")


def test_a_stolen_key_is_refused_once_it_is_withdrawn(bureau, open_page):
    issued = issue(bureau)
    page = open_page(issued.qr, "valid")
    now = int(time.time())
    bureau.issuer.keys.withdraw(bureau.issuer.keys.public_keys()[0].kid.hex(), now)
    page.reload()
    expect_state(page, "key_withdrawn")


def test_a_rotated_key_leaves_old_certificates_valid(bureau, open_page):
    issued = issue(bureau)
    bureau.issuer.keys.rotate("municipal", int(time.time()), at_once=True)
    open_page(issued.qr, "valid")


def test_a_certificate_is_checked_offline_after_one_visit(bureau, open_page):
    issued = issue(bureau)
    page = open_page(bureau.url, "home")
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    expect(page.locator("[data-keys]")).to_have_attribute("data-keys", "0")
    page.context.set_offline(True)
    page.goto(issued.qr)
    expect_state(page, "signed_only")
