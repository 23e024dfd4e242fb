"""What an operator does by hand: check, prove, verify, ask for signatures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from actions.transparency.commands import (
    check_command,
    cosign_command,
    prove_command,
    verify_command,
)
from actions.transparency.log import Log
from actions.transparency.note import NoteError, Proof
from actions.transparency.tiles import Tile
from actions.transparency.witness import Witness, create_app
from tests.served import served
from tests.transparency.conftest import ServedLog
from tests.transparency.town import entries


def run(command: Callable[..., int], *arguments: object) -> tuple[int, str]:
    said: list[str] = []
    return command(*arguments, say=said.append), "\n".join(said)


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[40] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize("over_http", [True, False])
def test_log_in_order_is_said_to_be(town: ServedLog, over_http: bool) -> None:
    town.log.append_many(entries(600))
    where = town.url if over_http else str(town.log.folder.root)
    code, told = run(check_command, where, None)
    assert code == 0 and "600 entries" in told and str(town.log.verifier) in told


@pytest.mark.parametrize(
    "tile, told",
    [
        (Tile(0, 0), "tile/0/000 does not fit the entries from 1 on"),
        (Tile(0, 2, 88), "tile/0/002.p/88 does not fit the entries from 513 on"),
        (Tile(1, 0, 2), "tile/1/000.p/2 does not fit the entries from 256 on"),
        (Tile(None, 1), "tile/0/001 does not fit the entries from 257 on"),
    ],
)
def test_changed_file_is_found_and_named(town: ServedLog, tile: Tile, told: str) -> None:
    town.log.append_many(entries(600))
    flip(town.log.folder.public / tile.path)
    code, said = run(check_command, str(town.log.folder.root), None)
    assert code == 1 and told in said


def test_missing_tile_is_named(town: ServedLog) -> None:
    town.log.append_many(entries(600))
    (town.log.folder.public / Tile(0, 1).path).unlink()
    code, said = run(check_command, town.url, None)
    assert code == 1 and "tile/0/001 is missing" in said


@pytest.mark.parametrize("index", [0, 255, 256, 599])
def test_proof_is_made_and_verified_without_the_log(
    town: ServedLog, tmp_path: Path, index: int
) -> None:
    town.log.append_many(entries(600))
    code, proof = run(prove_command, town.url, index)
    assert code == 0
    file = tmp_path / "entry.tlog-proof"
    file.write_text(proof + "\n", "utf-8")
    data, key = entries(1, index)[0].hex(), str(town.log.verifier)
    code, told = run(verify_command, file, data, key)
    assert code == 0 and f"entry {index} of the 600" in told
    assert run(verify_command, file, entries(1, 700)[0].hex(), key)[0] == 1
    assert run(verify_command, file, "xyz", key)[0] == 1


def test_proof_of_another_log_is_refused(town: ServedLog, tmp_path: Path) -> None:
    town.log.append_many(entries(3))
    file = tmp_path / "entry.tlog-proof"
    file.write_text(run(prove_command, town.url, 1)[1] + "\n", "utf-8")
    other = Log.open(tmp_path / "other", origin="other.example/log")
    code, told = run(verify_command, file, entries(1, 1)[0].hex(), str(other.verifier))
    assert code == 1 and "other.example/log" in told


def test_entry_that_is_not_there_has_no_proof(town: ServedLog) -> None:
    town.log.append_many(entries(3))
    assert run(prove_command, town.url, 3)[0] == 1


def test_proof_is_read_back_and_extra_data_passed_over(town: ServedLog) -> None:
    town.log.append_many(entries(3))
    receipt = town.log.receipt(2)
    proof = Proof(receipt.index, receipt.proof, receipt.checkpoint)
    assert Proof.parse(str(proof)) == proof
    assert Proof.parse(str(proof).replace("index", "extra YQ==\nindex", 1)) == proof


@pytest.mark.parametrize("text", ["", "c2sp.org/tlog-proof@v1\n\nx", "c2sp.org/tlog-proof@v2\n"])
def test_malformed_proof_is_refused(text: str) -> None:
    with pytest.raises(NoteError):
        Proof.parse(text)


def test_signatures_are_asked_for_and_published(town: ServedLog, tmp_path: Path) -> None:
    witness = Witness.open(tmp_path / "s", tmp_path / "k", town.log.verifier, "audit.example/w")
    town.log.append_many(entries(3))
    with served(create_app(witness)) as url:
        code, told = run(cosign_command, town.log.folder.root, [url], None)
        assert code == 0 and "audit.example/w" in told
        code, told = run(cosign_command, town.log.folder.root, [url, "http://127.0.0.1:9"], None)
        assert code == 1 and "Not signed: http://127.0.0.1:9" in told
    assert "audit.example/w" in town.log.checkpoint()
