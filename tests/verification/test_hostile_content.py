"""Forgers: any byte changed, and signed contents that try to break the page."""

from __future__ import annotations

import time

import cbor2
import pytest
from cwt import COSE, COSEKey
from playwright.sync_api import expect

from actions.documents.credential import new_id
from tests.verification.office import Office

EVERY_BYTE = """
async ([base, id, token, deltas]) => {
  const [{judgeCredential}, {keptKeyring}, bytes] = await Promise.all(
    ["verdict.js", "keyring.js", "bytes.js"].map((name) => import(base + name)));
  const settings = (await (await fetch(base + "../data.json")).json()).settings;
  const states = {};
  const good = bytes.fromBase64url(token);
  for (let at = 0; at < good.length; at++) {
    for (const delta of deltas) {
      const credential = good.slice();
      credential[at] ^= delta;
      const {state, claims} = await judgeCredential({id, credential}, keptKeyring(), settings);
      states[state] = (states[state] ?? 0) + 1;
      if (claims !== null) throw new Error(`shows what was changed at byte ${at}`);
    }
  }
  return states;
}
"""


def modules(page) -> str:
    return page.locator("script[type=module]").get_attribute("src").removesuffix("main.js")


def test_any_changed_byte_is_refused(office, open_page):
    text = office.issue()
    page = open_page(text, "valid")
    document_id, _, token = text.rpartition("/c/")[2].partition("#")
    states = page.evaluate(EVERY_BYTE, [modules(page), document_id, token, [1, 0x20, 0x80, 0xFF]])
    assert set(states) == {"forged", "damaged", "unknown_issuer"}
    assert sum(states.values()) == 4 * (len(token) * 3 // 4)


def signed_raw(
    office: Office,
    payload: bytes,
    *,
    unprotected: dict | None = None,
    document_id: str | None = None,
) -> str:
    """A credential with a true signature over whatever bytes."""
    public, private = office.key.public, office.key.private
    key = COSEKey.new({1: 1, 3: -8, -1: 6, -2: public.raw, -4: private.private_bytes_raw()})
    token = COSE.new(deterministic_header=True).encode_and_sign(
        payload, key, protected={1: -8, 4: public.kid}, unprotected=unprotected or {}
    )
    return office.register(document_id or new_id(), bytes(token))


def claims(**changed) -> dict:
    plain = {1: "revenue", 6: int(time.time()), 7: bytes(10), -70001: "revenue_certificate"}
    return {**plain, -70002: [["holder_name", "x"]], -70003: bytes(16), **changed}


def nested(depth: int) -> bytes:
    return b"\x81" * depth + b"\x00"


WRONG = {
    "deep nesting": nested(900),
    "deep nesting in a claim": b"\xa1\x01" + nested(700),
    "an array said to hold four thousand million": b"\x9a\xff\xff\xff\xff",
    "a string said to be longer than all memory": b"\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
    "an indefinite map": b"\xbf\x01\x61a\xff",
    "a key twice": b"\xa2\x01\x61a\x01\x61b",
    "a key as __proto__": cbor2.dumps({"__proto__": {"form": "x"}}),
    "a float": cbor2.dumps(claims() | {6: 1.5}),
    "a name that is HTML": cbor2.dumps(claims() | {1: "<b>x</b>"}),
    "a form that is a path": cbor2.dumps(claims() | {-70001: "../../keys"}),
    "six fields": cbor2.dumps(claims() | {-70002: [["holder_name", "x"]] * 6}),
    "a number for a value": cbor2.dumps(claims() | {-70002: [["holder_name", 7]]}),
    "a value of three hundred and one": cbor2.dumps(
        claims() | {-70002: [["holder_name", "x" * 301]]}
    ),
    "a date beyond all calendars": cbor2.dumps(claims() | {6: 2**53 - 1}),
    "a claim that we never write": cbor2.dumps(claims() | {99: "x"}),
    "bytes that are not UTF-8": b"\xa1\x01\x62\xff\xfe",
    "something after the end": cbor2.dumps(claims()) + b"\x00",
}


def test_malformed_contents_are_damaged_whoever_signed_them(office, open_page):
    page = open_page(office.origin, "home")
    for what, payload in WRONG.items():
        page.goto(signed_raw(office, payload))
        expect(page.locator("body"), what).to_have_attribute("data-state", "damaged")


def test_an_unprotected_header_is_refused(office, open_page):
    text = signed_raw(office, cbor2.dumps(claims()), unprotected={3: "application/x"})
    open_page(text, "damaged")


def test_ten_kilobytes_are_refused_unread(office, open_page):
    text = signed_raw(office, cbor2.dumps(claims() | {-70002: [["holder_name", "x" * 10_000]]}))
    open_page(text, "damaged")


NASTY = {
    "html": "<img src=x onerror=\"document.body.dataset.owned='yes'\"><script>owned=1</script>",
    "template": "{date} {{7*7}} ${7*7} {reason}",
    "right to left": "रवि \u202e१२३\u2066 abc\u200f",
    "invisible": "Ra\u200bvi\u2060\ufeff\U000e0041\x00\x1b[2J\n\r\u2028x",
    "marks in a pile": "ka" + "\u0301\u0489" * 120,
    "no spaces": "W" * 300,
}


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_hostile_values_are_only_text(office, open_page, value):
    page = open_page(office.issue(fields=(("holder_name", value), ("no_such_label", "y"))), "valid")
    shown = page.locator("dd bdi").first.evaluate("element => element.textContent")
    assert len(shown) == len(value)
    assert not set(shown) & set("\u202e\u2066\u200f\u200b\u2060\ufeff\x00\x1b\n\u2028\U000e0041")
    assert page.locator("dd img, dd script").count() == 0
    assert page.locator("body").get_attribute("data-owned") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("dt").nth(1)).to_have_text("no_such_label")


def test_joiners_of_telugu_and_hindi_stay(office, open_page):
    value = "అసెస్\u200cమెంట్ क्\u200dष"
    page = open_page(office.issue(fields=(("holder_name", value),)), "valid")
    assert page.locator("dd bdi").first.evaluate("element => element.textContent") == value


def test_a_hostile_reason_of_the_server_is_only_text(office, open_page):
    text = office.issue()
    office.change(text, "revoked", reason={"te": "<b onclick=x>\u202e</b>", "hi": "x", "en": "x"})
    page = open_page(text, "revoked")
    expect(page.locator(".band p")).to_contain_text("<b onclick=x>\ufffd</b>")
