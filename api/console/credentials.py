"""Passwords (Argon2id, RFC 9106) and one-time codes (TOTP, RFC 6238).

Both are asked for at once: whoever tries passwords learns nothing from one that is right.
"""

from __future__ import annotations

import time

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST, LONGEST = 12, 1024
"""Characters of a password: what NIST SP 800-63B asks for where there is a second factor, and a
bound on what is hashed."""
_HASHER = PasswordHasher()
_STEP = 30  # seconds of a code
_NOBODY = _HASHER.hash("nobody")
"""Checked for names that nobody has, so that they take as long as the others."""


def hashed(password: str) -> str:
    """The hash to keep. Raises ValueError for a password that is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise ValueError("password")
    return _HASHER.hash(password)


def is_password(password: str, kept: str | None) -> bool:
    """Whether it is the one that was kept; where none was kept it is not, after the same time."""
    try:
        _HASHER.verify(kept or _NOBODY, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return bool(kept)


def new_secret() -> str:
    """What a telephone makes codes of, base32."""
    return pyotp.random_base32()


def secret_uri(secret: str, name: str, issuer: str) -> str:
    """What the QR code says that a telephone reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=name, issuer_name=issuer)


def step_of(code: str, secret: str, now: float | None = None) -> int | None:
    """The 30 seconds that a code is of: these, those before or those to come, for clocks differ.
    None: it is not right. Whoever keeps the step takes no code twice (RFC 6238, 5.2)."""
    this = int((time.time() if now is None else now) // _STEP)
    digits = "".join(code.split())
    totp = pyotp.TOTP(secret)
    for step in (this, this - 1, this + 1):
        if pyotp.utils.strings_equal(digits, totp.generate_otp(step)):
            return step
    return None
