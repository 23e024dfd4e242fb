"""A new document before it counts: id, signature, secret, and what the registry seals of it."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from actions.documents.credential import Claims, sign
from actions.documents.document_id import new_id
from actions.documents.form import BadValues, Form
from actions.documents.key_set import decode_base64url, encode_base64url
from actions.documents.keys import SigningKey
from actions.documents.ledger import SALT_BYTES, log_entry
from actions.documents.registry import Document, Entry, NotRecorded
from actions.documents.wording import end_of_day, printed_words
from nlu.storage.keys import Place
from nlu.storage.sealing import Unreadable, seal, unseal

_TOKEN_BYTES = 18


@dataclass(frozen=True)
class Contents:
    """What is sealed of a document: all that names a person, and the secret of its address."""

    cwt: bytes
    values: Mapping[str, str]
    """As printed."""
    token: str
    filename: str

    def seal(self, keys: Place) -> str:
        """For the registry."""
        return seal({**vars(self), "cwt": encode_base64url(self.cwt)}, place=keys)

    @classmethod
    def unseal(cls, token: str, keys: Place) -> Contents:
        """From the registry. Raises NotRecorded for what another key has sealed."""
        try:
            raw = unseal(token, place=keys)
        except Unreadable as error:
            raise NotRecorded(f"the registry cannot be read: {error.why}") from error
        return cls(**{**raw, "cwt": decode_base64url(raw["cwt"])})


@dataclass(frozen=True)
class Wish:
    """Who wants which document; `printed` as `Form.printed` gave it."""

    department: str
    form: Form
    printed: Mapping[str, str]
    key: str
    """Idempotency key."""
    fingerprint: str
    """Keyed hash of what is wished."""
    filename: str | None


def draft(wish: Wish, key: SigningKey, keys: Place, at: int) -> tuple[Document, Entry]:
    """A signed document for the registry and its entry for the log. Raises BadValues."""
    document_id, form = new_id(), wish.form
    claims = Claims(
        issuer=wish.department,
        id=document_id,
        issued_at=at,
        form=form.name,
        fields=form.signed_fields(wish.printed),
        digest=form.digest(document_id, wish.printed),
        expires_at=None if form.valid_days is None else end_of_day(at, form.valid_days),
    )
    cwt = sign(claims, key)
    if len(cwt) > printed_words()["longest_credential"]:
        raise BadValues(f"{form.name}: the signed values are too long for a QR code")
    contents = Contents(
        cwt=cwt,
        values=wish.printed,
        token=secrets.token_urlsafe(_TOKEN_BYTES),
        filename=wish.filename or f"{form.name}-{document_id}.pdf",
    )
    document = Document(
        id=document_id,
        department=wish.department,
        form=form.name,
        kid=key.public.kid.hex(),
        issued_at=at,
        expires_at=claims.expires_at,
        request_key=wish.key,
        request=wish.fingerprint,
        token_hash=hash_of(contents.token),
        sealed=contents.seal(keys),
    )
    salt = secrets.token_bytes(SALT_BYTES)
    entry = Entry(document_id, "issued", at, None, salt, log_entry(salt, contents.cwt))
    return document, entry


def hash_of(token: str) -> str:
    """What the registry knows of a secret: enough to find it, not to tell it."""
    return hashlib.sha256(token.encode()).hexdigest()
