"""The keys that seal: made once, checked at the start, and one after another."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from actions.departments.journal import database_url as journal_url
from actions.documents.settings import documents_folder
from api.inbox.open import database_file
from nlu.settings import Settings
from nlu.storage.keys import (
    HASHING_FILE,
    KEY_FILE,
    add_key,
    check_keys,
    drop_keys,
    key_place,
    new_key,
    read_keys,
)
from nlu.storage.sealing import keyed_hash

AT_ONCE = 24


def at_once(work: Callable[[], object]) -> list[object]:
    """What so many threads get that begin at the same moment."""
    together = threading.Barrier(AT_ONCE)

    def begin(_: int) -> object:
        together.wait()
        return work()

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(begin, range(AT_ONCE)))


def test_first_users_at_once_share_one_key(folder: Path) -> None:
    """Else a bill had two names, and could be paid twice."""
    assert len(set(at_once(lambda: keyed_hash("a bill", "test")))) == 1
    assert [path.name for path in folder.iterdir()] == [KEY_FILE]
    assert (folder / KEY_FILE).stat().st_mode & 0o777 == 0o600


def test_who_rotates_at_once_takes_no_key_away(folder: Path) -> None:
    at_once(lambda: add_key(key_place()))
    assert len(set(read_keys(key_place()).sealing)) == AT_ONCE + 1


def test_rotated_files_are_private(folder: Path) -> None:
    add_key(key_place())
    modes = {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}
    assert modes == {KEY_FILE: 0o600, HASHING_FILE: 0o600}


@pytest.mark.parametrize("content", ["{}", "{}\n", "  {}  \n\n"])
def test_file_of_before_holds_one_key(folder: Path, content: str) -> None:
    key = new_key()
    (folder / KEY_FILE).write_text(content.format(key))
    found = read_keys(key_place())
    assert (found.sealing, found.hashing) == ((key,), key)


def test_names_of_rows_outlive_every_sealing_key(folder: Path) -> None:
    before = keyed_hash("9198", "profile")
    add_key(key_place())
    assert keyed_hash("9198", "profile") == before
    drop_keys(key_place())
    add_key(key_place())
    assert keyed_hash("9198", "profile") == before


def test_names_of_rows_outlive_keys_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest names rows until it is given on its own."""
    old, new = new_key(), new_key()
    monkeypatch.setenv("SEVA_SEALING_KEY", old)
    before = keyed_hash("9198", "profile")
    monkeypatch.setenv("SEVA_SEALING_KEY", f"{new},{old}")
    assert keyed_hash("9198", "profile") == before
    monkeypatch.setenv("SEVA_SEALING_KEY", new)
    assert keyed_hash("9198", "profile") != before
    monkeypatch.setenv("SEVA_HASHING_KEY", old)
    assert keyed_hash("9198", "profile") == before


@pytest.mark.parametrize("value", ["correct horse battery staple", "c2hvcnQ=", "కీ", "x{}"])
@pytest.mark.parametrize("variable", ["SEVA_SEALING_KEY", "SEVA_HASHING_KEY"])
def test_malformed_key_is_named_at_the_start(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value.format(new_key()))
    with pytest.raises(ValueError, match=variable) as found:
        check_keys()
    assert os.environ[variable] not in str(found.value)


@pytest.mark.parametrize("value", [",", "{},x", "x, {}"])
def test_one_malformed_key_of_several_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("SEVA_SEALING_KEY", value.format(new_key()))
    with pytest.raises(ValueError, match="SEVA_SEALING_KEY"):
        check_keys()


@pytest.mark.parametrize("name", [KEY_FILE, HASHING_FILE])
@pytest.mark.parametrize("content", [b"", b"\n", b"not a key\n", b"\xff\xfe"])
def test_malformed_file_is_named_at_the_start(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(ValueError, match=name):
        check_keys()


@pytest.mark.slow
@pytest.mark.parametrize("command", [["actions"], ["keys", "check"]])
def test_process_with_a_malformed_key_does_not_start(command: list[str]) -> None:
    """One line, and not a citizen's turn that fails."""
    wrong = {**os.environ, "SEVA_SEALING_KEY": "correct horse battery staple"}
    done = subprocess.run(
        [sys.executable, "-m", "nlu.cli", *command], env=wrong, capture_output=True, text=True
    )
    assert done.returncode == 1
    (line,) = done.stderr.strip().splitlines()
    assert line.startswith("SEVA_SEALING_KEY") and "correct horse" not in line


def test_keys_lie_where_the_databases_lie(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """They lay in the project's `var/`, and the databases in that of the folder one stood in: two
    processes started in two folders could not read each other's rows."""
    for name in ("SEVA_VAR_DIR", "SEVA_JOURNAL_URL", "SEVA_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    here = tmp_path / "var"
    assert key_place().file.resolve().parent == here
    file = database_file(Settings())
    assert file is not None and file.resolve().parent == here
    assert journal_url() == f"sqlite:///{here / 'journal.sqlite'}"
    assert documents_folder().resolve().parent == here
