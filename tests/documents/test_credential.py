"""CWTs: one encoding, every change refused, each refusal for its reason."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from actions.documents.credential import Claims, Link, field_names, id_from_bytes, shortened, sign
from actions.documents.keys import PublicKey, SigningKey, encode_base64url, kid_of
from tests.documents.field_reader import lengthened, long_field
from tests.documents.link_reader import Refusal, read, read_link, verify, verify_link

DAY = 86400
NOW = 1_795_000_000
URL = "https://verify.example.gov.in"


def new_key(department: str = "revenue") -> SigningKey:
    private = Ed25519PrivateKey.generate()
    raw = private.public_key().public_bytes_raw()
    return SigningKey(PublicKey(kid_of(raw), raw, department, NOW - DAY, NOW + DAY), private)


KEY, OTHER = new_key(), new_key("energy")
KEYS = {key.public.kid: key.public for key in (KEY, OTHER)}
CLAIMS = Claims(
    issuer="revenue",
    id=id_from_bytes(bytes(range(10))),
    issued_at=NOW,
    form="revenue_certificate",
    fields=(("holder_name", "కె. గల్లా శ్రావణి"), ("certified", "కుటుంబ వార్షిక ఆదాయం ₹1,20,000")),
    digest=bytes(16),
    expires_at=NOW + DAY,
)
TOKEN = sign(CLAIMS, KEY)
texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
claims = st.builds(
    Claims,
    issuer=st.just("revenue"),
    id=st.binary(min_size=10, max_size=10).map(id_from_bytes),
    issued_at=st.integers(NOW - DAY, NOW + DAY),
    form=texts,
    fields=st.lists(st.tuples(texts, texts), max_size=5).map(tuple),
    digest=st.binary(min_size=16, max_size=16),
    expires_at=st.none() | st.integers(NOW, 2**40),
)


@pytest.mark.slow
@given(claims)
def test_signed_claims_come_back(said: Claims) -> None:
    assert verify(sign(said, KEY), KEYS, NOW) == said


@pytest.mark.slow
@given(st.integers(0, len(TOKEN) - 1), st.integers(1, 255))
@settings(max_examples=500)
def test_changed_byte_is_refused(place: int, difference: int) -> None:
    changed = bytearray(TOKEN)
    changed[place] ^= difference
    assert isinstance(verify(bytes(changed), KEYS, NOW), Refusal)


def test_every_single_bit_counts() -> None:
    for bit in range(len(TOKEN) * 8):
        changed = bytearray(TOKEN)
        changed[bit // 8] ^= 1 << bit % 8
        assert isinstance(verify(bytes(changed), KEYS, NOW), Refusal), bit


@given(st.binary(max_size=400))
def test_rubbish_is_malformed(rubbish: bytes) -> None:
    assert verify(rubbish, KEYS, NOW) is Refusal.MALFORMED


@given(st.integers(0, len(TOKEN) - 1))
def test_cut_off_or_longer_is_malformed(length: int) -> None:
    assert verify(TOKEN[:length], KEYS, NOW) is Refusal.MALFORMED
    assert verify(TOKEN + TOKEN[:length] + b"\0", KEYS, NOW) is Refusal.MALFORMED


def other_encodings() -> list[tuple[str, bytes]]:
    """The same claims and signature, or nearly, in ways that a lax reader would take."""
    message = cbor2.loads(TOKEN)
    protected, _, payload, signature = message.value
    said = cbor2.loads(payload)

    def sealed(*parts: object, tag: int = 18) -> bytes:
        return cbor2.dumps(cbor2.CBORTag(tag, list(parts)), canonical=True)

    header = cbor2.dumps({1: -8}, canonical=True)
    deep = b"\x81" * 2000 + b"\x00"
    return [
        ("no_tag", cbor2.dumps(message.value, canonical=True)),
        ("cwt_tag", cbor2.dumps(cbor2.CBORTag(61, message), canonical=True)),
        ("other_tag", sealed(protected, {}, payload, signature, tag=98)),
        ("unprotected_kid", sealed(header, {4: KEY.public.kid}, payload, signature)),
        ("filled_unprotected", sealed(protected, {99: "x"}, payload, signature)),
        ("long_lengths", TOKEN.replace(b"\x58\x40", b"\x59\x00\x40")),
        ("more_claims", sealed(protected, {}, cbor2.dumps({**said, 5: 1}), signature)),
        ("time_as_text", sealed(protected, {}, cbor2.dumps({**said, 6: "1"}), signature)),
        ("time_as_truth", sealed(protected, {}, cbor2.dumps({**said, 6: True}), signature)),
        ("fields_as_map", sealed(protected, {}, cbor2.dumps({**said, -70002: {}}), signature)),
        ("deep", deep),
        ("endless_bytes", b"\x5b\xff\xff\xff\xff\xff\xff\xff\xff"),
        ("long", TOKEN + bytes(5000)),
    ]


@pytest.mark.parametrize(
    "token", [pytest.param(token, id=name) for name, token in other_encodings()]
)
def test_another_encoding_is_malformed(token: bytes) -> None:
    assert verify(token, KEYS, NOW) is Refusal.MALFORMED


CASES = {
    Refusal.UNKNOWN_KEY: (sign(CLAIMS, new_key()), KEYS, NOW),
    Refusal.OTHER_DEPARTMENT: (sign(CLAIMS, OTHER), KEYS, NOW),
    Refusal.WRONG_SIGNATURE: (
        TOKEN[:-64] + sign(replace(CLAIMS, issued_at=NOW + 1), KEY)[-64:],
        KEYS,
        NOW,
    ),
    Refusal.KEY_NOT_YET_GOOD: (sign(replace(CLAIMS, issued_at=NOW - 2 * DAY), KEY), KEYS, NOW),
    Refusal.KEY_NO_LONGER_GOOD: (sign(replace(CLAIMS, issued_at=NOW + 2 * DAY), KEY), KEYS, NOW),
    Refusal.KEY_WITHDRAWN: (
        TOKEN,
        {KEY.public.kid: replace(KEY.public, withdrawn_at=NOW + DAY)},
        NOW,
    ),
    Refusal.RUN_OUT: (TOKEN, KEYS, NOW + DAY + 1),
}


@pytest.mark.parametrize("refusal", CASES, ids=lambda refusal: refusal.value)
def test_refusal_names_its_reason(refusal: Refusal) -> None:
    assert verify(*CASES[refusal]) is refusal


def test_withdrawn_key_is_refused_for_what_it_signed_before() -> None:
    withdrawn = {KEY.public.kid: replace(KEY.public, withdrawn_at=NOW + 1)}
    assert verify(sign(replace(CLAIMS, issued_at=NOW - DAY), KEY), withdrawn, NOW) is (
        Refusal.KEY_WITHDRAWN
    )


def test_old_key_proves_what_was_signed_in_its_time() -> None:
    claims = replace(CLAIMS, expires_at=None)
    assert verify(sign(claims, KEY), KEYS, NOW + 3650 * DAY) == claims


def test_forged_kid_does_not_help() -> None:
    """A thief who writes the kid of a real key over his own signature."""
    stranger = new_key()
    forged = sign(CLAIMS, replace(stranger, public=replace(stranger.public, kid=KEY.public.kid)))
    assert verify(forged, KEYS, NOW) is Refusal.WRONG_SIGNATURE


def test_header_is_that_of_the_contract() -> None:
    message = cbor2.loads(TOKEN)
    assert (message.tag, message.value[1]) == (18, {})
    assert cbor2.loads(message.value[0]) == {1: -8, 4: KEY.public.kid}
    assert set(cbor2.loads(message.value[2])) == {1, 4, 6, 7, -70001, -70002, -70003}


def test_claims_without_end_have_no_exp() -> None:
    payload = cbor2.loads(cbor2.loads(sign(replace(CLAIMS, expires_at=None), KEY)).value[2])
    assert 4 not in payload


def test_telugu_certificate_with_real_names_fits_a_code_that_cheap_cameras_read() -> None:
    fields = (
        ("certificate_number", "BC-VJA-2019-004512"),
        ("child_name", "గుడివాడ సాయి తేజ"),
        ("date_of_birth", "14-05-2019"),
        ("mother_name", "గుడివాడ లక్ష్మి"),
        ("father_name", "గుడివాడ శ్రీనివాస రావు"),
    )
    claims = replace(CLAIMS, form="birth_certificate", fields=fields, expires_at=None)
    assert len(sign(claims, KEY)) <= 430
    assert len(sign(replace(claims, fields=fields[:3]), KEY)) <= 330


def test_read_needs_no_key() -> None:
    found = read(TOKEN)
    assert found is not None
    assert (found.kid, found.claims) == (KEY.public.kid, CLAIMS)


LINK = str(Link(URL, CLAIMS.id, TOKEN))


def test_link_verifies() -> None:
    assert verify_link(LINK, URL, KEYS, NOW) == CLAIMS


@pytest.mark.parametrize(
    ("link", "refusal"),
    [
        (LINK.replace("example.gov.in", "example.gov.in.evil.com"), Refusal.OTHER_DOMAIN),
        (LINK.replace("https:", "http:"), Refusal.OTHER_DOMAIN),
        (LINK.replace("verify.", "verify.example.gov.in@"), Refusal.OTHER_DOMAIN),
        (LINK.replace(CLAIMS.id, "0" * 16), Refusal.MALFORMED),
        (LINK.replace(CLAIMS.id, CLAIMS.id.upper()), Refusal.MALFORMED),
        (LINK.replace("#", "?a=b#"), Refusal.MALFORMED),
        (LINK + "=", Refusal.MALFORMED),
        (LINK.replace("/c/", "/x/"), Refusal.MALFORMED),
        ("https://[", Refusal.MALFORMED),
        ("", Refusal.MALFORMED),
    ],
    ids=[  # the key is made anew in each process, so links cannot name the cases
        *("longer domain", "http", "domain before @"),
        *("other id", "upper case", "query", "padding", "other path", "cut address", "nothing"),
    ],
)
def test_other_links_are_refused(link: str, refusal: Refusal) -> None:
    assert verify_link(link, URL, KEYS, NOW) is refusal


def test_link_of_ours_is_read_whatever_the_domain() -> None:
    link = read_link(LINK.replace("example", "another"))
    assert link is not None
    assert (link.domain, link.token) == ("verify.another.gov.in", TOKEN)


def test_link_with_other_base64_is_not_read() -> None:
    """Four spare bits of the last letter would give one document several codes."""
    assert len(TOKEN) % 3, "no spare bits at this length: take other claims"
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    right = encode_base64url(TOKEN)[-1]
    other = last[last.index(right) + 1]
    assert read_link(LINK[:-1] + other) is None


def test_key_ring_is_not_needed_to_verify(tmp_path: Path) -> None:
    """Verifying takes a published key set and no file."""
    assert verify(TOKEN, {KEY.public.kid: KEY.public}, NOW) == CLAIMS


TEXTS = [
    "",
    "BC-1234",
    "సాయి తేజ",
    "विजय",
    "విజయవాడ / विजयवाड़ा / Vijayawada",
    "₹1,20,000 ఆదాయం",
    "క్\u200cష – é",
    "😀",
    "\x7f\x80",
]


@pytest.mark.parametrize("text", TEXTS)
def test_short_text_is_read_as_it_was(text: str) -> None:
    assert lengthened(shortened(text)) == text


@given(st.text(st.characters(min_codepoint=0x20, exclude_categories=("Cs",))))
def test_any_printed_text_is_read_as_it_was(text: str) -> None:
    assert lengthened(shortened(text)) == text


@pytest.mark.parametrize(
    "raw",
    [
        b"\x01\x95",
        b"\x02",
        b"\x02\x95\x02\x95",
        b"\x00",
        b"\x04a",
        b"\x03\x00\x00a",
        b"\x03",
        b"a\n",
        b"\x03\x00\x0c\x15",
        b"\x03\x11\x00\x00",
    ],
)
def test_text_has_one_short_spelling(raw: bytes) -> None:
    with pytest.raises((ValueError, OverflowError)):
        lengthened(raw)


def test_numbers_of_fields_stay_what_they_were() -> None:
    """Documents that were issued count on them; new names come at the end."""
    known = hashlib.sha256("\n".join(field_names()[:42]).encode()).hexdigest()[:16]
    assert known == "70fe1417c4f2bc1a"
    assert len(set(field_names())) == len(field_names())


@pytest.mark.parametrize(
    "field",
    [
        ["holder_name", "లక్ష్మి"],
        [1, "లక్ష్మి"],
        ["holder_name", shortened("లక్ష్మి")],
        [1, shortened("లక్ష్మి")],
    ],
)
def test_field_is_read_in_every_form_that_was_ever_written(field: list[Any]) -> None:
    assert long_field(field) == ("holder_name", "లక్ష్మి")


@pytest.mark.parametrize(
    "field",
    [[-1, "x"], [9999, "x"], [True, "x"], [1, 7], [1], [1, "x", "y"], {1: "x"}, [1, b"\x00"]],
)
def test_field_that_we_never_write_is_refused(field: Any) -> None:
    assert long_field(field) is None
