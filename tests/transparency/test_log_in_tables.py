"""The log in a database: one order over all processes, one signer, one history."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pymerkle import InmemoryTree

from actions.transparency.commands import check_command
from actions.transparency.folder import LogError
from actions.transparency.log import Log
from actions.transparency.log_in_tables import TABLES, LogInTables
from actions.transparency.merkle import leaf_hash, verify_consistency, verify_inclusion
from actions.transparency.note import COSIGNATURE, Note, Signer, open_checkpoint
from actions.transparency.tiles import Tile, bundles, unpack_entries
from nlu.storage.database import Database
from nlu.storage.open import open_database
from tests.processes import ROOT
from tests.served import served
from tests.transparency.test_log_killed import kill_after
from tests.transparency.town import ORIGIN, entries, log_app

SIZES = (1, 2, 255, 256, 257, 700)


@pytest.fixture
def url(tmp_path: Path, url_of: Callable[[Path], str]) -> str:
    return url_of(tmp_path / "log.sqlite")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    found = open_database(url, TABLES)
    yield found
    found.close()


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """The folder with the key."""
    return tmp_path / "signer"


@pytest.fixture
def log(database: Database, key: Path) -> LogInTables:
    return LogInTables.open(database, key, origin=ORIGIN)


def held(log: LogInTables) -> list[bytes]:
    """Every entry under the checkpoint."""
    found: list[bytes] = []
    for bundle in bundles(0, log.size):
        found += unpack_entries(log.read_tile(bundle))
    return found


def whole(log: LogInTables) -> None:
    """Root and proofs are those of pymerkle for the entries that the log holds."""
    found, peer = held(log), InmemoryTree(algorithm="sha256")
    for entry in found:
        peer.append_entry(entry)
    said = open_checkpoint(log.checkpoint(), log.verifier).checkpoint
    assert (said.size, said.root) == (len(found), peer.get_state())
    for index in {0, len(found) // 2, len(found) - 1}:
        receipt = log.receipt(index)
        assert list(receipt.proof) == peer.prove_inclusion(index + 1, len(found)).path[1:]
        leaf = leaf_hash(found[index])
        assert verify_inclusion(leaf, index, receipt.size, receipt.proof, said.root)


def change(database: Database, sql: str) -> None:
    database.change(lambda db: db.execute(sql).rowcount)


def test_tree_is_that_of_the_log_in_files(log: LogInTables, key: Path, tmp_path: Path) -> None:
    """The same key signs the same checkpoints, byte by byte."""
    shutil.copytree(key, tmp_path / "files")
    files = Log.open(tmp_path / "files")
    assert log.checkpoint() == files.checkpoint()
    done = 0
    for size in SIZES:
        some = entries(size - done, done)
        assert log.append_many(some) == files.append_many(some) == range(done, size)
        assert log.checkpoint() == files.checkpoint()
        done = size
    whole(log)
    for old in SIZES:
        assert log.consistency_proof(old) == files.consistency_proof(old)


def test_tools_of_others_read_it_over_http(log: LogInTables) -> None:
    log.append_many(entries(600))
    with served(log_app(log)) as base:
        said: list[str] = []
        assert check_command(f"{base}/log", None, said.append) == 0, said
        assert said[0].startswith("In order: 600 entries of seva.example/log")
        assert httpx.get(f"{base}/log/cosigned").status_code == 404
        assert httpx.get(f"{base}/log/tile/0/002.p/89").status_code == 404  # there are 88
        assert len(httpx.get(f"{base}/log/tile/0/002.p/7").content) == 7 * 32  # as it was once


def test_what_waits_for_its_signature_is_not_shown(log: LogInTables, database: Database) -> None:
    log.append_many(entries(3))
    database.change(lambda db: log.enter(db, entries(2, 3)))
    assert log.size == 3
    assert log.published("tile/entries/000.p/5") is None
    assert log.published("tile/0/000.p/5") is None
    log.sign()
    assert held(log) == entries(5)


def test_entries_of_a_transaction_that_was_undone_leave_no_gap(
    log: LogInTables, database: Database
) -> None:
    def fails(db: object) -> None:
        log.enter(db, entries(4))  # type: ignore[arg-type]
        raise KeyError

    with pytest.raises(KeyError):
        database.change(fails)
    assert log.append(b"one") == 0
    whole(log)


def test_process_without_the_key_waits_for_the_one_that_has_it(
    url: str, log: LogInTables, tmp_path: Path
) -> None:
    other = LogInTables.open(open_database(url, TABLES), tmp_path / "elsewhere")
    assert not other.signs and not (tmp_path / "elsewhere").exists()
    stop = log.keep_signed()
    try:
        assert [other.append(entry) for entry in entries(5)] == [0, 1, 2, 3, 4]
        assert other.verifier == log.verifier
    finally:
        stop.set()
    whole(other)
    other.close()


def test_without_the_signer_it_says_so_and_loses_nothing(
    url: str, log: LogInTables, key: Path, tmp_path: Path
) -> None:
    other = LogInTables.open(open_database(url, TABLES), tmp_path / "elsewhere")
    other.patience_s = 0
    with pytest.raises(LogError, match=r"waits for its signature .* `seva documents serve`"):
        other.append(b"x")
    with pytest.raises(LogError, match="has the log's key"):
        other.keep_signed()
    LogInTables.open(open_database(url, TABLES), key).close()  # it comes back
    assert held(other) == [b"x"]
    other.close()


def test_log_is_begun_once_and_by_nobody_who_was_not_asked_to(url: str, tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no log in the database yet"):
        LogInTables.open(open_database(url, TABLES), tmp_path / "a")
    barrier, found = threading.Barrier(2), []

    def begin(name: str) -> None:
        database = open_database(url, TABLES)
        barrier.wait()
        try:
            found.append(LogInTables.open(database, tmp_path / name, origin=ORIGIN))
        except LogError as error:
            found.append(error)

    both = [threading.Thread(target=begin, args=(name,)) for name in ("a", "b")]
    for one in both:
        one.start()
    for one in both:
        one.join()
    (log,) = [one for one in found if isinstance(one, LogInTables)]
    (refused,) = [one for one in found if isinstance(one, LogError)]
    assert "is not the key of the log in the database" in str(refused)
    assert log.append(b"x") == 0


def test_database_that_was_put_back_is_not_signed_on(
    log: LogInTables, database: Database, url: str, key: Path
) -> None:
    """Its key would sign a second history from there on."""
    log.append_many(entries(300))
    before = log.checkpoint()
    log.append_many(entries(20, 300))
    change(database, "DELETE FROM log_entries WHERE number >= 300")
    change(database, "DELETE FROM log_nodes WHERE level = 0 AND number >= 300")
    back = "UPDATE log_head SET size = 300, signed = 300, checkpoint = ?"
    database.change(lambda db: db.execute(back, (before,)).rowcount)
    for process in (log, None):  # one that ran all the while, and a new one
        with pytest.raises(LogError, match="has signed 320 entries"):
            if process is not None:
                process.append(b"another")
            else:
                LogInTables.open(open_database(url, TABLES), key)
    assert log.size == 300


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE log_nodes SET hash = (SELECT hash FROM log_nodes WHERE level = 0 AND number = 1)"
        " WHERE level = 0 AND number = 299",
        "DELETE FROM log_nodes WHERE level = 0 AND number = 299",
        "DELETE FROM log_nodes WHERE level = 1",
        "UPDATE log_head SET signed = 299",
    ],
)
def test_tree_that_was_changed_is_not_signed_on(
    log: LogInTables, database: Database, url: str, key: Path, damage: str
) -> None:
    log.append_many(entries(300))
    change(database, damage)
    with pytest.raises(LogError):
        LogInTables.open(open_database(url, TABLES), key)


def test_entry_that_is_missing_is_not_passed_over(log: LogInTables, database: Database) -> None:
    database.change(lambda db: log.enter(db, entries(5)))
    change(database, "DELETE FROM log_entries WHERE number = 2")
    with pytest.raises(LogError, match="1 entries from 0 on are missing"):
        log.sign()
    assert log.size == 0


def test_signatures_of_witnesses_are_kept(log: LogInTables) -> None:
    log.append(b"one")
    witness = Signer.new("treasury.example/witness", COSIGNATURE)
    text = Note.parse(log.checkpoint()).text
    note = log.attach(text, [witness.sign(text, 1_795_000_000)])
    assert log.checkpoint() == log.cosigned() == str(note)
    log.append(b"two")
    assert log.receipt(0).checkpoint == str(note)
    assert log.receipt(1).checkpoint == log.checkpoint() != str(note)
    log.pins().pin("https://treasury.example", witness.verifier)
    assert log.pins().known("https://treasury.example") == witness.verifier


@contextmanager
def appender(url: str, folder: Path, number: int) -> Iterator[subprocess.Popen[bytes]]:
    """A process whose entries count from `number`."""
    command = [sys.executable, "-m", "tests.transparency.table_appender", url, str(folder)]
    process = subprocess.Popen([*command, str(number)], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("keys", ["both sign", "one signs"])
def test_two_processes_append_at_once_and_are_killed(
    url: str, log: LogInTables, key: Path, tmp_path: Path, keys: str
) -> None:
    """No fork, no gap: what was told stands where it was told to, under one tree."""
    told: dict[int, bytes] = {}
    earlier = open_checkpoint(log.checkpoint(), log.verifier).checkpoint
    other_folder = key if keys == "both sign" else tmp_path / "elsewhere"
    stop = threading.Event() if keys == "both sign" else log.keep_signed()
    for turn in range(2):
        number = turn * 10**7
        with (
            appender(url, key, number) as one,
            appender(url, other_folder, number + 10**6) as other,
        ):
            for found in (kill_after(one, 30), kill_after(other, 60)):
                assert not set(found) & set(told)
                told |= found
        log.sign()
        found_now = held(log)
        assert {index: found_now[index] for index in told} == told
        assert len(set(found_now)) == len(found_now)
        now = open_checkpoint(log.checkpoint(), log.verifier).checkpoint
        proof = log.consistency_proof(earlier.size)
        assert verify_consistency(earlier.size, now.size, earlier.root, now.root, proof)
        earlier = now
    stop.set()
    whole(log)


def test_partial_tiles_of_higher_levels(log: LogInTables) -> None:
    log.append_many(entries(3 * 256 + 5))
    assert len(log.read_tile(Tile(1, 0, 3))) == 3 * 32
    with pytest.raises(LogError, match="missing"):
        log.read_tile(Tile(1, 0, 4))
