"""Issues documents, revokes and reissues them; nothing is handed out before it is in the log."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from actions.documents.draft import Contents, Wish, draft, hash_of
from actions.documents.form import BadValues, Form, canonical_json, load_form
from actions.documents.keys import KeyRing, NoKey, SigningKey
from actions.documents.ledger import SALT_BYTES, Ledger, TileLedger, log_entry
from actions.documents.link import Link
from actions.documents.pdf import Printout, render_pdf
from actions.documents.registry import (
    Document,
    Entry,
    KeyTaken,
    Kind,
    NotRecorded,
    Registry,
    WrongState,
)
from actions.documents.settings import KEYS, LOG, REGISTRY, sealing_keys
from actions.documents.wording import day
from actions.transparency.folder import LogError
from nlu.storage.keys import read_keys
from nlu.storage.sealing import keyed_hash

_ISSUED_ON = "issued_on"
"""A label that is filled here: the printed date is the signed one."""


class Reason(str, Enum):
    """Why no document left, or why nothing became of it."""

    UNKNOWN_FORM = "unknown_form"
    BAD_VALUES = "bad_values"
    KEY_REUSED = "key_reused"
    NO_KEY = "no_key"
    WRONG_STATE = "wrong_state"
    NOT_RECORDED = "not_recorded"


class NotIssued(Exception):
    """Nothing was issued, revoked or replaced; the message says why, and names no value."""

    def __init__(self, reason: Reason, why: str) -> None:
        super().__init__(why)
        self.reason = reason


@dataclass(frozen=True)
class Issued:
    """A document that may be handed out."""

    id: str
    url: str
    """Where its PDF is; who knows it can read it."""
    token: str
    """The secret in that address."""
    filename: str
    qr: str
    """What its QR code says."""


class Issuer:
    """Forms, keys, registry and log together."""

    def __init__(
        self,
        folder: Path,
        public_url: str,
        ledger: Ledger,
        *,
        make_keys: bool = False,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Files are in `folder`; `make_keys`: a department without a key gets one, as in the demo.

        Finishes what a crash left half done. Raises NotRecorded, and ValueError for wrong keys.
        """
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.public_url = public_url.rstrip("/")
        self.ledger = ledger
        self.keys = KeyRing(folder / KEYS, announce=lambda entry: ledger.append_many([entry]))
        self.registry = Registry(folder / REGISTRY, ledger)
        self._sealing = sealing_keys(folder)
        read_keys(self._sealing)
        self._make_keys, self._now = make_keys, now
        self.registry.settle_all()

    @classmethod
    def open(cls, folder: Path, public_url: str, *, make_keys: bool = False) -> Issuer:
        """With the log in `folder` too. Raises LogError, NotRecorded."""
        ledger = TileLedger.open(folder / LOG, public_url)
        return cls(folder, public_url, ledger, make_keys=make_keys)

    def issue(
        self,
        department: str,
        form: str,
        values: Mapping[str, str],
        key: str,
        *,
        filename: str | None = None,
    ) -> Issued:
        """Issue a document once for `key`: asked again, the same one, or what replaced it.

        `values` has a text for each label of the form. Raises NotIssued.
        """
        with _explained():
            at = int(self._now())
            wish = self._wish(department, load_form(form), values, key, filename, at)
            document = self._begun(wish, at)
            if document.request != wish.fingerprint:
                raise NotIssued(Reason.KEY_REUSED, "the key was used for another document")
            return self._issued(self._settled(document.id))

    def reissue(self, document_id: str, changes: Mapping[str, str] | None = None) -> Issued:
        """Replace a valid document by a new one, signed now, with `changes` to what it says.

        Once for each document: asked again, the same replacement. Raises NotIssued.
        """
        with _explained():
            at = int(self._now())
            old = self._settled(document_id)
            if old.replaced_by is not None:
                return self._issued(self._settled(old.replaced_by))
            contents = Contents.unseal(old.sealed, self._sealing)
            values = {**contents.values, **(changes or {})}
            form, key = load_form(old.form), f"reissue:{old.id}"
            wish = self._wish(old.department, form, values, key, contents.filename, at)
            new, issued = draft(wish, self._signing_key(old.department, at), self._sealing, at)
            replaced = self._event(old.id, "replaced", at, new.id)
            with suppress(KeyTaken):  # another process replaces it just now
                self.registry.begin(_new_act(), [issued, replaced], new)
            return self._issued(self._settled(document_id))

    def revoke(self, document_id: str, reason: str) -> Document:
        """Declare a valid document void; `reason` is a code of `revocations.yml`. Raises NotIssued.

        A document that is already revoked stays so, with its first reason.
        """
        with _explained():
            known = self._settled(document_id)
            if known.state != "revoked":
                entry = self._event(known.id, "revoked", int(self._now()), reason)
                self.registry.begin(_new_act(), [entry])
            return self._settled(document_id)

    def pdf(self, token: str) -> tuple[str, bytes] | None:
        """File name and PDF of the valid document with that secret; None if there is none."""
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
        """What a document says. Raises NotIssued."""
        with _explained():
            return Contents.unseal(self._settled(document_id).sealed, self._sealing)

    def _wish(
        self,
        department: str,
        form: Form,
        values: Mapping[str, str],
        key: str,
        filename: str | None,
        at: int,
    ) -> Wish:
        dated = {_ISSUED_ON: day(at)} if _ISSUED_ON in form.labels else {}
        printed = form.printed({**values, **dated})
        asked = {name: value for name, value in printed.items() if name not in dated}
        content = canonical_json({"form": form.name, "values": asked})
        fingerprint = keyed_hash(content.decode(), "document", self._sealing)
        return Wish(department, form, printed, key, fingerprint, filename)

    def _begun(self, wish: Wish, at: int) -> Document:
        """What the key stands for; begun now if nothing."""
        known = self.registry.by_request(wish.department, wish.key)
        if known is not None:
            return known
        new, entry = draft(wish, self._signing_key(wish.department, at), self._sealing, at)
        try:
            self.registry.begin(_new_act(), [entry], new)
        except KeyTaken:  # by another process, just now
            return self.registry.by_request(wish.department, wish.key) or new
        return new

    def _settled(self, document_id: str) -> Document:
        """The document once all that was begun with it is done."""
        self.registry.settle_all(document_id)
        document = self.registry.by_id(document_id)
        if document is None:
            raise WrongState("unknown")
        return document

    def _issued(self, document: Document) -> Issued:
        """What may be handed out: the document or what replaced it."""
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
    def _event(document_id: str, kind: Kind, at: int, detail: str) -> Entry:
        salt = secrets.token_bytes(SALT_BYTES)
        content = canonical_json({"event": kind, "id": document_id, "at": at, "detail": detail})
        return Entry(document_id, kind, at, detail, salt, log_entry(salt, content))


def _new_act() -> str:
    return secrets.token_hex(8)


@contextmanager
def _explained() -> Iterator[None]:
    """Every failure as NotIssued."""
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
