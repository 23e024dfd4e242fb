"""The log in its folder: appending, proofs, crashes, several writers."""

from __future__ import annotations

import shutil
import stat
import threading
from pathlib import Path

import pytest

from actions.transparency.folder import LogError
from actions.transparency.log import Log
from actions.transparency.merkle import (
    leaf_hash,
    tree_root,
    verify_consistency,
    verify_inclusion,
)
from actions.transparency.note import SignedCheckpoint, open_checkpoint
from actions.transparency.tiles import Tile, bundles, unpack_entries
from tests.transparency.vectors import nodes_of

ORIGIN = "seva.example/log"


def entry(number: int) -> bytes:
    return number.to_bytes(32, "big")


def entries(count: int, start: int = 0) -> list[bytes]:
    return [entry(start + number) for number in range(count)]


def signed(log: Log) -> SignedCheckpoint:
    return open_checkpoint(log.checkpoint(), log.verifier)


def contents(log: Log) -> list[bytes]:
    """Every entry, from the public bundles."""
    found: list[bytes] = []
    for bundle in bundles(0, log.size):
        found += unpack_entries(log.folder.read_tile(bundle))
    return found


def whole(log: Log, expected: list[bytes]) -> None:
    """The log holds exactly these entries, in its bundles, tiles and checkpoint."""
    assert contents(log) == expected
    size = len(expected)
    assert signed(log).checkpoint.root == tree_root(nodes_of(expected), size)
    for index in {0, size // 2, size - 1} if size else ():
        receipt = log.receipt(index)
        root = signed(log).checkpoint.root
        leaf = leaf_hash(expected[index])
        assert verify_inclusion(leaf, index, receipt.size, receipt.proof, root)


@pytest.fixture
def log(tmp_path: Path) -> Log:
    return Log.open(tmp_path / "log", origin=ORIGIN)


def test_new_log_is_empty_and_signed(log: Log) -> None:
    assert signed(log).checkpoint.size == 0
    whole(log, [])


def test_log_without_a_name_is_not_begun(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="no name"):
        Log.open(tmp_path / "log")


def test_log_does_not_change_its_name(log: Log) -> None:
    with pytest.raises(LogError, match="holds the log"):
        Log.open(log.folder.root, origin="other.example/log")


def test_private_files_are_for_the_owner_alone(log: Log) -> None:
    for path in (log.folder.key, log.folder.recent):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert log.folder.public not in path.parents


def test_entry_is_proved_when_append_returns(log: Log) -> None:
    assert [log.append(entry(number)) for number in range(5)] == [0, 1, 2, 3, 4]
    whole(log, entries(5))


@pytest.mark.parametrize("size", [1, 255, 256, 257, 511, 512, 700])
def test_log_of_any_size_is_whole_after_opening_again(log: Log, size: int) -> None:
    assert log.append_many(entries(size)) == range(size)
    whole(log, entries(size))
    again = Log.open(log.folder.root)
    whole(again, entries(size))
    again.append(entry(size))
    whole(again, entries(size + 1))


def test_level_above_the_leaves_survives_opening_again(log: Log) -> None:
    count = 256 * 70 + 3  # more than one file of recent entries holds
    log.append_many(entries(count))
    log.append(entry(count))
    assert log.folder.recent.stat().st_size < 20_000  # it has begun a new one
    whole(Log.open(log.folder.root), entries(count + 1))


def test_consistency_holds_across_openings(log: Log) -> None:
    seen = [signed(log).checkpoint]
    for batch in (3, 250, 10, 300, 1):
        log = Log.open(log.folder.root)
        log.append_many(entries(batch))
        seen.append(signed(log).checkpoint)
    last = seen[-1]
    for earlier in seen:
        proof = log.consistency_proof(earlier.size)
        assert verify_consistency(earlier.size, last.size, earlier.root, last.root, proof)


def test_earlier_sizes_are_proved_too(log: Log) -> None:
    log.append_many(entries(300))
    proof = log.inclusion_proof(7, 100)
    root = tree_root(nodes_of(entries(100)), 100)
    assert verify_inclusion(leaf_hash(entry(7)), 7, 100, proof, root)


@pytest.mark.parametrize("index, size", [(5, None), (-1, None), (0, 9), (3, 3)])
def test_entry_that_is_not_there_has_no_proof(log: Log, index: int, size: int | None) -> None:
    log.append_many(entries(5))
    with pytest.raises(IndexError):
        log.inclusion_proof(index, size)


def test_nothing_and_too_much(log: Log) -> None:
    assert log.append_many([]) == range(0)
    with pytest.raises(ValueError):
        log.append(b"x" * 65_536)
    assert log.append(b"x" * 65_535) == 0
    whole(log, [b"x" * 65_535])


def test_threads_share_writes_and_get_the_index_of_their_own_entry(log: Log) -> None:
    found: dict[int, bytes] = {}

    def caller(number: int) -> None:
        for step in range(20):
            data = entry(number * 100 + step)
            found[log.append(data)] = data

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    whole(log, [found[index] for index in range(320)])


def test_two_writers_take_turns(log: Log) -> None:
    other = Log.open(log.folder.root)
    expected = []
    for number in range(0, 600, 3):
        writer = log if number % 2 else other
        expected += entries(3, number)
        assert writer.append_many(entries(3, number)) == range(number, number + 3)
    whole(log, expected)
    whole(other, expected)


def test_writer_goes_on_after_another_began_new_recent_entries(log: Log) -> None:
    log.append_many(entries(300))
    other = Log.open(log.folder.root)  # begins one
    other.append_many(entries(256 * 66, 300))  # and another
    log.append(entry(7))
    whole(other, entries(300) + entries(256 * 66, 300) + [entry(7)])


def test_writer_goes_on_after_another_was_killed_while_it_wrote(log: Log) -> None:
    log.append_many(entries(5))
    torn = log.folder.recent.read_bytes()[-50:]
    with open(log.folder.recent, "ab") as recent:
        recent.write(torn)
    log.append_many(entries(3, 5))
    log.append(entry(8))
    whole(log, entries(9))
    whole(Log.open(log.folder.root), entries(9))


def test_writer_takes_in_what_another_made_durable_before_it_died(log: Log, tmp_path: Path) -> None:
    twin = tmp_path / "twin"
    log.append_many(entries(250))
    shutil.copytree(log.folder.root, twin)
    Log.open(twin).close()  # begins a file there as opening it here would
    alive = Log.open(twin)
    shutil.copytree(twin, tmp_path / "before")
    Log.open(tmp_path / "before").append_many(entries(20, 250))
    record = (tmp_path / "before" / "journal").read_bytes()
    known = (twin / "journal").stat().st_size
    with open(twin / "journal", "ab") as recent:
        recent.write(record[known:])
    alive.append(entry(270))
    whole(alive, entries(271))


def test_log_opens_whatever_byte_of_the_recent_entries_a_crash_came_after(
    log: Log, tmp_path: Path
) -> None:
    log.append_many(entries(254))
    before = tmp_path / "before"
    shutil.copytree(log.folder.root, before)
    acknowledged = (before / "journal").stat().st_size
    log.append_many(entries(3, 254))
    recent = log.folder.recent.read_bytes()
    for end in range(acknowledged, len(recent) + 1):
        crashed = tmp_path / "crashed"
        shutil.copytree(before, crashed)
        (crashed / "journal").write_bytes(recent[:end])
        opened = Log.open(crashed)
        expected = entries(257 if end == len(recent) else 254)
        whole(opened, expected)
        opened.append(b"next")
        whole(opened, [*expected, b"next"])
        shutil.rmtree(crashed)


def test_log_opens_with_what_a_power_cut_may_leave(log: Log) -> None:
    log.append_many(entries(600))
    for path in sorted(log.folder.public.rglob("*")):
        if path.is_file() and path != log.folder.verifier:
            if path.name == "checkpoint" or ".p" in str(path):
                path.write_bytes(b"")  # a name that reached the disk without its bytes
            else:
                path.unlink()  # as long as the recent entries have it
    whole(Log.open(log.folder.root), entries(600))


def test_half_made_log_is_begun_again(log: Log) -> None:
    log.folder.recent.unlink()
    log.folder.checkpoint.unlink()
    again = Log.open(log.folder.root)
    assert again.verifier == log.verifier
    again.append(entry(1))
    whole(again, [entry(1)])


def test_lost_entries_that_were_signed_are_not_passed_over(log: Log) -> None:
    log.append_many(entries(5))
    kept = log.folder.recent.read_bytes()
    log.append_many(entries(5, 5))
    log.folder.recent.write_bytes(kept)
    with pytest.raises(LogError, match="has signed 10 entries but holds 5"):
        Log.open(log.folder.root)


def test_changed_entries_are_not_signed_again(log: Log, tmp_path: Path) -> None:
    log.append_many(entries(5))
    other = Log.open(tmp_path / "other", origin=ORIGIN)
    other.append_many([*entries(4), b"forged"])
    shutil.copy(other.folder.recent, log.folder.recent)
    with pytest.raises(LogError, match="not those that the log has signed"):
        Log.open(log.folder.root)


@pytest.mark.parametrize("gone", ["journal", "log.key"])
def test_log_without_recent_entries_or_key_is_not_begun_anew(log: Log, gone: str) -> None:
    log.append_many(entries(300))
    (log.folder.root / gone).unlink()
    with pytest.raises(LogError):
        Log.open(log.folder.root, origin=ORIGIN)
    assert Tile(0, 0).path in {
        str(p.relative_to(log.folder.public)) for p in log.folder.public.rglob("*") if p.is_file()
    }
