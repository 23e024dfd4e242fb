"""Each state of a document, in each language, with what was and was not checked."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace

import pytest
from playwright.sync_api import expect

from actions.documents.credential import new_id
from actions.documents.keys import SigningKey
from actions.transparency.log import Log
from actions.transparency.note import Note
from tests.verification.conftest import expect_state
from tests.verification.office import DAY, FIELDS, NAME, Office, make_key
from tests.verification.reading import data, expect_words_in_every_language, results

REASON = {"te": "ఆదాయం తప్పుగా రాశారు", "hi": "आय ग़लत लिखी गई", "en": "The income was wrong"}
NOW = int(time.time())


def valid(office: Office) -> str:
    return office.issue(expires_at=NOW + 100 * DAY)


def revoked(office: Office) -> str:
    text = office.issue()
    office.change(text, "revoked", reason=REASON)
    return text


def replaced(office: Office) -> str:
    text = office.issue()
    office.change(text, "replaced", replaced_by=new_id())
    return text


def run_out(office: Office) -> str:
    return office.issue(issued_at=NOW - 20 * DAY, expires_at=NOW - DAY)


def forged(office: Office) -> str:
    text = office.issue()
    return text[:-10] + ("A" if text[-10] != "A" else "B") + text[-9:]


def of_another_id(office: Office) -> str:
    text = office.issue()
    return text.replace(text.split("/c/")[1][:16], new_id())


def key_withdrawn(office: Office) -> str:
    stolen = make_key()
    office.withdraw(stolen)
    return office.issue(key=stolen)


def signed_before_its_key(office: Office) -> str:
    return office.issue(issued_at=office.key.public.not_before - 1)


def signed_after_its_key(office: Office) -> str:
    old = make_key(begins=NOW - 800 * DAY, days=365)
    office.published[old.public.kid] = old.public
    return office.issue(key=old)


def signed_in_time_by_an_old_key(office: Office) -> str:
    old = make_key(begins=NOW - 800 * DAY, days=365)
    office.published[old.public.kid] = old.public
    return office.issue(key=old, issued_at=NOW - 600 * DAY)


def unknown_key(office: Office) -> str:
    return office.issue(key=make_key())


def key_of_another_office(office: Office) -> str:
    return office.issue(issuer="municipal")


def not_recorded(office: Office) -> str:
    return office.issue(logged=False)


def not_in_the_log(office: Office) -> str:
    office.tampered = {"log": office.status(office.issue().split("/c/")[1][:16])["log"]}
    return office.issue()


def in_a_forgers_log(office: Office) -> str:
    """Name, key id, entry and proof are right; only the signature is by another key."""
    text = office.issue()
    document = office.documents[text.split("/c/")[1][:16]]
    entry = hashlib.sha256(document.salt + hashlib.sha256(document.link.token).digest()).digest()
    other = Log.open(office.log.folder.public.parent.parent / "forged", origin=office.log.origin)
    receipt = other.receipt(other.append(entry))
    note = Note.parse(receipt.checkpoint)
    claimed = replace(note.signatures[0], key_id=office.log.verifier.key_id)
    forged = {"index": receipt.index, "size": receipt.size, "proof": []}
    forged |= {"checkpoint": f"{note.text}\n{claimed.line}", "salt": document.salt.hex()}
    office.tampered = {"log": forged}
    return text


def key_under_anothers_id(office: Office) -> str:
    forger = make_key()
    stolen_id = replace(forger.public, kid=make_key().public.kid)
    office.published[stolen_id.kid] = stolen_id
    return office.issue(key=SigningKey(stolen_id, forger.private))


def log_silent(office: Office) -> str:
    office.tampered = {"log": None}
    return office.issue()


def cut_off(office: Office) -> str:
    return office.issue()[:-40]


def without_credential(office: Office) -> str:
    return office.issue().partition("#")[0]


def garbage(office: Office) -> str:
    return office.issue().partition("#")[0] + "#" + "A" * 80


def mirrored(office: Office) -> str:
    office.fetched_for = "https://patram.ap.example"
    return office.issue()


def server_broken(office: Office) -> str:
    office.tampered = {"state": "perhaps"}
    return office.issue()


ALL = dict.fromkeys(("address", "signature", "key", "dates", "status", "log"), "ok")
OPEN = dict.fromkeys(ALL, "open")
CASES = [
    (valid, "valid", ALL),
    (signed_in_time_by_an_old_key, "valid", ALL),
    (revoked, "revoked", {**ALL, "status": "bad"}),
    (replaced, "replaced", {**ALL, "status": "bad"}),
    (run_out, "run_out", {**ALL, "dates": "bad"}),
    (forged, "forged", {**OPEN, "address": "ok", "signature": "bad"}),
    (of_another_id, "forged", {**OPEN, "address": "ok", "signature": "bad"}),
    (key_withdrawn, "key_withdrawn", {**OPEN, "address": "ok", "signature": "ok", "key": "bad"}),
    (
        signed_before_its_key,
        "key_not_in_force",
        {**OPEN, "address": "ok", "signature": "ok", "key": "bad"},
    ),
    (
        signed_after_its_key,
        "key_not_in_force",
        {**OPEN, "address": "ok", "signature": "ok", "key": "bad"},
    ),
    (unknown_key, "unknown_issuer", {**OPEN, "address": "ok", "key": "bad"}),
    (
        key_of_another_office,
        "unknown_issuer",
        {**OPEN, "address": "ok", "signature": "ok", "key": "bad"},
    ),
    (not_recorded, "not_recorded", {**ALL, "status": "bad", "log": "open"}),
    (not_in_the_log, "log_wrong", {**ALL, "log": "bad"}),
    (in_a_forgers_log, "log_wrong", {**ALL, "log": "bad"}),
    (key_under_anothers_id, "unknown_issuer", {**OPEN, "address": "ok", "key": "bad"}),
    (log_silent, "register_open", {**ALL, "log": "open"}),
    (server_broken, "signed_only", {**ALL, "status": "open", "log": "open"}),
    (cut_off, "damaged", None),
    (without_credential, "damaged", OPEN),
    (garbage, "damaged", {**OPEN, "address": "ok"}),
    (mirrored, "other_site", {**OPEN, "address": "bad"}),
]


@pytest.mark.parametrize(
    ("make", "state", "checks"), CASES, ids=lambda case: getattr(case, "__name__", "")
)
def test_a_state_is_said_in_every_language_with_its_checks(office, open_page, make, state, checks):
    page = open_page(make(office), state)
    expect_words_in_every_language(page, state)
    if checks is not None:
        assert results(page) == checks
    shown = data()["words"]["states"][state]["fields"]
    expect(page.get_by_text(NAME)).to_have_count(1 if shown else 0)


def test_the_contents_stand_under_the_labels_of_the_form(office, open_page):
    page = open_page(valid(office), "valid")
    labels = data()["forms"]["revenue_certificate"]["labels"]
    pairs = list(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts()))
    for name, value in FIELDS:
        assert (labels[name]["te"], value) in pairs
    result = data()["words"]["result"]
    assert (result["issuer"]["te"], data()["departments"]["revenue"]["te"]) in pairs
    assert result["until"]["te"] in dict(pairs)


def test_the_reader_is_told_to_compare_with_the_paper(office, open_page):
    page = open_page(valid(office), "valid")
    expect(page.locator(".compare")).to_contain_text(data()["words"]["result"]["compare"]["te"])


def test_a_revoked_document_says_when_and_why(office, open_page):
    page = open_page(revoked(office), "revoked", locale="en-IN")
    today = page.evaluate(
        "new Intl.DateTimeFormat('en-IN', {dateStyle: 'long', timeZone: 'Asia/Kolkata'}).format()"
    )
    expect(page.locator(".band p")).to_contain_text(REASON["en"])
    expect(page.locator(".band p")).to_contain_text(today)


def test_a_mirror_is_told_the_right_domain(office, open_page):
    page = open_page(mirrored(office), "other_site", locale="en-IN")
    expect(page.locator(".band p")).to_contain_text("patram.ap.example")
    expect(page.locator(".domain")).to_have_text("patram.ap.example")


def test_a_document_asked_about_again_shows_its_new_state(office, open_page):
    text = office.issue()
    page = open_page(text, "valid")
    office.change(text, "revoked", reason=REASON)
    page.reload()
    expect_state(page, "revoked")


def test_words_and_states_of_the_code_are_the_same(office, open_page):
    page = open_page(office.origin, "home")
    base = page.locator("script[type=module]").get_attribute("src").removesuffix("main.js")
    names = page.evaluate("base => import(base + 'verdict.js').then(m => m.CHECKS)", base)
    assert names == list(data()["words"]["checks"])
