"""The drill: a deployment is killed, deleted and restored; its backup was made while it worked.

Processes take messages and answer them all the time. A backup is made meanwhile; some messages
later all processes are killed, and all that they kept is deleted. What comes back is looked at as
it is, and again after the processes went on with it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest

from actions.departments.journal import row_id
from actions.transparency.log import Log
from actions.transparency.merkle import verify_consistency
from actions.transparency.note import open_checkpoint
from api.inbox import schema
from api.inbox.payloads import read_reply
from nlu.storage.sealing import unseal
from tests.backup.conftest import ROOT, Deployment
from tests.backup.town import calls, numbers, taken
from tests.documents.test_issuing_killed import assert_consistent

pytestmark = pytest.mark.may_take(900, "restores with everything running")

BEFORE, AFTER = 20, 20
_PATIENCE_S = 400  # for a machine that does much else


class Role:
    """A process of the town; what it prints goes to a file, which outlives it."""

    def __init__(self, deployment: Deployment, *words: str) -> None:
        self._said = deployment.folder / f"{words[0]}.out"
        with self._said.open("w") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.backup.town", *words],
                cwd=ROOT,
                env=deployment.environment,
                stdout=out,
            )

    def lines(self) -> list[tuple[str, float]]:
        """Whole lines: a name, and when."""
        whole = self._said.read_text("utf-8").rpartition("\n")[0].splitlines()
        return [(name, float(when)) for name, when in map(str.split, whole)]

    def wait_for(self, count: int) -> None:
        until = time.monotonic() + _PATIENCE_S
        while len(self.lines()) < count:
            assert self.process.poll() is None, "the process ended"
            assert time.monotonic() < until, f"{len(self.lines())} of {count}"
            time.sleep(0.05)


def assert_nothing_lacks_its_cause(
    deployment: Deployment, kept: Sequence[tuple[str, float]], point: float
) -> None:
    """The restored stores say the same: as they were at one moment."""
    inbox = {row["message_id"]: row for row in deployment.rows("inbox")}
    for number, when in kept:
        if when < point:
            assert f"wamid.IN{number}" in inbox, "acknowledged before the point, and lost"
    writes = {row["id"]: row for row in deployment.rows("department_writes")}
    assert set(writes) <= {row_id("revenue", key) for key in inbox}, "written for nobody"
    documents = {row["id"]: row for row in deployment.rows("documents")}
    logged = {row["document"] for row in deployment.rows("entries") if row["log_index"]}
    replies = {row["inbox_id"]: row for row in deployment.rows("outbox")}
    done = {key for key, row in inbox.items() if row["state"] == schema.DONE}
    assert set(replies) == done, "a message and its reply come together"
    finished = {row_id("revenue", key) for key in done}
    assert len(set(writes) - finished) <= 1, "the clerk does one thing at a time"
    assert len(documents) - len(done) in (0, 1)
    for key in done:
        number, document = read_reply(replies[key]["body"]).text.split()
        write = writes[row_id("revenue", key)]
        assert write["state"] == "settled"
        assert unseal(write["result"])["fields"] == {"number": number}
        assert documents[document]["state"] == "valid" and document in logged
    by_lane: dict[str, list[int]] = defaultdict(list)
    for reply in replies.values():
        by_lane[reply["lane"]].append(inbox[reply["inbox_id"]]["seq"])
    assert all(order == sorted(order) for order in by_lane.values()), "out of order"
    turns = {row["lane"]: row["tracker"] for row in deployment.rows("trackers")}
    assert {lane: int(unseal_text(turn)) for lane, turn in turns.items()} == {
        lane: len(order) for lane, order in by_lane.items()
    }


def unseal_text(token: str) -> str:
    found = unseal(token)
    assert isinstance(found, str)
    return found


def log_in_tables(deployment: Deployment) -> list[bytes]:
    """Entries of the log, where it lies in PostgreSQL."""
    return [bytes(row["entry"]) for row in deployment.rows("log_entries")]


def assert_log_goes_on(deployment: Deployment, before: Path, entries: list[bytes]) -> None:
    """What the restored log signs is the beginning of what it had signed when it was killed."""
    if deployment.server:
        (head,), found = deployment.rows("log_head"), log_in_tables(deployment)
        assert 0 < head["signed"] <= len(found) < len(entries)
        assert found == entries[: len(found)]
        return
    folder = deployment.var / "documents" / "log"
    with closing(Log.open(folder)) as here, closing(Log.open(before)) as was:
        old = open_checkpoint(here.checkpoint(), was.verifier).checkpoint
        new = open_checkpoint(was.checkpoint(), was.verifier).checkpoint
        assert 0 < old.size < new.size
        proof = was.consistency_proof(old.size, new.size)
        assert verify_consistency(old.size, new.size, old.root, new.root, proof)


def test_killed_deleted_restored(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name, value in deployment.environment.items():
        if name.startswith("SEVA_"):
            monkeypatch.setenv(name, value)
    book = tmp_path / "book.sqlite"
    gateway = Role(deployment, "gateway")
    clerk = Role(deployment, "clerk", str(book))
    try:
        clerk.wait_for(BEFORE)
        deployment.seva(
            *("backup", "keys", deployment.out / "keys.age"),
            *("--recipients", deployment.folder / "recipients-of-keys"),
        )
        made = deployment.backup()
        clerk.wait_for(len(clerk.lines()) + AFTER)
    finally:
        for role in (gateway, clerk):
            role.process.kill()
            role.process.wait()
    point = datetime.fromisoformat(made["point"]).timestamp()
    kept, answered = gateway.lines(), clerk.lines()
    log_at_crash = tmp_path / "log-at-crash"
    shutil.copytree(deployment.var / "documents" / "log", log_at_crash)
    entries_at_crash = log_in_tables(deployment) if deployment.server else []
    deployment.delete_everything()
    assert "all of it is good" in deployment.seva("backup", "check", made["path"])

    deployment.make_database()
    said = deployment.seva("restore", made["path"])
    sealed_apart = "documents/sealing.key" if deployment.server else "documents/keys/municipal"
    assert "keys that opened this are not here (" in said and sealed_apart in said
    assert not [*deployment.var.rglob("*.key"), *deployment.var.rglob("*.pem")]
    keys = deployment.out / "keys.age"
    deployment.seva("restore", keys, "--identity", deployment.folder / "identity-of-keys")
    assert "unreadable" in deployment.seva("keys", "check")
    assert (deployment.folder / "models" / "live").is_file()
    assert (deployment.folder / "models" / made["model"] / "manifest.json").is_file()

    assert_nothing_lacks_its_cause(deployment, kept, point)
    inbox = {row["message_id"]: row for row in deployment.rows("inbox")}
    assert all(inbox[key]["state"] == schema.DONE for key, when in answered if when < point)
    assert 0 < len(inbox) < len(kept), "the crash came later than the point"
    assert_log_goes_on(deployment, log_at_crash, entries_at_crash)
    writes = deployment.rows("department_writes")
    settled = {row["id"] for row in writes if row["state"] == "settled"}
    sent = {row["tracker"] for row in deployment.rows("outbox") if row["state"] >= schema.SENT}
    called, told = len(calls(book)), len(taken(book))

    rest = Role(deployment, "rest", str(book))
    assert rest.process.wait(_PATIENCE_S) == 0
    assert_nothing_lacks_its_cause(deployment, kept, point)
    assert {row["state"] for row in deployment.rows("inbox")} == {schema.DONE}
    assert len(deployment.rows("inbox")) == len(inbox), "nothing came twice"
    again = {row_id("revenue", key) for key in calls(book)[called:]}
    assert not again & settled, "filed once more"
    assert not set(taken(book)[told:]) & sent, "told once more"
    given = numbers(book)
    for row in deployment.rows("outbox"):
        assert read_reply(row["body"]).text.split()[0] == given[row["inbox_id"]]
    assert len(deployment.rows("profile")) == len({row["lane"] for row in inbox.values()})
    assert_consistent(deployment.var / "documents")
    deployment.seva("keys", "check")
