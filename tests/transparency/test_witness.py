"""A witness: what it signs, what it refuses, what it remembers."""

from __future__ import annotations

import shutil
import threading
from pathlib import Path

import httpx
import pytest

from actions.transparency.cosignatures import Submission, ask, cosign
from actions.transparency.log import Log
from actions.transparency.merkle import leaf_hash
from actions.transparency.note import Checkpoint, Note, NoteError, Signer, Verifier, open_checkpoint
from actions.transparency.reader import HttpSource, Inconsistent, Reader
from actions.transparency.witness import Refused, StateError, Witness, create_app
from tests.served import served
from tests.transparency.conftest import ServedLog
from tests.transparency.town import ORIGIN, entries, rewrite

NOW = 1_764_000_000
NAME = "treasury.example/witness"


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log.open(tmp_path / "log", origin=ORIGIN)


@pytest.fixture
def witness(log: Log, tmp_path: Path) -> Witness:
    return Witness.open(tmp_path / "state", tmp_path / "witness.key", log.verifier, NAME)


def again(tmp_path: Path, log: Verifier, name: str | None = None) -> Witness:
    return Witness.open(tmp_path / "state", tmp_path / "witness.key", log, name)


def submit(witness: Witness, log: Log, old: int) -> None:
    witness.add(old, log.consistency_proof(old), log.checkpoint(), NOW)


def refusal(witness: Witness, asked: Submission) -> Refused:
    with pytest.raises(Refused) as refused:
        witness.add(asked.old, asked.proof, asked.checkpoint, NOW)
    return refused.value


def test_cosignature_verifies_and_tells_the_time(log: Log, witness: Witness) -> None:
    log.append_many(entries(5))
    signature = witness.add(0, [], log.checkpoint(), NOW)
    note = Note.parse(log.checkpoint()).with_signatures([signature])
    assert note.signature_of(witness.verifier) == signature
    assert signature.time == NOW


def test_log_that_grows_is_signed_each_time(log: Log, witness: Witness) -> None:
    for size in (0, 3, 300):
        log.append_many(entries(size - log.size, log.size))
        latest = witness.latest()
        submit(witness, log, latest.checkpoint.size if latest else 0)
    latest = witness.latest()
    assert latest is not None and latest.checkpoint.size == 300
    submit(witness, log, 300)  # the same again, with a newer time


def test_what_was_signed_is_remembered(log: Log, witness: Witness, tmp_path: Path) -> None:
    log.append_many(entries(5))
    submit(witness, log, 0)
    latest = again(tmp_path, log.verifier).latest()
    assert latest is not None and latest.checkpoint.size == 5
    assert latest.note.signature_of(witness.verifier) is not None


def test_refusals_are_those_of_the_standard(log: Log, witness: Witness, tmp_path: Path) -> None:
    log.append_many(entries(5))
    submit(witness, log, 0)
    log.append_many(entries(5, 5))
    raw, proof = log.checkpoint(), tuple(log.consistency_proof(5))
    stranger = Log.open(tmp_path / "stranger", origin="other.example/log")
    same_name = Log.open(tmp_path / "same", origin=ORIGIN)
    cases = {
        "behind": (Submission(3, tuple(log.consistency_proof(3)), raw), 409),
        "first": (Submission(0, (), raw), 409),
        "too far": (Submission(11, (), raw), 400),
        "no note": (Submission(5, proof, "hello"), 400),
        "other log": (Submission(5, proof, stranger.checkpoint()), 404),
        "other key": (Submission(5, proof, same_name.checkpoint()), 403),
        "changed": (Submission(5, proof, raw.replace("\n10\n", "\n11\n")), 403),
        "no proof": (Submission(5, (), raw), 422),
        "wrong proof": (Submission(5, (*proof[:-1], leaf_hash(b"")), raw), 422),
    }
    for name, (asked, status) in cases.items():
        assert refusal(witness, asked).status == status, name
    assert refusal(witness, cases["behind"][0]).size == 5
    latest = witness.latest()
    assert latest is not None and latest.checkpoint.size == 5


