"""Issues documents, revokes and reissues them. No document leaves before it is in the log.

A new document is signed and sealed first (`signed_document`). The registry writes it down, the log
gets its entry, and only then it counts.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from actions.documents.credential import Claims, Link, new_id, sign
from actions.documents.event_log import OpenLog, TableLog, TileLog
from actions.documents.form import BadValues, Form, canonical_json, load_form
from actions.documents.keys import KeyRing, NoKey, SigningKey, decode_base64url, encode_base64url
from actions.documents.pdf import Printout, render_pdf
from actions.documents.printed_text import day, end_of_day, printed_words
from actions.documents.registry import (
    SALT_BYTES,
    DocumentRecord,
    KeyTaken,
    Kind,
    LogEvent,
    NotRecorded,
    Registry,
    WrongState,
    log_entry,
)
from actions.documents.settings import LOG, is_shared, key_store, registry_url, sealing_keys
from actions.transparency.folder import LogError
from nlu.known_fields import known_fields
from nlu.storage.keys import Place, read_keys
from nlu.storage.sealing import Unreadable, keyed_hash, seal, unseal

_TOKEN_BYTES = 18
_ISSUED_ON = "issued_on"
"""The issuer fills this label, so that the printed date is the signed date."""


@dataclass(frozen=True)
class Contents:
    """The sealed part of a document: all that names a person, and the secret of its address."""

    cwt: bytes
    values: Mapping[str, str]
    """The values as they are printed."""
    token: str
    filename: str

    def seal(self, keys: Place) -> str:
        """Seals the contents for the registry."""
        return seal({**vars(self), "cwt": encode_base64url(self.cwt)}, place=keys)

    @classmethod
    def unseal(cls, token: str, keys: Place) -> Contents:
        """Reads what the registry holds. Raises NotRecorded if another key has sealed it."""
        try:
            raw = unseal(token, place=keys)
        except Unreadable as error:
            raise NotRecorded(f"the registry cannot be read: {error.why}") from error
        return cls(**known_fields(cls, {**raw, "cwt": decode_base64url(raw["cwt"])}))


@dataclass(frozen=True)
class IssueRequest:
    """A department asks for a document. `printed` is what `Form.printed` gave."""

    department: str
    form: Form
    printed: Mapping[str, str]
    key: str
    """The idempotency key."""
    fingerprint: str
    """Keyed hash of form and values."""
    filename: str | None


def signed_document(
    request: IssueRequest, key: SigningKey, keys: Place, at: int
) -> tuple[DocumentRecord, LogEvent]:
    """Signs a document. Returns its record and its event for the log. Raises BadValues."""
    document_id, form = new_id(), request.form
    claims = Claims(
        issuer=request.department,
        id=document_id,
        issued_at=at,
        form=form.name,
        fields=form.signed_fields(request.printed),
        digest=form.digest(document_id, request.printed),
        expires_at=None if form.valid_days is None else end_of_day(at, form.valid_days),
    )
    cwt = sign(claims, key)
    if len(cwt) > printed_words()["longest_credential"]:
        raise BadValues(f"{form.name}: the signed values are too long for a QR code")
    contents = Contents(
        cwt=cwt,
        values=request.printed,
        token=secrets.token_urlsafe(_TOKEN_BYTES),
        filename=request.filename or f"{form.name}-{document_id}.pdf",
    )
    document = DocumentRecord(
        id=document_id,
        department=request.department,
        form=form.name,
        kid=key.public.kid.hex(),
        issued_at=at,
        expires_at=claims.expires_at,
        request_key=request.key,
        request=request.fingerprint,
        token_hash=hash_of(contents.token),
        sealed=contents.seal(keys),
    )
    salt = secrets.token_bytes(SALT_BYTES)
    entry = LogEvent(document_id, "issued", at, None, salt, log_entry(salt, contents.cwt))
    return document, entry


def hash_of(token: str) -> str:
    """The hash of a secret. The registry finds a document by it and does not know the secret."""
    return hashlib.sha256(token.encode()).hexdigest()


class Reason(str, Enum):
    """Why nothing was issued, revoked or replaced."""

    UNKNOWN_FORM = "unknown_form"
    BAD_VALUES = "bad_values"
    KEY_REUSED = "key_reused"
    NO_KEY = "no_key"
    WRONG_STATE = "wrong_state"
    NOT_RECORDED = "not_recorded"


class NotIssued(Exception):
    """Nothing was issued, revoked or replaced. The message says why; it never names a value."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(frozen=True)
