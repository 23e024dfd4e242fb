"""Without internet: what one visit leaves behind, and how long it may be relied on."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.verification.conftest import expect_state
from tests.verification.office import DAY, make_key
from tests.verification.pictures import photo
from tests.verification.reading import data, expect_words_in_every_language, results

LIMIT = data()["settings"]["keys_good_days"]
AHEAD = data()["settings"]["published_ahead_days"]
READY = """
async () => {
  const {active} = await navigator.serviceWorker.ready;
  if (active.state === "activated") return;
  await new Promise((done) => active.addEventListener("statechange", done));
}
"""
AGE = """days => {
  const kept = JSON.parse(localStorage.getItem("seva.keys"));
  kept.at -= days * 86400;
  localStorage.setItem("seva.keys", JSON.stringify(kept));
}"""


def visited(office, open_page) -> Page:
    """A phone that was here once, and has no internet now."""
    page = open_page(office.origin, "home")
    page.evaluate(READY)
    expect(page.locator("[data-keys='0']")).to_be_visible()
    page.context.set_offline(True)
    return page


def test_one_visit_is_enough_to_check_a_signature_offline(office, open_page):
    page = visited(office, open_page)
    page.goto(office.issue())
    expect_state(page, "signed_only")
    expect_words_in_every_language(page, "signed_only")
    ok = dict.fromkeys(("address", "signature", "key", "dates"), "ok")
    assert results(page) == {**ok, "status": "open", "log": "open"}


def test_the_page_opens_offline_as_it_was_left(office, open_page):
    page = visited(office, open_page)
    page.goto(office.origin)
    expect_state(page, "home")
    expect(page.locator("[data-keys]")).to_have_attribute("data-keys", "0")


def test_a_forgery_is_refused_offline(office, open_page):
    page = visited(office, open_page)
    page.goto(office.issue(key=make_key()))
    expect_state(page, "unknown_issuer")


def test_a_document_runs_out_offline(office, open_page):
    page = visited(office, open_page)
    page.goto(office.issue(expires_at=int(time.time()) - 5))
    expect_state(page, "run_out")


def test_internet_that_comes_back_completes_the_check(office, open_page):
    page = visited(office, open_page)
    page.goto(office.issue())
    expect_state(page, "signed_only")
    page.context.set_offline(False)
    expect_state(page, "valid")


@pytest.mark.parametrize(("days", "state"), [(LIMIT, "signed_only"), (LIMIT + 1, "keys_old")])
def test_old_keys_make_no_document_valid(office, open_page, days, state):
    page = visited(office, open_page)
    page.evaluate(AGE, days)
    page.goto(office.issue())
    expect_state(page, state)
    expect_words_in_every_language(page, state)
    expect(page.locator("[data-keys]")).to_have_attribute("data-keys", str(days))


def test_a_revoked_document_is_revoked_whatever_the_age_of_the_keys(office, open_page):
    text = office.issue()
    office.change(text, "revoked", reason={"te": "క", "hi": "क", "en": "a"})
    page = open_page(office.origin, "home")
    expect(page.locator("[data-keys='0']")).to_be_visible()
    page.evaluate(AGE, LIMIT + 1)
    page.route("**/keys.json", lambda route: route.abort())
    page.goto(text)
    expect_state(page, "revoked")


@pytest.mark.parametrize(
    ("days", "state"), [(AHEAD - 1, "unknown_issuer"), (AHEAD, "seal_unknown")]
)
def test_a_key_newer_than_the_list_is_not_called_false(office, open_page, days, state):
    page = visited(office, open_page)
    page.evaluate(AGE, days)
    page.goto(office.issue(key=make_key()))
    expect_state(page, state)
    expect_words_in_every_language(page, state)


def test_without_keys_nothing_is_judged(office, open_page):
    page = visited(office, open_page)
    page.evaluate("localStorage.removeItem('seva.keys')")
    page.goto(office.issue())
    expect_state(page, "no_keys")
    expect_words_in_every_language(page, "no_keys")


def test_a_clock_set_back_does_not_make_keys_younger_or_documents_valid(office, open_page):
    page = visited(office, open_page)
    page.clock.set_fixed_time(time.time() - 400 * DAY)
    page.goto(office.issue(issued_at=int(time.time()) - 9 * DAY, expires_at=int(time.time()) - DAY))
    expect_state(page, "run_out")
    expect(page.get_by_text(data()["words"]["page"]["clock"]["te"])).to_be_visible()


def test_a_wrong_clock_changes_nothing_online(office, open_page):
    page = open_page(office.origin, "home")
    page.clock.set_fixed_time(time.time() + 4000 * DAY)
    page.goto(office.issue(expires_at=int(time.time()) + DAY))
    expect_state(page, "valid")
    expect(page.get_by_text(data()["words"]["page"]["clock"]["te"])).to_be_visible()


def test_known_keys_give_a_first_answer_while_the_office_is_asked(office, open_page):
    text = office.issue()
    # No service worker: it would ask in the page's place, past the route.
    page = open_page(office.origin, "home", service_workers="block")
    expect(page.locator("[data-keys='0']")).to_be_visible()
    held = []
    page.route("**/status", lambda route: held.append(route))
    page.goto(text)
    expect_state(page, "checking")
    expect_words_in_every_language(page, "checking")
    held[0].continue_()
    expect_state(page, "valid")


def test_a_server_that_fails_is_as_good_as_none(office, open_page):
    page = open_page(office.origin, "home")
    page.evaluate(READY)
    office.down = True
    page.goto(office.issue())
    expect_state(page, "signed_only")


def test_the_status_is_never_taken_from_a_cache(office, open_page):
    text = office.issue()
    page = open_page(text, "valid")
    page.evaluate(READY)
    page.context.set_offline(True)
    page.reload()
    expect_state(page, "signed_only")


def test_the_reader_of_pictures_works_offline(office, open_page, tmp_path):
    page = visited(office, open_page)
    page.set_input_files("input[type=file]", photo(office.issue(), tmp_path))
    expect_state(page, "signed_only")