def test_rewritten_history_is_not_signed(log: Log, witness: Witness) -> None:
    log.append_many(entries(300))
    submit(witness, log, 0)
    forged = rewrite(log, [b"forged", *entries(300, 1)])
    asked = Submission(300, tuple(forged.consistency_proof(300)), forged.checkpoint())
    assert refusal(witness, asked).status == 422


def test_of_two_histories_asked_for_at_once_one_is_signed(
    log: Log, witness: Witness, tmp_path: Path
) -> None:
    log.append_many(entries(3))
    submit(witness, log, 0)
    asked = []
    for name in ("one", "other"):
        root = tmp_path / name
        shutil.copytree(log.folder.root, root)
        fork = Log.open(root)
        fork.append(name.encode())
        asked.append(Submission(3, tuple(fork.consistency_proof(3)), fork.checkpoint()))
    signed, refused = [], []
    together = threading.Barrier(8)

    def post(submission: Submission) -> None:
        together.wait()
        try:
            witness.add(submission.old, submission.proof, submission.checkpoint, NOW)
            signed.append(submission)
        except Refused as refusal:
            refused.append(refusal.status)

    threads = [threading.Thread(target=post, args=(asked[number % 2],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(signed) == 1
    assert refused == [409] * 7


def test_two_roots_of_one_size_are_kept_as_evidence(
    log: Log, witness: Witness, tmp_path: Path
) -> None:
    log.append_many(entries(3))
    submit(witness, log, 0)
    forged = rewrite(log, [b"forged", *entries(2, 1)])
    assert refusal(witness, Submission(3, (), forged.checkpoint())).status == 409
    kept = (tmp_path / "state" / "conflict-3").read_text("utf-8")
    assert str(witness.latest()) in kept and forged.checkpoint() in kept


def test_empty_log_with_an_invented_root_is_not_signed(log: Log, witness: Witness) -> None:
    text = Checkpoint(ORIGIN, 0, leaf_hash(b"")).text
    signer = log.folder.read_signer()
    raw = str(Note(text, (signer.sign(text),)))
    assert refusal(witness, Submission(0, (), raw)).status in (409, 422)


def test_witness_that_forgot_does_not_start(log: Log, witness: Witness, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "state")
    with pytest.raises(StateError, match="bring back the state"):
        again(tmp_path, log.verifier, NAME)


def test_state_without_its_key_or_for_another_log_is_refused(
    log: Log, witness: Witness, tmp_path: Path
) -> None:
    other = Signer.new("other.example/log").verifier
    with pytest.raises(StateError, match="another log"):
        again(tmp_path, other)
    (tmp_path / "witness.key").unlink()
    with pytest.raises(StateError, match="no key"):
        again(tmp_path, log.verifier, NAME)


def test_damaged_state_is_refused(log: Log, witness: Witness, tmp_path: Path) -> None:
    submit(witness, log, 0)
    (tmp_path / "state" / "checkpoint").write_text("", "utf-8")
    with pytest.raises(StateError, match="damaged"):
        again(tmp_path, log.verifier)


def test_log_cannot_witness_itself(log: Log, witness: Witness, tmp_path: Path) -> None:
    own = log.folder.read_signer()
    with pytest.raises(StateError, match="its own witness"):
        Witness(tmp_path / "state", Signer(NAME, 0x04, own.seed), log.verifier)


def test_request_is_read_back() -> None:
    asked = Submission(7, (leaf_hash(b"a"), leaf_hash(b"b")), "x\n1\ny\n\n— z AAAA\n")
    assert Submission.parse(asked.body) == asked
    assert Submission.parse(Submission(0, (), "x\n").body) == Submission(0, (), "x\n")


@pytest.mark.parametrize("body", ["", "old 1\n", "old 01\n\nx", "new 1\n\nx", "old 1\nAAAA\n\nx",
                                  "old 0\n" + ("A" * 43 + "=\n") * 64 + "\nx"])  # fmt: skip
def test_malformed_request_is_refused(body: str) -> None:
    with pytest.raises(NoteError):
        Submission.parse(body)


def test_witness_fetches_and_signs_by_itself(town: ServedLog, tmp_path: Path) -> None:
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)
    reader = Reader(HttpSource(town.url), town.log.verifier)
    for size in (10, 400):
        town.log.append_many(entries(size - town.log.size, town.log.size))
        assert witness.round(reader, NOW).checkpoint.size == size


def test_witness_that_fetches_sees_a_rewrite_and_a_shrunken_log(
    town: ServedLog, tmp_path: Path
) -> None:
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, NAME)
    town.log.append_many(entries(300))
    witness.round(Reader(HttpSource(town.url), town.log.verifier), NOW)
    for forged in ([*entries(7), b"forged", *entries(292, 8)], entries(299), entries(400, 1)):
        rewrite(town.log, forged)
        with pytest.raises((Refused, Inconsistent)):
            witness.round(Reader(HttpSource(town.url), town.log.verifier), NOW)
        latest = witness.latest()
        assert latest is not None and latest.checkpoint.size == 300


def test_log_asks_over_http_and_publishes_the_signatures(town: ServedLog, tmp_path: Path) -> None:
    first = Witness.open(tmp_path / "s1", tmp_path / "k1", town.log.verifier, NAME)
    second = Witness.open(tmp_path / "s2", tmp_path / "k2", town.log.verifier, "audit.example/w")
    town.log.append_many(entries(5))
    submit(second, town.log, 0)  # it knows five entries already; the log must learn that
    town.log.append_many(entries(5, 5))
    with served(create_app(first)) as one, served(create_app(second)) as two:
        known = [(one, first.verifier), (two, second.verifier)]
        note, reasons = cosign(town.log, known)
        assert note is not None and not reasons
        for name in ("cosigned", "checkpoint"):
            shown = open_checkpoint(httpx.get(f"{town.url}/{name}").text, town.log.verifier)
            for witness in (first, second):
                assert shown.note.signature_of(witness.verifier) is not None
        assert httpx.get(f"{one}/checkpoint").text == str(first.latest())
        assert Verifier.parse(httpx.get(f"{one}/key").text) == first.verifier
    town.log.append(b"more")
    cosigned = httpx.get(f"{town.url}/cosigned").text
    assert open_checkpoint(cosigned, town.log.verifier).checkpoint.size == 10


def test_refusal_of_one_witness_is_told_and_the_other_counts(
    town: ServedLog, tmp_path: Path
) -> None:
    good = Witness.open(tmp_path / "s1", tmp_path / "k1", town.log.verifier, NAME)
    with served(create_app(good)) as url:
        note, reasons = cosign(
            town.log,
            [(url, good.verifier), ("http://127.0.0.1:9", good.verifier),
             (url, Signer.new("x.example", 0x04).verifier)],
        )  # fmt: skip
    assert note is not None and note.signature_of(good.verifier)
    assert len(reasons) == 2 and "another key" in reasons[1]


def test_http_answers_are_those_of_the_standard(town: ServedLog, tmp_path: Path) -> None:
    witness = Witness.open(tmp_path / "s1", tmp_path / "k1", town.log.verifier, NAME)
    town.log.append_many(entries(5))
    with served(create_app(witness)) as url:
        assert httpx.get(f"{url}/checkpoint").status_code == 404
        with httpx.Client() as client:
            ask(town.log, town.log.checkpoint(), url, witness.verifier, client)
        behind = httpx.post(f"{url}/add-checkpoint", content=_body(town.log, 0))
        assert (behind.status_code, behind.text) == (409, "5\n")
        assert behind.headers["content-type"] == "text/x.tlog.size"
        assert httpx.post(f"{url}/add-checkpoint", content=b"\xff").status_code == 400
        assert httpx.post(f"{url}/add-checkpoint", content=b"x" * 70_000).status_code == 413
        assert httpx.post(f"{url}/add-checkpoint", content=_body(town.log, 5)).status_code == 200


def _body(log: Log, old: int) -> bytes:
    return Submission(old, tuple(log.consistency_proof(old)), log.checkpoint()).body.encode()