class Issued:
    """A document that may be handed out."""

    id: str
    url: str
    """The address of its PDF. Everybody who knows the address can read it."""
    token: str
    """The secret in that address."""
    filename: str
    qr: str
    """The text of its QR code."""


class Issuer:
    """Issues documents with the forms, keys, registry and log of one office."""

    def __init__(
        self,
        folder: Path,
        public_url: str,
        event_log: OpenLog,
        *,
        make_keys: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Opens the keys in `folder` and the registry, and finishes what a crash left half done.

        With `make_keys`, as in the demo, a department without a key gets one. Raises NotRecorded,
        and ValueError for wrong sealing keys.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.public_url = public_url.rstrip("/")
        self.event_log = event_log
        self.keys = KeyRing(
            key_store(folder), announce=lambda entry: event_log.append_many([entry])
        )
        self.registry = Registry(registry_url(folder), event_log)
        self._sealing = sealing_keys(folder)
        read_keys(self._sealing)
        self._make_keys, self._now = make_keys, now
        self.registry.settle_all()

    @classmethod
    def open(
        cls, folder: Path, public_url: str, *, make_keys: bool = False, begin: bool = False
    ) -> Issuer:
        """Opens an issuer. Registry and log are in the database of the settings if that is
        PostgreSQL, else in `folder`. With `begin` or `make_keys` it begins a log in PostgreSQL.

        Raises LogError, NotRecorded, DatabaseAway.
        """
        event_log = open_log(folder, public_url, begin=begin or make_keys)
        return cls(folder, public_url, event_log, make_keys=make_keys)

    def issue(
        self,
        department: str,
        form: str,
        values: Mapping[str, str],
        key: str,
        *,
        filename: str | None = None,
    ) -> Issued:
        """Issues one document for `key`. A second call returns the same one, or its replacement.

        `values` has a text for each label of the form. Raises NotIssued.
        """
        with _explained():
            at = int(self._now())
            request = self._request(department, load_form(form), values, key, filename, at)
            document = self._begun(request, at)
            if document.request != request.fingerprint:
                raise NotIssued(Reason.KEY_REUSED, "the key was used for another document")
            return self._issued(self._settled(document.id))

    def reissue(self, document_id: str, changes: Mapping[str, str] | None = None) -> Issued:
        """Replaces a valid document by a new one, signed now, with `changes` to its values.

        A document is replaced once; a second call returns the same replacement. Raises NotIssued.
        """
        with _explained():
            at = int(self._now())
            old = self._settled(document_id)
            if old.replaced_by is not None:
                return self._issued(self._settled(old.replaced_by))
            contents = Contents.unseal(old.sealed, self._sealing)
            values = {**contents.values, **(changes or {})}
            form, key = load_form(old.form), f"reissue:{old.id}"
            request = self._request(old.department, form, values, key, contents.filename, at)
            new, issued = signed_document(
                request, self._signing_key(old.department, at), self._sealing, at
            )
            replaced = self._event(old.id, "replaced", at, new.id)
            with suppress(KeyTaken):  # another process replaces it at this moment
                self.registry.begin(_new_act(), [issued, replaced], new)
            return self._issued(self._settled(document_id))

    def revoke(self, document_id: str, reason: str) -> DocumentRecord:
        """Revokes a valid document. `reason` is a code of `revocations.yml`. Raises NotIssued.

        A revoked document keeps its first reason.
        """
        with _explained():
            known = self._settled(document_id)
            if known.state != "revoked":
                entry = self._event(known.id, "revoked", int(self._now()), reason)
                self.registry.begin(_new_act(), [entry])
            return self._settled(document_id)

    def pdf(self, token: str) -> tuple[str, bytes] | None:
        """File name and PDF of the valid document with this secret, or None if there is none."""
        document = self.registry.by_token(hash_of(token))
        if document is None or document.state != "valid":
            return None
        contents = Contents.unseal(document.sealed, self._sealing)
        link = Link(self.public_url, document.id, contents.cwt)
        times = (document.issued_at, document.expires_at)
        return contents.filename, render_pdf(
            Printout(load_form(document.form), contents.values, link, *times)
        )

    def contents(self, document_id: str) -> Contents:
        """The contents of a document. Raises NotIssued."""
        with _explained():
            return Contents.unseal(self._settled(document_id).sealed, self._sealing)

    def _request(
        self,
        department: str,
        form: Form,
        values: Mapping[str, str],
        key: str,
        filename: str | None,
        at: int,
    ) -> IssueRequest:
        dated = {_ISSUED_ON: day(at)} if _ISSUED_ON in form.labels else {}
        printed = form.printed({**values, **dated})
        asked = {name: value for name, value in printed.items() if name not in dated}
        content = canonical_json({"form": form.name, "values": asked})
        fingerprint = keyed_hash(content.decode(), "document", self._sealing)
        return IssueRequest(department, form, printed, key, fingerprint, filename)

    def _begun(self, request: IssueRequest, at: int) -> DocumentRecord:
        """The document of an idempotency key; if there is none, it begins one."""
        known = self.registry.by_request(request.department, request.key)
        if known is not None:
            return known
        new, entry = signed_document(
            request, self._signing_key(request.department, at), self._sealing, at
        )
        try:
            self.registry.begin(_new_act(), [entry], new)
        except KeyTaken:  # another process has used it at this moment
            return self.registry.by_request(request.department, request.key) or new
        return new

    def _settled(self, document_id: str) -> DocumentRecord:
        """Finishes every act that was begun with a document, and returns the document once all of
        it is in the log and signed."""
        self.registry.settle_all(document_id)
        document = self.registry.by_id(document_id)
        if document is None:
            raise WrongState("unknown")
        self.registry.await_signed(document_id)
        return document

    def _issued(self, document: DocumentRecord) -> Issued:
        """The document that may be handed out: this one or its replacement."""
        while document.state == "replaced" and document.replaced_by is not None:
            document = self._settled(document.replaced_by)
        if document.state != "valid":
            raise WrongState(document.state)
        contents = Contents.unseal(document.sealed, self._sealing)
        return Issued(
            id=document.id,
            url=f"{self.public_url}/d/{contents.token}.pdf",
            token=contents.token,
            filename=contents.filename,
            qr=str(Link(self.public_url, document.id, contents.cwt)),
        )

    def _signing_key(self, department: str, at: int) -> SigningKey:
        return self.keys.signing_key(department, at, make=self._make_keys)

    @staticmethod
    def _event(document_id: str, kind: Kind, at: int, detail: str) -> LogEvent:
        salt = secrets.token_bytes(SALT_BYTES)
        content = canonical_json({"event": kind, "id": document_id, "at": at, "detail": detail})
        return LogEvent(document_id, kind, at, detail, salt, log_entry(salt, content))


def open_log(folder: Path, public_url: str, *, begin: bool = False) -> OpenLog:
    """The log in PostgreSQL where the registry is there, with its key in `folder` if this machine
    signs; else the log in `folder`. `begin`: one in PostgreSQL is begun where there is none.

    Raises LogError, DatabaseAway.
    """
    url = registry_url(folder)
    if is_shared(url):
        return TableLog.open(url, folder / LOG, public_url, begin=begin)
    return TileLog.open(folder / LOG, public_url)


def _new_act() -> str:
    return secrets.token_hex(8)


@contextmanager
def _explained() -> Iterator[None]:
    """Turns every failure into NotIssued."""
    try:
        yield
    except NoKey as error:
        raise NotIssued(Reason.NO_KEY, str(error)) from error
    except LookupError as error:
        raise NotIssued(Reason.UNKNOWN_FORM, str(error)) from error
    except BadValues as error:
        raise NotIssued(Reason.BAD_VALUES, str(error)) from None
    except WrongState as error:
        raise NotIssued(Reason.WRONG_STATE, f"the document is {error}") from error
    except (NotRecorded, LogError, OSError) as error:
        raise NotIssued(Reason.NOT_RECORDED, str(error)) from error
