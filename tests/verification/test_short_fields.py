"""The page's reading of shortened fields, in Chromium, against the server's side."""

from __future__ import annotations

import cbor2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import expect

from actions.documents.credential import id_to_bytes, new_id, shortened
from tests.documents.field_reader import lengthened
from tests.verification.office import NAME
from tests.verification.test_hostile_content import claims, modules, signed_raw

LENGTHEN = """
async ([base, samples]) => {
  const [{lengthened}, {fromHex}] = await Promise.all(
    ["short_text.js", "bytes.js"].map((name) => import(base + name)));
  return samples.map((hex) => {
    try {
      return lengthened(fromHex(hex));
    } catch (error) {
      return null;
    }
  });
}
"""


@pytest.fixture
def page(office, open_page):
    return open_page(office.origin, "home")


def read(page, samples: list[bytes]) -> list[str | None]:
    return page.evaluate(LENGTHEN, [modules(page), [raw.hex() for raw in samples]])


def expected(raw: bytes) -> str | None:
    try:
        return lengthened(raw)
    except (ValueError, OverflowError):
        return None


PRINTED = st.text(
    st.sampled_from("అఆకఖ్ఱ౯")
    | st.sampled_from("अकख़्९")
    | st.characters(min_codepoint=0x20, exclude_categories=("Cs",)),
    max_size=40,
)


def test_short_texts_are_read_as_the_server_wrote_them(page, office) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(PRINTED, min_size=20, max_size=20))
    def one(texts: list[str]) -> None:
        assert read(page, [shortened(text) for text in texts]) == texts

    one()


def test_any_bytes_are_read_as_the_server_reads_them(page, office) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(st.binary(max_size=12), min_size=40, max_size=40))
    def one(samples: list[bytes]) -> None:
        assert read(page, samples) == [expected(raw) for raw in samples]

    one()


def test_document_of_before_is_still_read(office, open_page) -> None:
    """Names and values in full, as codes were written at first."""
    document_id = new_id()
    said = claims() | {7: id_to_bytes(document_id), -70002: [["holder_name", NAME]]}
    payload = cbor2.dumps(said, canonical=True)
    page = open_page(signed_raw(office, payload, document_id=document_id), "valid")
    expect(page.locator("dd.value")).to_have_text(NAME)
