"""Signed notes, cosignatures and checkpoints: vectors of others, and what is refused."""

from __future__ import annotations

import pytest

from actions.transparency.note import (
    COSIGNATURE,
    Checkpoint,
    Note,
    NoteError,
    Signature,
    Signer,
    Verifier,
    open_checkpoint,
)
from tests.transparency.vectors import ROOTS, VECTORS

GO = VECTORS["notes"]
ORIGIN = "seva.example/log"
LOG = Signer.new(ORIGIN)
WITNESS = Signer.new("treasury.example/witness", COSIGNATURE)
CHECKPOINT = Checkpoint(ORIGIN, 8, ROOTS[7])


def signed(text: str, *signers: Signer, time: int = 1_700_000_000) -> str:
    return str(Note(text, tuple(signer.sign(text, time) for signer in signers)))


def test_signature_is_that_of_go_byte_for_byte() -> None:
    signer = Signer.parse(GO["signer"])
    assert str(signer.verifier) == GO["verifier"]
    assert signer.sign(GO["text"]).line == GO["line"]
    assert signer.encode() == GO["signer"]


def test_note_of_go_with_two_signatures_verifies() -> None:
    note = Note.parse(GO["text"] + "\n" + GO["line"] + GO["other_line"])
    assert note.signature_of(Verifier.parse(GO["verifier"]))
    assert note.signature_of(Verifier.parse(GO["other"]))
    assert note.signature_of(LOG.verifier) is None


def test_cosignature_of_the_standard_tells_its_time() -> None:
    signature = Signature.parse(GO["cosignature"])
    assert signature.time == GO["cosignature_time"]
    assert signature.line == GO["cosignature"] + "\n"


def test_cosignature_covers_text_and_time() -> None:
    signature = WITNESS.sign(CHECKPOINT.text, 1_700_000_000)
    WITNESS.verifier.verify(CHECKPOINT.text, signature)
    later = Signature(signature.name, signature.key_id, b"\0" * 7 + b"\1" + signature.data[8:])
    for text, forged in ((CHECKPOINT.text, later), (CHECKPOINT.text + "more\n", signature)):
        with pytest.raises(NoteError, match="wrong"):
            WITNESS.verifier.verify(text, forged)


def test_same_key_as_log_and_witness_has_two_ids() -> None:
    twin = Signer(LOG.name, COSIGNATURE, LOG.seed)
    assert twin.verifier.key_id != LOG.verifier.key_id


@pytest.mark.parametrize("cut", [slice(1, None), slice(None, -1), slice(0, 30)])
def test_mangled_key_is_refused(cut: slice) -> None:
    for parse, key in ((Verifier.parse, GO["verifier"]), (Signer.parse, GO["signer"])):
        with pytest.raises(NoteError):
            parse(key[cut])


@pytest.mark.parametrize("name", ["", "two words", "a+b", "a\u00a0b"])
def test_unfit_name_of_a_key_is_refused(name: str) -> None:
    with pytest.raises(NoteError):
        Signer.new(name)


def test_errors_never_hold_the_private_key() -> None:
    with pytest.raises(NoteError) as refused:
        Signer.parse(GO["signer"][:-4] + "AAAA")
    assert "AYEKFALVFGyNhPJ" not in str(refused.value)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "text only\n",
        GO["text"] + GO["line"],
        GO["text"] + "\n" + GO["line"].rstrip("\n"),
        GO["text"] + "\n" + GO["line"].replace("\u2014", "-"),
        GO["text"] + "\t\n\n" + GO["line"],
        GO["text"] + "\n" + GO["line"].replace("nAM=", "nAN="),
        GO["text"] + "\n" + GO["line"] * 65,
    ],
)
def test_malformed_note_is_refused(raw: str) -> None:
    with pytest.raises(NoteError):
        Note.parse(raw)


def test_checkpoint_is_read_back() -> None:
    raw = signed(CHECKPOINT.text, LOG, WITNESS)
    opened = open_checkpoint(raw, LOG.verifier)
    assert opened.checkpoint == CHECKPOINT
    assert str(opened) == raw


@pytest.mark.parametrize(
    "text",
    [
        f"{ORIGIN}\n8\n",
        f"{ORIGIN}\n08\n{'A' * 43}=\n",
        f"{ORIGIN}\n-1\n{'A' * 43}=\n",
        f"{ORIGIN}\n8\nAAAA\n",
        f"{ORIGIN}\n8\n{'A' * 43}=\n\nlater\n",
    ],
)
def test_malformed_checkpoint_is_refused_even_when_signed(text: str) -> None:
    with pytest.raises(NoteError):
        open_checkpoint(signed(text, LOG), LOG.verifier)


def test_checkpoint_of_another_key_log_or_size_is_refused() -> None:
    stranger = Signer.new(ORIGIN)
    other = Checkpoint("other.example/log", 8, ROOTS[7]).text
    changed = signed(CHECKPOINT.text, LOG).replace("\n8\n", "\n9\n")
    for raw in (signed(CHECKPOINT.text, stranger), signed(other, LOG), changed):
        with pytest.raises(NoteError):
            open_checkpoint(raw, LOG.verifier)


def test_newer_cosignature_replaces_the_older_of_the_same_key() -> None:
    note = Note.parse(signed(CHECKPOINT.text, LOG, WITNESS))
    renewed = note.with_signatures([WITNESS.sign(CHECKPOINT.text, 1_800_000_000)])
    assert len(renewed.signatures) == 2
    found = renewed.signature_of(WITNESS.verifier)
    assert found is not None and found.time == 1_800_000_000
