"""SEVA_VAR_DIR and the machine."""

from __future__ import annotations

import os
import shutil
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.doctor.site import Site, is_root

KEPT = [
    ("sealing.key", 0o644, "critical"),
    ("hashing.key", 0o640, "critical"),
    ("documents/sealing.key", 0o604, "critical"),
    ("documents/keys/land.2026", 0o644, "critical"),
    ("seva.sqlite", 0o644, "trouble"),
    ("journal.sqlite-wal", 0o660, "trouble"),
]


@pytest.mark.parametrize(("name", "mode", "severity"), KEPT)
def test_files_that_others_can_read(name: str, mode: int, severity: str, site: Site) -> None:
    file = site.write(f"var/{name}", "x")
    for folder in (site.var, *(one for one in file.parents if site.var in one.parents)):
        folder.chmod(0o755)
    file.chmod(0o600)
    assert site.well("private-files")
    file.chmod(mode)
    found = site.only("private-files")
    assert (found.severity, found.mend.split(";")[0]) == (severity, f"chmod 600 {file}")
    site.var.chmod(0o700)  # nobody gets there
    assert site.well("private-files")


@pytest.mark.skipif(not is_root(), reason="only root gives files away")
def test_files_that_a_command_with_sudo_left(site: Site) -> None:
    file = site.write("var/hashing.key", "x")
    assert site.well("file-owners")
    os.chown(site.var, 65534, 65534)
    critical, notice = site.result("file-owners").findings
    assert str(file) in critical.what and critical.mend.startswith("chown nobody ")
    assert notice.severity == "notice" and "runs as root" in notice.what


def test_a_disk_that_is_nearly_full(site: Site) -> None:
    site.limits["disk_free_bytes"] = 1 << 60
    site.limits["disk_free_share"] = 0.0
    found = site.result("disk-space").findings
    assert any("SEVA_VAR_DIR" in one.what for one in found)
    assert {one.severity for one in found} == {"critical"}
    site.limits["disk_free_bytes"] = 0
    assert site.well("disk-space")


def test_a_small_share_of_a_large_disk_is_no_alarm_at_night(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The share is of what can be used, as `df` says it: 10 of 100 GB, whatever is reserved."""
    disk = SimpleNamespace(total=250 * 10**9, used=90 * 10**9, free=10 * 10**9)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: disk)
    site.limits |= {"disk_free_bytes": 10**9, "disk_free_share": 0.09}
    assert site.well("disk-space")
    site.limits["disk_free_share"] = 0.11
    found = site.result("disk-space").findings
    assert {(one.severity, "10.0 GB are free, 10%" in one.what) for one in found} == {
        ("trouble", True)
    }


def test_a_database_on_a_network_file_system(site: Site) -> None:
    assert site.well("local-disk")
    mounts = f"/dev/vda1 / ext4 rw 0 0\nfiler:/seva {site.var} nfs4 rw 0 0\n"
    site.write("proc/self/mounts", mounts)
    assert "network file system (nfs4)" in site.only("local-disk").what


def test_more_threads_than_cores(site: Site) -> None:
    assert site.well("cores")
    site.environ["SEVA_PROCESSES"] = "9999"
    assert "9999 processes with 1 threads" in site.only("cores").what
    site.environ |= {"SEVA_PROCESSES": "2", "SEVA_THREADS": "999"}
    assert "2 processes with 999 threads" in site.only("cores").what


def test_too_little_memory(site: Site) -> None:
    assert site.well("memory")
    site.write("proc/meminfo", "MemTotal:        1900000 kB\n")
    assert "take about 2.4 GB, there are 1.9 GB" in site.only("memory").what
    site.environ["SEVA_WORKER_ONLY"] = "text"  # then the worker hears nothing
    assert "take about 2.0 GB" in site.only("memory").what
    site.write("proc/meminfo", "MemTotal:       64000000 kB\n")
    site.write("groups/memory.max", "1000000000\n")
    assert "there are 1.0 GB" in site.only("memory").what


def test_few_open_files(site: Site) -> None:
    site.process(11, "serve")
    assert site.well("open-files")
    site.process(12, "worker", open_files=256)
    assert "`seva worker` (process 12) may open 256 files" in site.only("open-files").what


def test_a_database_of_nobody_is_looked_at_without_a_trace(site: Site) -> None:
    """A reader of a database in write-ahead mode makes two files beside it."""
    from nlu.storage.read_only import read_only

    with sqlite3.connect(site.database) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (a)")
    db.close()
    before = {path.name for path in site.var.iterdir()}
    with read_only(site.database) as found, pytest.raises(sqlite3.OperationalError):
        assert found.execute("SELECT COUNT(*) FROM t").fetchone()[0] == 0
        found.execute("CREATE TABLE u (a)")
    assert {path.name for path in site.var.iterdir()} == before == {Path(site.database).name}
