"""What the page says of the log's witnesses: how many signed, that none did yet, or a wrong one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from actions.transparency.note import Note
from tests.verification.office import Office, make_witness
from tests.verification.reading import data, expect_words_in_every_language, languages, results

TREASURY, AUDIT = make_witness("treasury"), make_witness("audit")


def expect_witnesses(page: Page, result: str, count: int = 0) -> None:
    """The row says so in each language."""
    words = data()["words"]["witnesses"]
    row = page.locator("[data-check=witnesses]")
    for tag in languages():
        page.locator(f"nav [lang={tag}]").click()
        expect(row).to_have_attribute("data-result", result)
        expect(row.locator("strong")).to_have_text(words["title"][tag])
        said = words[result][tag].replace("{witnesses}", str(count))
        expect(row.locator(".why")).to_have_text(said)


@pytest.mark.parametrize("signing", [[TREASURY], [TREASURY, AUDIT]], ids=["one", "two"])
def test_witnesses_that_signed_are_counted(office: Office, open_page, signing) -> None:
    office.witnesses = [str(TREASURY.verifier), str(AUDIT.verifier)]
    text = office.issue()
    office.cosign(*signing)
    page = open_page(text, "valid")
    expect_witnesses(page, "ok", len(signing))
    expect_words_in_every_language(page, "valid")


def test_document_that_no_witness_has_seen_yet_is_valid_and_says_so(
    office: Office, open_page
) -> None:
    office.witnesses = [str(TREASURY.verifier)]
    office.cosign(TREASURY)
    page = open_page(office.issue(), "valid")
    expect_witnesses(page, "open")


def test_entries_that_come_later_do_not_take_the_witnesses_away(office: Office, open_page) -> None:
    office.witnesses = [str(TREASURY.verifier)]
    text = office.issue()
    office.cosign(TREASURY)
    office.issue()
    expect_witnesses(open_page(text, "valid"), "ok", 1)


def test_signature_of_a_stranger_counts_for_nothing(office: Office, open_page) -> None:
    office.witnesses = [str(TREASURY.verifier)]
    text = office.issue()
    office.cosign(AUDIT)
    expect_witnesses(open_page(text, "valid"), "open")


def test_witness_signature_over_another_tree_is_refused(office: Office, open_page) -> None:
    office.witnesses = [str(TREASURY.verifier)]
    text = office.issue()
    other = Note.parse(office.log.checkpoint()).text.replace("\n4\n", "\n5\n")
    office.cosign(TREASURY, text=other)
    page = open_page(text, "log_wrong")
    assert results(page)["witnesses"] == "bad"


def test_log_without_witnesses_has_no_such_row(office: Office, open_page) -> None:
    page = open_page(office.issue(), "valid")
    assert "witnesses" not in results(page)
