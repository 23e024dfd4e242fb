"""Issuing, revoking, reissuing: once, in the log first, and nothing half done."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from actions.documents.credential import Claims, id_to_bytes
from actions.documents.event_log import OpenLog, TileLog
from actions.documents.form import load_form
from actions.documents.issuer import Issued, Issuer, NotIssued, Reason, open_log
from actions.documents.registry import NotRecorded, revocations, status
from actions.documents.settings import REGISTRY
from actions.transparency.key_events import Act, KeyEvent, read_event
from actions.transparency.merkle import leaf_hash, verify_inclusion
from actions.transparency.note import NoteError, open_checkpoint
from actions.transparency.published import Receipt
from nlu.storage.database import Transaction
from tests.documents.conftest import BIRTH, URL, acts, lose_registry, rows
from tests.documents.link_reader import Refusal, by_kid, read_link, verify_link

Issue = Callable[..., Issued]
NOW = 1_795_000_000


class Moody:
    """A real log whose appends fail while `down`."""

    def __init__(self, event_log: OpenLog) -> None:
        self.event_log, self.log, self.down = event_log, event_log.log, False

    @property
    def size(self) -> int:
        return self.event_log.size

    def append_many(self, entries: Sequence[bytes]) -> range:
        if self.down:
            raise OSError(28, "No space left on device")
        return self.event_log.append_many(entries)

    def enter(self, db: Transaction, entries: Sequence[bytes], start: int) -> int:
        if self.down:
            raise OSError(28, "No space left on device")
        return self.event_log.enter(db, entries, start)

    def await_signed(self, index: int) -> None:
        self.event_log.await_signed(index)

    def receipt(self, index: int) -> Receipt:
        return self.event_log.receipt(index)


def state(issuer: Issuer, document_id: str) -> str:
    return str(status(issuer.registry, issuer.event_log, document_id)["state"])


def checked(issuer: Issuer, qr: str) -> Claims | Refusal:
    return verify_link(qr, URL, by_kid(issuer.keys), NOW * 2)


def test_issued_document_verifies(issuer: Issuer, issue: Issue) -> None:
    issued = issue()
    claims = checked(issuer, issued.qr)
    assert isinstance(claims, Claims)
    assert (claims.issuer, claims.form, claims.id) == ("municipal", "birth_certificate", issued.id)
    form = load_form("birth_certificate")
    assert claims.fields == tuple((name, BIRTH[name]) for name in form.signed)
    assert state(issuer, issued.id) == "valid"


def test_id_is_eighty_random_bits(issue: Issue) -> None:
    ids = {issue(str(n)).id for n in range(20)}
    assert len({id_to_bytes(one)[:3] for one in ids}) == 20


def test_same_key_is_the_same_document(folder: Path, issuer: Issuer, issue: Issue) -> None:
    assert issue("one") == issue("one")
    assert acts(folder) == 1


def test_other_key_is_another_document(issue: Issue) -> None:
    assert issue("one").id != issue("two").id


def test_same_key_of_another_department_is_another_document(issuer: Issuer, issue: Issue) -> None:
    other = issuer.issue("revenue", "birth_certificate", BIRTH, "one")
    assert issue("one").id != other.id


def test_key_for_other_values_is_refused(issue: Issue) -> None:
    issue("one")
    with pytest.raises(NotIssued) as caught:
        issue("one", child_name="Ravi")
    assert caught.value.reason is Reason.KEY_REUSED


@pytest.mark.parametrize(
    ("form", "values", "reason"),
    [
        ("nothing", BIRTH, Reason.UNKNOWN_FORM),
        ("birth_certificate", {}, Reason.BAD_VALUES),
        ("birth_certificate", {**BIRTH, "child_name": "\u202e"}, Reason.BAD_VALUES),
    ],
)
def test_what_cannot_be_printed_is_not_issued(
    folder: Path, issuer: Issuer, form: str, values: dict[str, str], reason: Reason
) -> None:
    with pytest.raises(NotIssued) as caught:
        issuer.issue("municipal", form, values, "k")
    assert caught.value.reason is reason
    assert acts(folder) == 0


def test_department_without_a_key_issues_nothing(folder: Path) -> None:
    issuer = Issuer.open(folder, URL, begin=True)
    with pytest.raises(NotIssued) as caught:
        issuer.issue("municipal", "birth_certificate", BIRTH, "k")
    assert caught.value.reason is Reason.NO_KEY
    assert acts(folder) == 0


def test_date_of_issue_is_the_signed_one(folder: Path) -> None:
    event_log = open_log(folder, URL, begin=True)
    issuer = Issuer(folder, URL, event_log, make_keys=True, now=lambda: NOW)
    issued = issuer.issue("municipal", "birth_certificate", {**BIRTH, "issued_on": "1-1-1"}, "k")
    claims = checked(issuer, issued.qr)
    assert isinstance(claims, Claims)
    printed = {**BIRTH, "issued_on": "18-11-2026"}
    assert claims.issued_at == NOW
    assert claims.digest == load_form("birth_certificate").digest(issued.id, printed)


def test_document_that_runs_out_does_so_at_the_end_of_a_day(folder: Path) -> None:
    event_log = open_log(folder, URL, begin=True)
    issuer = Issuer(folder, URL, event_log, make_keys=True, now=lambda: NOW)
    values = dict.fromkeys(load_form("duplicate_income_certificate").labels, "x")
    qr = issuer.issue("revenue", "duplicate_income_certificate", values, "k").qr
    claims = verify_link(qr, URL, by_kid(issuer.keys), NOW)
    assert isinstance(claims, Claims) and claims.expires_at is not None
    assert (claims.expires_at + 1 + 19800) % 86400 == 0  # midnight in India
    assert verify_link(qr, URL, by_kid(issuer.keys), claims.expires_at) == claims
    assert verify_link(qr, URL, by_kid(issuer.keys), claims.expires_at + 1) is Refusal.RUN_OUT


def test_log_proves_the_document(issuer: Issuer, issue: Issue) -> None:
    issued = [issue(str(n)) for n in range(7)][3]
    link = read_link(issued.qr)
    proof = status(issuer.registry, issuer.event_log, issued.id)["log"]
    salted = hashlib.sha256(
        bytes.fromhex(proof["salt"]) + hashlib.sha256(link.token if link else b"").digest()
    ).digest()
    assert proof["leaf"] == salted.hex()
    signed = open_checkpoint(proof["checkpoint"], issuer.event_log.log.verifier).checkpoint
    assert (proof["size"], proof["index"]) == (signed.size, 4), "behind the key"
    nodes = [bytes.fromhex(node) for node in proof["proof"]]
    assert verify_inclusion(leaf_hash(salted), 4, 8, nodes, signed.root)


def test_status_of_what_nobody_issued_is_unknown(issuer: Issuer) -> None:
    assert status(issuer.registry, issuer.event_log, "0" * 16) == {
        **{"id": "0" * 16, "state": "unknown"},
        **dict.fromkeys(("changed_at", "reason", "replaced_by", "log")),
    }


@pytest.mark.parametrize("reason", revocations())
def test_revoked_document_says_when_and_why(
    folder: Path, issuer: Issuer, issue: Issue, reason: str
) -> None:
    issued = issue()
    issuer.revoke(issued.id, reason)
    found = status(issuer.registry, issuer.event_log, issued.id)
    assert (found["state"], found["reason"]) == ("revoked", revocations()[reason])
    assert set(found["reason"]) == {"te", "hi", "en"}
    assert found["changed_at"] > NOW - 10**9
    assert acts(folder) == 2


def test_revoking_again_changes_nothing(folder: Path, issuer: Issuer, issue: Issue) -> None:
    issued = issue()
    first = issuer.revoke(issued.id, "wrong_details")
    assert issuer.revoke(issued.id, "by_order") == first
    assert acts(folder) == 2


def test_revoked_document_is_not_handed_out(issuer: Issuer, issue: Issue) -> None:
    issued = issue()
    issuer.revoke(issued.id, "wrong_details")
    assert issuer.pdf(issued.token) is None
    with pytest.raises(NotIssued) as caught:
        issue()
    assert caught.value.reason is Reason.WRONG_STATE


def test_unknown_document_cannot_be_revoked(issuer: Issuer) -> None:
    with pytest.raises(NotIssued) as caught:
        issuer.revoke("0" * 16, "wrong_details")
    assert caught.value.reason is Reason.WRONG_STATE


def test_reissued_document_replaces_the_old_one(folder: Path, issuer: Issuer, issue: Issue) -> None:
    old = issue()
    new = issuer.reissue(old.id)
    found = status(issuer.registry, issuer.event_log, old.id)
    assert (found["state"], found["replaced_by"]) == ("replaced", new.id)
    assert state(issuer, new.id) == "valid"
    assert isinstance(checked(issuer, new.qr), Claims)
    assert issuer.pdf(old.token) is None
    assert acts(folder) == 3


def test_reissued_document_may_say_something_else(issuer: Issuer, issue: Issue) -> None:
    new = issuer.reissue(issue().id, {"child_name": "సాయి తేజస్"})
    claims = checked(issuer, new.qr)
    assert isinstance(claims, Claims)
    assert dict(claims.fields)["child_name"] == "సాయి తేజస్"


def test_reissuing_again_is_the_same_replacement(
    folder: Path, issuer: Issuer, issue: Issue
) -> None:
    old = issue()
    assert issuer.reissue(old.id) == issuer.reissue(old.id)
    assert acts(folder) == 3


def test_old_key_gives_what_replaced_it(issuer: Issuer, issue: Issue) -> None:
    old = issue("one")
    newest = issuer.reissue(issuer.reissue(old.id).id)
    assert issue("one") == newest


def test_revoked_document_is_not_reissued(issuer: Issuer, issue: Issue) -> None:
    issued = issue()
    issuer.revoke(issued.id, "false_papers")
    with pytest.raises(NotIssued):
        issuer.reissue(issued.id)


def test_documents_of_a_stolen_key_are_refused_and_reissued(issuer: Issuer, issue: Issue) -> None:
    old = issue()
    kid = issuer.keys.public_keys()[0].kid.hex()
    issuer.keys.withdraw(kid, NOW)
    assert checked(issuer, old.qr) is Refusal.KEY_WITHDRAWN
    (known,) = issuer.registry.valid_with_key(kid)
    assert isinstance(checked(issuer, issuer.reissue(known).qr), Claims)
    assert issuer.registry.valid_with_key(kid) == []


def test_full_disk_of_the_log_lets_nothing_out(folder: Path) -> None:
    event_log = Moody(open_log(folder, URL, begin=True))
    issuer = Issuer(folder, URL, event_log, make_keys=True)
    issuer.keys.rotate("municipal", int(time.time()))
    event_log.down = True
    with pytest.raises(NotIssued) as caught:
        issuer.issue("municipal", "birth_certificate", BIRTH, "one")
    assert caught.value.reason is Reason.NOT_RECORDED
    begun = issuer.registry.by_request("municipal", "one")
    assert begun is not None
    assert state(issuer, begun.id) == "unknown"
    event_log.down = False
    assert issuer.issue("municipal", "birth_certificate", BIRTH, "one").id == begun.id
    assert acts(folder) == 1


def test_key_that_the_log_cannot_take_does_not_count(folder: Path) -> None:
    event_log = Moody(open_log(folder, URL, begin=True))
    issuer = Issuer(folder, URL, event_log, make_keys=True)
    event_log.down = True
    with pytest.raises(NotIssued) as caught:
        issuer.issue("municipal", "birth_certificate", BIRTH, "one")
    assert caught.value.reason is Reason.NOT_RECORDED
    assert issuer.keys.public_keys() == []


def test_key_is_announced_in_the_log(folder: Path, issuer: Issuer, issue: Issue) -> None:
    issue()
    (key,) = issuer.keys.public_keys()
    log = open_log(folder, URL).log
    event = read_event(log.entry(0, log.size))
    assert event == KeyEvent(Act.NEW, **key.published())
    issuer.keys.withdraw(key.kid.hex(), NOW)
    event = read_event(log.entry(2, log.size))
    assert event is not None and (event.act, event.withdrawn_at) == (Act.WITHDRAWN, NOW)


def test_full_disk_of_the_log_revokes_nothing(folder: Path) -> None:
    event_log = Moody(open_log(folder, URL, begin=True))
    issuer = Issuer(folder, URL, event_log, make_keys=True)
    issued = issuer.issue("municipal", "birth_certificate", BIRTH, "one")
    event_log.down = True
    with pytest.raises(NotIssued):
        issuer.revoke(issued.id, "by_order")
    assert state(issuer, issued.id) == "valid"
    event_log.down = False
    assert Issuer(folder, URL, event_log).registry.by_id(issued.id).state == "revoked"  # type: ignore[union-attr]
    assert acts(folder) == 2


def test_broken_registry_lets_nothing_out(folder: Path, issuer: Issuer, issue: Issue) -> None:
    issue()
    lose_registry(folder)
    with pytest.raises(NotIssued) as caught:
        issue("two")
    assert caught.value.reason is Reason.NOT_RECORDED
    assert acts(folder) == 1


def test_file_that_is_no_registry_is_not_opened(tmp_path: Path) -> None:
    (tmp_path / REGISTRY).write_bytes(b"not a database" * 100)
    with pytest.raises(NotRecorded):
        Issuer.open(tmp_path, URL)


def test_log_under_another_name_still_opens(folder: Path, issue: Issue) -> None:
    """The public address may change; witnesses know the log by its first name."""
    issue()
    moved = Issuer.open(folder, "https://elsewhere.gov.in")
    assert moved.event_log.log.origin == "verify.example.gov.in/log"


def test_registry_names_no_person(folder: Path, issue: Issue) -> None:
    issued = issue()
    kept = b"".join(p.read_bytes() for p in folder.rglob("*") if p.is_file())
    private = [BIRTH["child_name"], BIRTH["father_name"], BIRTH["certificate_number"]]
    assert [text for text in (*private, issued.token) if text.encode() in kept] == []


def test_registry_sealed_with_another_key_hands_nothing_out(
    folder: Path, issue: Issue, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue("one")
    monkeypatch.setenv("SEVA_DOCUMENTS_SEALING_KEY", "A" * 43 + "=")
    with pytest.raises(NotIssued) as caught:
        other = Issuer.open(folder, URL)
        other.reissue(rows(folder, "SELECT id FROM documents")[0]["id"])
    assert caught.value.reason is Reason.NOT_RECORDED


def test_checkpoint_of_another_log_is_not_believed(
    issuer: Issuer, issue: Issue, tmp_path: Path
) -> None:
    issue()
    other = TileLog.open(tmp_path / "other", URL)
    other.append_many([b"x"])
    with pytest.raises(NoteError):
        open_checkpoint(other.log.checkpoint(), issuer.event_log.log.verifier)
