"""Processes killed while they issue, and several at once: log and registry then say the same."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from actions.documents.issuer import Contents, Issuer, open_log
from actions.documents.registry import log_entry
from actions.documents.settings import sealing_keys
from actions.transparency.key_events import read_event
from tests.documents.conftest import BIRTH, URL, acts, rows


def process(folder: Path, name: str, moment: str = "never") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.documents.issuing_process", str(folder), name, moment]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def lines(running: subprocess.Popen[str], count: int) -> list[str]:
    """The next ids that the process handed out."""
    assert running.stdout is not None
    return [running.stdout.readline().split()[1] for _ in range(count)]


def killed(running: subprocess.Popen[str]) -> list[str]:
    """Kills it (-9); what it still had handed out."""
    running.kill()
    return [line.split()[1] for line in running.communicate()[0].splitlines() if " " in line]


def assert_consistent(folder: Path) -> None:
    """Every document is settled, and the log holds each entry of the registry exactly once."""
    event_log = open_log(folder, URL)
    entries = rows(folder, "SELECT * FROM entries")
    held = [event_log.log.entry(n, event_log.size) for n in range(event_log.size)]
    about_documents = [index for index, one in enumerate(held) if read_event(one) is None]
    assert sorted(entry["log_index"] for entry in entries) == about_documents
    for entry in entries:
        assert held[entry["log_index"]] == bytes(entry["leaf"])
    keys = sealing_keys(folder)
    leaves = {entry["document"]: entry for entry in entries if entry["kind"] == "issued"}
    for document in rows(folder, "SELECT * FROM documents"):
        assert document["state"] == "valid"
        entry, cwt = leaves[document["id"]], Contents.unseal(document["sealed"], keys).cwt
        assert log_entry(bytes(entry["salt"]), cwt) == bytes(entry["leaf"])


@pytest.mark.parametrize("moment", ["before", "after", "unsigned", "signed"])
def test_crash_at_the_log_leaves_a_document_that_the_next_one_finishes(
    folder: Path, moment: str
) -> None:
    dead = process(folder, "a", moment)
    handed_out = [line.split()[1] for line in dead.communicate(timeout=60)[0].splitlines()]
    assert (dead.returncode, len(handed_out)) == (-9, 2)
    issuer = Issuer.open(folder, URL)
    assert acts(folder) == 3
    assert_consistent(folder)
    again = [issuer.issue("municipal", "birth_certificate", BIRTH, f"a-{n}") for n in range(3)]
    assert [one.id for one in again[:2]] == handed_out
    assert acts(folder) == 3


def test_asking_again_finishes_what_a_living_issuer_finds(folder: Path) -> None:
    """The other process need not start anew to find what one left."""
    issuer = Issuer.open(folder, URL, make_keys=True)
    process(folder, "a", "after").communicate(timeout=60)
    issuer.issue("municipal", "birth_certificate", BIRTH, "a-2")
    assert acts(folder) == 3
    assert_consistent(folder)


def test_kills_at_any_moment_lose_and_double_nothing(folder: Path) -> None:
    moments = random.Random(6)
    handed_out: set[str] = set()
    for _ in range(4):
        running = process(folder, "same")  # begins from the first key again each time
        handed_out |= set(lines(running, moments.randrange(1, 12)))
        handed_out |= set(killed(running))
    issuer = Issuer.open(folder, URL)
    assert_consistent(folder)
    known = {one for one in handed_out if issuer.registry.by_id(one)}
    assert known == handed_out
    again = {
        issuer.issue("municipal", "birth_certificate", BIRTH, f"same-{n}").id
        for n in range(len(handed_out))
    }
    assert again == handed_out  # each key stood for one document all the time


def test_processes_at_once_share_keys_log_and_registry(folder: Path) -> None:
    both = [process(folder, name) for name in ("a", "b")]
    first = [lines(running, 15) for running in both]
    ids = [*first[0], *first[1], *killed(both[0]), *killed(both[1])]
    assert len(set(ids)) == len(ids)
    issuer = Issuer.open(folder, URL)
    assert_consistent(folder)
    assert len(issuer.keys.public_keys()) == 1


def test_processes_at_once_with_the_same_keys_issue_the_same(folder: Path) -> None:
    both = [process(folder, "same") for _ in range(2)]
    found = [lines(running, 15) for running in both]
    for running in both:
        killed(running)
    assert found[0] == found[1]
    Issuer.open(folder, URL)
    assert_consistent(folder)
