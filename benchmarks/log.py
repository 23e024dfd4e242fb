"""`seva benchmark log`: the tamper-evident log at a million entries, beside pymerkle's in SQLite.

Appending is durable: an entry counts when it is on disk and under the signed checkpoint. Tenths of
the log are written in turn by one caller with batches and by callers with one entry each, with a
restart after each tenth; the consistency of all checkpoints is proved at the end. Proofs are of
entries at random, by a log that was just opened. The peer is measured in the same run, in the same
folder, and at a size of its own, because its proofs take longer the larger it is.
"""

from __future__ import annotations

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from actions.transparency.log import Log
from actions.transparency.merkle import leaf_hash, verify_consistency, verify_inclusion
from actions.transparency.note import Checkpoint, open_checkpoint
from benchmarks import command
from benchmarks.machine import machine

ORIGIN = "benchmark.example/log"
TENTHS = 10
PROOFS = 2000
LONE = 300
_SEED = 6


def _entries(count: int) -> list[bytes]:
    return [os.urandom(32) for _ in range(count)]


def _batched(log: Log, entries: Sequence[bytes], batch: int) -> None:
    for start in range(0, len(entries), batch):
        log.append_many(entries[start : start + batch])


def _concurrent(log: Log, entries: Sequence[bytes], callers: int) -> None:
    def caller(number: int) -> None:
        for entry in entries[number::callers]:
            log.append(entry)

    threads = [threading.Thread(target=caller, args=(number,)) for number in range(callers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _checkpoint(log: Log) -> Checkpoint:
    return open_checkpoint(log.checkpoint(), log.verifier).checkpoint


def write(folder: Path, size: int, callers: int, batch: int) -> dict[str, Any]:
    """Writes the log with restarts; appends a second, and whether all checkpoints agree."""
    Log.open(folder, origin=ORIGIN).close()
    took = {"batched": 0.0, "concurrent": 0.0}
    worked = dict(took)
    counts = {"batched": 0, "concurrent": 0}
    seen = []
    for tenth in range(TENTHS):
        log = Log.open(folder)
        entries = _entries(size * (tenth + 1) // TENTHS - size * tenth // TENTHS)
        kind = "concurrent" if tenth % 2 else "batched"
        how, number = (_concurrent, callers) if tenth % 2 else (_batched, batch)
        busy = time.process_time()
        took[kind] += _timed(partial(how, log, entries, number))
        worked[kind] += time.process_time() - busy
        counts[kind] += len(entries)
        seen.append(_checkpoint(log))
        log.close()
    log, last = Log.open(folder), seen[-1]
    consistent = sum(
        verify_consistency(
            old.size, last.size, old.root, last.root, log.consistency_proof(old.size)
        )
        for old in seen
    )
    rates = {f"{kind}_per_s": round(counts[kind] / took[kind]) for kind in took}
    each = {f"{kind}_processor_us": round(worked[kind] / counts[kind] * 1e6, 1) for kind in took}
    return {**rates, **each, "restarts": TENTHS, "consistent": consistent, "size": last.size}


def prove(log: Log, size: int) -> dict[str, float]:
    """Milliseconds for a proof of an entry at random, passed and of processor; all verified."""
    chance = random.Random(_SEED)
    root = _checkpoint(log).root
    took, worked = [], []
    for _ in range(PROOFS):
        index = chance.randrange(size)
        began, busy = time.perf_counter(), time.thread_time()
        proof = log.inclusion_proof(index, size)
        worked.append((time.thread_time() - busy) * 1000)
        took.append((time.perf_counter() - began) * 1000)
        entry = log.entry(index, size)
        if not verify_inclusion(leaf_hash(entry), index, size, proof, root):
            raise RuntimeError(f"the proof of entry {index} is wrong")
    processor = {f"processor_{name}": value for name, value in _milliseconds(worked).items()}
    return {**_milliseconds(took), **processor}


def _milliseconds(took: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(took, n=100, method="inclusive")
    return {"p50_ms": round(cuts[49], 3), "p99_ms": round(cuts[98], 3)}


def disk(folder: Path) -> dict[str, Any]:
    """Files, their bytes, and what they take on this file system."""
    found = [path.stat() for path in folder.rglob("*") if path.is_file()]
    return {
        "files": len(found),
        "mb": round(sum(stat.st_size for stat in found) / 1e6, 1),
        "on_disk_mb": round(sum(stat.st_blocks * 512 for stat in found) / 1e6, 1),
    }


def compare(folder: Path, size: int) -> dict[str, Any]:
    """One caller's appends and proofs at `size` entries, ours and pymerkle's."""
    from pymerkle import SqliteTree  # GPL: only in tests and here

    lone, rest = _entries(LONE), _entries(size - LONE)
    indices = random.Random(_SEED).choices(range(size), k=50)
    found: dict[str, Any] = {"size": size}
    log = Log.open(folder / "ours", origin=ORIGIN)
    with SqliteTree(str(folder / "peer.sqlite")) as peer:
        found["ours"] = _side(log.append, log.append_many, log.inclusion_proof, lone, rest, indices)
        shifted = [index + 1 for index in indices]  # it counts from one
        found["peer"] = _side(
            peer.append_entry, peer.append_entries, peer.prove_inclusion, lone, rest, shifted
        )
        if peer.get_state() != _checkpoint(log).root:
            raise RuntimeError("pymerkle has another root")
    return found


def _side(
    append: Callable[[bytes], object],
    append_many: Callable[[list[bytes]], object],
    prove_one: Callable[[int, int], object],
    lone: list[bytes],
    rest: list[bytes],
    indices: Sequence[int],
) -> dict[str, Any]:
    alone = _timed(lambda: [append(entry) for entry in lone])
    bulk = _timed(lambda: append_many(rest))
    size = len(lone) + len(rest)
    took = [_timed(partial(prove_one, index, size)) * 1000 for index in indices]
    rates = {"lone_per_s": round(len(lone) / alone), "bulk_per_s": round(len(rest) / bulk)}
    return {**rates, **_milliseconds(took)}


def run(size: int, callers: int, batch: int, peer_size: int, where: Path | None) -> dict[str, Any]:
    """The document that `--json` prints. Raises RuntimeError where a proof is wrong."""
    facts = machine()
    with tempfile.TemporaryDirectory(prefix="seva-log-", dir=where) as name:
        folder = Path(name)
        written = write(folder / "log", size, callers, batch)
        if written["consistent"] != TENTHS or written["size"] != size:
            raise RuntimeError("the log is not consistent across restarts")
        opened: list[Log] = []
        open_s = _timed(lambda: opened.append(Log.open(folder / "log")))
        document: dict[str, Any] = {
            "entries": size,
            "callers": callers,
            "batch": batch,
            "write": written,
            "open_s": round(open_s, 2),
            "proof": prove(opened[0], size),
            "disk": disk(folder / "log"),
            "peer": compare(folder, peer_size),
        }
    ours, peer = document["peer"]["ours"], document["peer"]["peer"]
    document["ratio"] = {
        "concurrent_to_peer_lone": round(written["concurrent_per_s"] / peer["lone_per_s"], 1),
        "lone": round(ours["lone_per_s"] / peer["lone_per_s"], 2),
        "bulk": round(ours["bulk_per_s"] / peer["bulk_per_s"], 2),
        "proof_p50": round(peer["p50_ms"] / ours["p50_ms"], 1),
    }
    packages = {name: version(name) for name in ("cryptography", "pymerkle")}
    load = round(os.getloadavg()[0], 2)
    return {**document, "packages": packages, "load_after": load, "machine": facts}


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The table."""
    written, proof, size = document["write"], document["proof"], document["disk"]
    packages = ", ".join(f"{name} {number}" for name, number in document["packages"].items())
    yield f"{packages}; load {document['load_after']} after"
    yield f"{document['entries']:,} entries, {written['restarts']} restarts, all consistent"
    rows = (
        (f"appends/s, {document['callers']} callers, one entry each", written["concurrent_per_s"]),
        ("  of processor, us for each", written["concurrent_processor_us"]),
        (f"appends/s, batches of {document['batch']:,}", written["batched_per_s"]),
        ("  of processor, us for each", written["batched_processor_us"]),
        ("inclusion proof, p50 ms", proof["p50_ms"]),
        ("inclusion proof, p99 ms", proof["p99_ms"]),
        ("  of processor, p50 ms", proof["processor_p50_ms"]),
        ("  of processor, p99 ms", proof["processor_p99_ms"]),
        ("opening, s", document["open_s"]),
        ("files", size["files"]),
        ("MB (on disk)", f"{size['mb']} ({size['on_disk_mb']})"),
    )
    for title, value in rows:
        yield f"  {title:45}{value:>18}"
    peer = document["peer"]
    yield f"beside pymerkle's SQLite tree at {peer['size']:,} entries"
    yield f"  {'':33}{'lone/s':>10}{'bulk/s':>10}{'p50 ms':>10}{'p99 ms':>10}"
    for title, side in (("Seva", "ours"), ("peer: pymerkle, SQLite", "peer")):
        cells = peer[side].values()
        yield f"  {title:33}" + "".join(f"{cell:>10}" for cell in cells)
    ratio = document["ratio"]
    times = (ratio["lone"], ratio["bulk"], ratio["proof_p50"])
    yield f"  {'ratio':33}" + "".join(f"{cell:>10}" for cell in times)
    yield f"  {document['callers']} callers to the peer's one: {ratio['concurrent_to_peer_lone']}"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark log`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark log",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--entries", type=int, default=1_000_000, help="in the log")
    parser.add_argument("--callers", type=int, default=64, help="that append at the same time")
    parser.add_argument("--batch", type=int, default=1000, help="entries of a batch")
    parser.add_argument("--peer-entries", type=int, default=20_000, help="in both, to compare")
    parser.add_argument("--folder", type=Path, help="where to write; default: temporary files")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if given.entries < TENTHS or given.peer_entries <= LONE or min(given.callers, given.batch) < 1:
        parser.error(f"--entries from {TENTHS}, --peer-entries above {LONE}, the others from 1")
    return command.finish(
        lambda: run(given.entries, given.callers, given.batch, given.peer_entries, given.folder),
        lines,
        as_json=given.json,
        failures=(RuntimeError, OSError),
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
