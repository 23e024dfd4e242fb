"""Deliveries are believed only if the raw bytes are signed."""

from __future__ import annotations

import pytest

from api.whatsapp.payload import is_signed, sign

BODY = '{"text":"నమస్తే"}'.encode()
SECRET = "app-secret"


def test_known_vector() -> None:
    # RFC 4231 test case 2
    assert sign(b"what do ya want for nothing?", "Jefe") == (
        "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    )


def test_right_signature_is_accepted() -> None:
    assert is_signed(BODY, sign(BODY, SECRET), SECRET)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "sha256=",
        "sha256=" + "0" * 64,
        sign(BODY, "other"),
        sign(BODY + b" ", SECRET),
        sign(BODY, SECRET).removeprefix("sha256="),
        sign(BODY, SECRET)[:-1],
        "sha256=తెలుగు",
    ],
)
def test_anything_else_is_refused(header: str | None) -> None:
    assert not is_signed(BODY, header, SECRET)


def test_reserialised_body_is_refused() -> None:
    assert not is_signed(BODY.replace(b":", b": "), sign(BODY, SECRET), SECRET)


def test_empty_secret_trusts_nobody() -> None:
    assert not is_signed(BODY, sign(BODY, ""), "")
