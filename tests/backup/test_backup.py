"""What a backup holds, what it refuses, and what a restore leaves alone."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pyrage
import pytest
from cryptography.fernet import Fernet

from nlu.backup import archive, copies, encryption
from nlu.backup.commands import (
    check_command,
    identity_command,
    keys_command,
    make_command,
    restore_command,
)
from nlu.backup.manifest import Manifest, Part

SECRET = "0123456789abcdef-private"
Said = Callable[[], str]


class Here:
    """A deployment without processes, and the vault of its backups."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self._env = folder, monkeypatch
        self.out, self.identity = folder / "out", folder / "identity"
        self.recipients = folder / "recipients"
        self.out.mkdir()
        assert identity_command(self.identity) == 0
        public = self.identity.read_text().split()[3]
        self.recipients.write_text(public)
        self.at("var")

    def at(self, name: str) -> Path:
        """From here on SEVA_VAR_DIR is that folder, with models of its own."""
        self.var = self.folder / name
        self._env.setenv("SEVA_VAR_DIR", str(self.var))
        self._env.setenv("SEVA_MODELS_DIR", str(self.folder / f"models-{name}"))
        return self.var

    def fill(self) -> None:
        """A store of Seva, one that nobody knows, a log, and keys."""
        for name, rows in (("seva.sqlite", 3), ("new/later.sqlite", 5)):
            path = self.var / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(path)) as db:
                db.execute("PRAGMA journal_mode = WAL")
                db.execute("CREATE TABLE things (n INTEGER)")
                db.executemany("INSERT INTO things VALUES (?)", [(n,) for n in range(rows)])
                db.commit()
        for name, text in {
            "sealing.key": Fernet.generate_key().decode(),
            "documents/keys/energy/ab.pem": SECRET,
            "documents/keys/energy/ab.json": "{}",
            "documents/keys/energy/ab.pem.draft": SECRET,
            "sealing.key.x7f3": SECRET,
            "documents/log/log.key": f"log+{SECRET}",
            "documents/log/lock": "",
            "documents/log/public/checkpoint": "signed",
            "documents/log/public/key": "public",
            "counts/1.db": "metrics",
        }.items():
            (self.var / name).parent.mkdir(parents=True, exist_ok=True)
            (self.var / name).write_text(text)

    def backup(self) -> Path:
        before = set(self.out.iterdir())
        target = self.out / f"{len(before)}.age"
        assert make_command(target, self.recipients, "live", keep=0, as_json=False) == 0
        return target

    def restore(self, path: Path, identity: Path | None = None) -> int:
        return restore_command(path, identity or self.identity, models=True, as_json=False)

    def inside(self, path: Path) -> bytes:
        with path.open("rb") as file:
            out = io.BytesIO()
            pyrage.decrypt_io(file, out, encryption.read_identities(self.identity))
            return out.getvalue()


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    for name in ("SEVA_DATABASE_URL", "SEVA_JOURNAL_URL", "SEVA_SEALING_KEY", "SEVA_DATA_DIR"):
        monkeypatch.delenv(name, raising=False)
    found = Here(tmp_path, monkeypatch)
    found.fill()
    return found


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Said:
    """What was printed since it was asked last."""

    def both() -> str:
        found = capsys.readouterr()
        return found.out + found.err

    return both


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def things(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT COUNT(*) FROM things").fetchone()[0])


def test_everything_but_keys_and_what_passes_comes_back(here: Here, said: Said) -> None:
    made = here.backup()
    assert "sha256" in said()
    assert made.stat().st_mode & 0o777 == 0o600
    assert check_command(made, here.identity, as_json=True) == 0
    found = json.loads(said())
    assert found["ok"] and found["rows"] == 8
    var = here.at("back")
    assert here.restore(made) == 0
    assert set(files(var)) == {
        *("seva.sqlite", "new/later.sqlite", "documents/keys/energy/ab.json"),
        *("documents/log/public/checkpoint", "documents/log/public/key"),
    }
    assert things(var / "seva.sqlite") == 3 and things(var / "new" / "later.sqlite") == 5
    assert "documents/keys/energy/ab.pem, documents/log/log.key, sealing.key" in said()


def test_no_key_is_in_a_backup(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    given = Fernet.generate_key().decode()
    monkeypatch.setenv("SEVA_DOCUMENTS_SEALING_KEY", given)
    inside = here.inside(here.backup())
    assert b"signed" in inside and b"CREATE TABLE things" in inside
    sealing = (here.var / "sealing.key").read_bytes()
    for key in (sealing, SECRET.encode(), given.encode()):
        assert key not in inside


def test_keys_come_back_from_their_own_file(
    here: Here, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Fernet.generate_key().decode()
    monkeypatch.setenv("SEVA_DOCUMENTS_SEALING_KEY", given)
    made, apart = here.backup(), here.out / "keys.age"
    assert keys_command(apart, here.recipients, None, as_json=False) == 0
    assert apart.stat().st_mode & 0o777 == 0o600
    wanted = {name: (here.var / name).read_text() for name in KEYS}
    var = here.at("back")
    monkeypatch.delenv("SEVA_DOCUMENTS_SEALING_KEY")
    assert here.restore(apart) == 0
    assert {name: (var / name).read_text() for name in KEYS} == wanted
    assert (var / "keys.env").read_text() == f"SEVA_DOCUMENTS_SEALING_KEY={given}\n"
    assert {(var / name).stat().st_mode & 0o777 for name in KEYS} == {0o600}
    said()
    assert here.restore(made) == 0, "keys may be there before"
    assert "are not here (documents/sealing.key)" in said()
    assert here.restore(apart) == 0, "the same keys once more change nothing"


KEYS = ("sealing.key", "documents/keys/energy/ab.pem", "documents/log/log.key")


def test_other_keys_are_not_written_over(here: Here, said: Said) -> None:
    apart = here.out / "keys.age"
    assert keys_command(apart, here.recipients, None, as_json=False) == 0
    (here.var / "sealing.key").write_text("another")
    (here.var / KEYS[1]).unlink()
    assert here.restore(apart) == 1
    assert "differs: nothing was written" in said()
    assert not (here.var / KEYS[1]).exists()


def test_a_wrong_identity_is_told(here: Here, said: Said) -> None:
    made, apart = here.backup(), here.out / "keys.age"
    assert keys_command(apart, here.recipients, None, as_json=False) == 0
    here.at("back")
    other = here.folder / "other"
    assert identity_command(other) == 0
    for path in (made, apart):
        for command in (here.restore, check_other):
            assert command(path, other) == 1
            assert "was encrypted for other keys than these" in said()
    assert not here.var.exists()


def test_nobody_reads_both_keys_and_backups(here: Here, said: Said) -> None:
    assert keys_command(here.out / "k", here.recipients, here.recipients, as_json=False) == 1
    assert "share a recipient" in said() and not (here.out / "k").exists()


def test_a_passphrase_is_not_ours(here: Here, said: Said) -> None:
    """The library refuses one that a faster machine encrypted."""
    path = here.out / "phrase.age"
    path.write_bytes(b"age-encryption.org/v1\n-> scrypt bGV0IG1lIGluIHBsZWFzZQ 20\n")
    assert here.restore(path) == 1
    assert "encrypted with a passphrase" in said()


def check_other(made: Path, identity: Path) -> int:
    return check_command(made, identity, as_json=False)


@pytest.mark.parametrize("at", [0.3, 0.6, 0.999])
@pytest.mark.parametrize("how", ["changed", "cut"])
def test_damage_is_found_before_anything_changes(
    here: Here, said: Said, at: float, how: str
) -> None:
    made = here.backup()
    raw = bytearray(made.read_bytes())
    place = int(len(raw) * at)
    if how == "cut":
        del raw[place:]
    else:
        raw[place] ^= 1
    made.write_bytes(raw)
    assert check_other(made, here.identity) == 1
    assert "damaged" in said()
    var = here.at("back")
    assert here.restore(made) == 1
    assert "damaged" in said()
    assert not var.exists() or files(var) == {}


def test_a_file_of_others_is_no_backup(here: Here, said: Said) -> None:
    stranger = here.out / "stranger"
    stranger.write_text("hello")
    assert here.restore(stranger) == 1
    assert "not in the form of age" in said()


def test_a_part_that_the_manifest_does_not_mean_is_refused(here: Here, said: Said) -> None:
    """Damage that happened before the encryption."""
    path = forged(here, Part("var/a", "file", 3, "0" * 64), b"abc")
    assert check_other(path, here.identity) == 1
    assert "var/a" in said()
    var = here.at("back")
    assert here.restore(path) == 1
    assert "var/a is not what its manifest says" in said()
    assert files(var) == {}


@pytest.mark.parametrize(
    "name",
    ["var/../../out/a", "/etc/a", "elsewhere/a", "a", "var/sealing.key", "var/x/log.key"],
)
def test_a_part_that_leads_elsewhere_is_refused(here: Here, said: Said, name: str) -> None:
    """Whoever has the public key can make a file that decrypts."""
    path = forged(here, Part(name, "file", 3, archive.hash_of(here.identity, 3)), b"# p")
    before = files(here.folder)
    here.at("back")
    assert here.restore(path) == 1
    assert repr(name) in said()
    assert files(here.folder) == before


def forged(here: Here, part: Part, content: bytes) -> Path:
    source, target = here.folder / "content", here.out / "forged.age"
    source.write_bytes(content)
    engines = {"state": "sqlite", "journal": "sqlite"}
    manifest = Manifest("state", "0", "now", "now", (part,), engines)
    public = encryption.read_recipients(here.recipients)
    with target.open("wb") as out:
        encryption.encrypt(
            lambda pipe: archive.write(manifest, {part.name: source}, pipe, lambda _: None),
            out,
            public,
        )
    source.unlink()
    return target


def test_nothing_is_written_over(here: Here, said: Said) -> None:
    made = here.backup()
    before = files(here.var)
    assert here.restore(made) == 1
    assert "is not empty" in said() and files(here.var) == before
    var = here.at("back")
    var.mkdir()
    (var / "seva.sqlite-wal").write_text("of an older file")
    assert here.restore(made) == 1
    assert files(var) == {"seva.sqlite-wal": b"of an older file"}


def test_a_restore_that_was_cut_short_is_not_taken_for_a_whole_one(here: Here, said: Said) -> None:
    made = here.backup()
    var = here.at("back")
    (var / ".restore.partial").mkdir(parents=True)
    assert here.restore(made) == 1
    assert "a restore was cut short" in said()


def test_engines_must_be_those_of_the_backup(
    here: Here, said: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = here.backup()
    here.at("back")
    monkeypatch.setenv("SEVA_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none")
    assert here.restore(made) == 1
    assert "the backup has state on sqlite" in said()


def test_stores_outside_come_back_where_the_environment_says(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = here.folder / "elsewhere" / "state.db"
    elsewhere.parent.mkdir()
    (here.var / "seva.sqlite").rename(elsewhere)
    monkeypatch.setenv("SEVA_DATABASE_URL", f"sqlite:///{elsewhere}")
    made = here.backup()
    new = here.folder / "new" / "state.db"
    monkeypatch.setenv("SEVA_DATABASE_URL", f"sqlite:///{new}")
    here.at("back")
    assert here.restore(made) == 0
    assert things(new) == 3


def test_models_come_along_or_not(here: Here) -> None:
    models = here.folder / "models-var"
    for name in ("m1", "m2"):
        (models / name).mkdir(parents=True)
        (models / name / "model.tar.gz").write_text(name)
    (models / "live").write_text('{"id": "m2", "history": ["m1"]}')
    made = here.backup()
    here.at("back")
    assert here.restore(made) == 0
    assert set(files(here.folder / "models-back")) == {"live", "m2/model.tar.gz"}
    here.at("again")
    (here.folder / "models-again").mkdir()
    (here.folder / "models-again" / "live").write_text("of another")
    assert here.restore(made) == 1, "nothing is written over"
    given: Any = {"models": False, "as_json": False}
    assert restore_command(made, here.identity, **given) == 0
    assert (here.folder / "models-again" / "live").read_text() == "of another"


def test_only_so_many_are_kept(here: Here, said: Said, monkeypatch: pytest.MonkeyPatch) -> None:
    for hour in range(4):
        (here.out / f"seva-20260101T0{hour}0000Z.age").write_text("old")
    (here.out / "notes.age").write_text("ours")
    assert make_command(here.out, here.recipients, "none", keep=3, as_json=False) == 0
    left = sorted(path.name for path in here.out.iterdir())
    assert left[0] == "notes.age" and left[1:3] == [
        "seva-20260101T020000Z.age",
        "seva-20260101T030000Z.age",
    ]
    assert len(left) == 4 and "2 older removed" in said()
    assert make_command(here.out / "one", here.recipients, "none", keep=3, as_json=False) == 1


def test_one_line_on_success_and_one_on_failure(here: Here, said: Said) -> None:
    here.backup()
    assert len(said().splitlines()) == 1
    (here.folder / "none").write_text("# nobody\n")
    assert make_command(here.out / "x", here.folder / "none", "live", keep=0, as_json=False) == 1
    assert len(said().splitlines()) == 1
    assert make_command(here.var / "x", here.recipients, "live", keep=0, as_json=False) == 1
    assert "lies in SEVA_VAR_DIR" in said()
    assert not (here.out / "x").exists() and not list(here.out.glob(".*"))


def test_what_a_killed_backup_left_is_gone_with_the_next(here: Here) -> None:
    left = here.var / ".backup" / "links"
    left.mkdir(parents=True)
    (left / "0").write_text("left")
    with tarfile.open(fileobj=io.BytesIO(here.inside(here.backup()))) as tar:
        names = tar.getnames()
    assert not [name for name in names if ".backup" in name]
    assert list((here.var / ".backup").iterdir()) == []


def test_two_backups_do_not_run_at_once(here: Here, said: Said) -> None:
    with copies._work(here.var / ".backup"):
        assert make_command(here.out / "x", here.recipients, "live", keep=0, as_json=False) == 1
    assert "another backup runs" in said()
