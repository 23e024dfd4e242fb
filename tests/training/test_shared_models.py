"""Models that several machines share: one pointer in the database, archives in a store."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tarfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import pytest
from typer.testing import CliRunner

from nlu import registry, shared_models
from nlu.archive import ReleaseRefused
from nlu.commands.models import app
from nlu.lineage import change
from nlu.model_archives import ArchivesAway, FolderArchives, S3Archives, open_archives
from nlu.registry import ARCHIVE, DATA
from nlu.shared_models import TABLES, SharedModels
from nlu.storage.open import open_database
from tests.processes import free_port
from tests.releases import register

BUCKET = "models-of-a-state"
Machine = Callable[[str], SharedModels]


@pytest.fixture(scope="module")
def s3() -> Iterator[str]:
    """The address of a server that speaks S3."""
    pytest.importorskip("moto")
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            assert server.poll() is None, "the S3 server ended"
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


@pytest.fixture
def url(tmp_path: Path, url_of: Callable[[Path], str]) -> str:
    return url_of(tmp_path / "models.sqlite")


@pytest.fixture(params=["folder", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What SEVA_MODELS_STORE says."""
    if request.param == "folder":
        return str(tmp_path / "store")
    monkeypatch.setenv("AWS_ENDPOINT_URL", request.getfixturevalue("s3"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "seva")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "seva")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-south-2")
    place = {"LocationConstraint": "ap-south-2"}
    name = f"{BUCKET}-{os.urandom(4).hex()}"
    boto3.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration=place)
    return f"s3://{name}/seva"


@pytest.fixture
def machine(tmp_path: Path, url: str, store: str) -> Machine:
    """The models of a machine by its name."""
    return lambda name: SharedModels(
        open_database(url, TABLES), open_archives(store), tmp_path / name
    )


def stored(store: str, tmp_path: Path, name: str) -> Path:
    """A copy of what lies in the store."""
    open_archives(store).get(name, tmp_path / name)
    return tmp_path / name


def test_what_one_machine_promotes_serves_on_all(machine: Machine, tmp_path: Path) -> None:
    one, two = machine("one"), machine("two")
    register(tmp_path / "one", "m1")
    two.follow()
    assert registry.live_id(tmp_path / "two") is None
    one.promote("m1")
    two.follow()
    assert registry.live_id(tmp_path / "one") == registry.live_id(tmp_path / "two") == "m1"
    release = registry.live_release(tmp_path / "two")
    release.check()
    assert registry.read(release.model) == registry.read(tmp_path / "one" / "m1")
    assert [m.id for m in two.known()] == ["m1"]
    assert not list((tmp_path / "two").glob(".draft-*"))


def test_going_back_from_another_machine(machine: Machine, tmp_path: Path) -> None:
    one, two = machine("one"), machine("two")
    for name in ("m1", "m2"):
        register(tmp_path / "one", name)
        one.promote(name)
    assert two.rollback() == "m1"
    one.follow()
    assert registry.live_id(tmp_path / "one") == registry.live_id(tmp_path / "two") == "m1"
    with pytest.raises(ReleaseRefused, match="no earlier model"):
        two.rollback()
    two.promote("m2")  # fetched, as it was never here
    one.follow()
    assert registry.live_id(tmp_path / "one") == "m2"


def test_archive_that_was_exchanged_is_not_unpacked(
    machine: Machine, tmp_path: Path, store: str
) -> None:
    one, two = machine("one"), machine("two")
    register(tmp_path / "one", "m1")
    one.promote("m1")
    packed = stored(store, tmp_path, "m1.tar")
    packed.write_bytes(packed.read_bytes() + b"\0" * 512)
    open_archives(store).put("m1.tar", packed)
    with pytest.raises(ReleaseRefused, match="not the archive that was put there"):
        two.follow()
    assert registry.live_id(tmp_path / "two") is None
    assert not (tmp_path / "two" / "m1").exists()


def test_archive_that_is_gone_leaves_what_serves(
    machine: Machine, tmp_path: Path, url: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = machine("one"), machine("two")
    register(tmp_path / "one", "m1")
    one.promote("m1")
    two.follow()
    register(tmp_path / "one", "m2")
    away = SharedModels(open_database(url, TABLES), FolderArchives(tmp_path / "no"), tmp_path / "2")
    one.promote("m2")
    with pytest.raises(ArchivesAway):
        away.follow()
    assert registry.live_id(tmp_path / "two") == "m1"
    two.follow()
    assert registry.live_id(tmp_path / "two") == "m2"


def test_model_that_is_not_whole_is_promoted_nowhere(machine: Machine, tmp_path: Path) -> None:
    one = machine("one")
    register(tmp_path / "one", "m1")
    (tmp_path / "one" / "m1" / ARCHIVE).write_bytes(b"cut off")
    with pytest.raises(ReleaseRefused):
        one.promote("m1")
    assert one.live() is None and one.known() == []
    with pytest.raises(FileNotFoundError, match="no model nonsense"):
        one.promote("nonsense")


def test_other_model_of_the_same_id_is_not_taken_for_it(machine: Machine, tmp_path: Path) -> None:
    one, two = machine("one"), machine("two")
    register(tmp_path / "one", "m1")
    one.promote("m1")
    register(tmp_path / "two", "m1", "2026-01-01T00:00:00+00:00")
    with pytest.raises(ReleaseRefused, match="another model"):
        two.follow()


def test_archive_cannot_write_beside_its_folder(
    machine: Machine, tmp_path: Path, store: str, url: str
) -> None:
    """Whoever may write to the database and the store may name a model, and no other file."""
    from nlu.archive import sha256

    one, two = machine("one"), machine("two")
    register(tmp_path / "one", "m1")
    one.promote("m1")
    evil = tmp_path / "evil.tar"
    (tmp_path / "x").write_text("x")
    with tarfile.open(evil, "w") as tar:
        tar.add(tmp_path / "x", "../../escaped")
    open_archives(store).put("m1.tar", evil)
    change = "UPDATE models SET sha256 = ?"
    open_database(url, TABLES).change(lambda db: db.execute(change, (sha256(evil),)).rowcount)
    with pytest.raises(tarfile.TarError):
        two.follow()
    assert not list(tmp_path.rglob("escaped"))


def test_processes_of_a_machine_fetch_at_once(machine: Machine, tmp_path: Path) -> None:
    register(tmp_path / "one", "m1")
    machine("one").promote("m1")
    processes = [machine("two") for _ in range(3)]
    threads = [threading.Thread(target=one.follow) for one in processes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.live_id(tmp_path / "two") == "m1"
    registry.live_release(tmp_path / "two").check()


def test_two_promote_at_once_and_none_is_lost(machine: Machine, tmp_path: Path) -> None:
    """One is live and the other one before it, on all machines."""
    for name in ("m0", "m1", "m2"):
        register(tmp_path / "one", name)
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    one, two = machine("one"), machine("two")
    one.promote("m0")
    threads = [
        threading.Thread(target=one.promote, args=("m1",)),
        threading.Thread(target=two.promote, args=("m2",)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    live = one.live()
    assert {live, one.rollback()} == {"m1", "m2"}
    assert one.rollback() == "m0"


def test_commands_and_processes_follow_the_settings(
    tmp_path: Path, url: str, store: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVA_MODELS_STORE", store)
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    if url.startswith("postgresql"):
        monkeypatch.setenv("SEVA_DATABASE_URL", url)

    def seva(*words: str) -> str:
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        return done.output

    one, two = tmp_path / "one", tmp_path / "two"
    register(one, "m1")
    register(one, "m2")
    monkeypatch.setenv("SEVA_MODELS_DIR", str(one))
    assert "m1 is live" in seva("promote", "m1")
    assert "m2 is live" in seva("promote", "m2", "--anyway", "no model to load")
    monkeypatch.setenv("SEVA_MODELS_DIR", str(two))
    shown = {row["id"]: row["live"] for row in json.loads(seva("models", "--json"))}
    assert shown == {"m1": False, "m2": True}
    shared_models.follow(two)  # as `serve`, `worker` and `actions` do
    assert registry.live_release(two).data == two / "m2" / DATA
    assert "m1 is live again" in seva("rollback")
    shared_models.follow(one)
    assert registry.live_id(one) == "m1"


def test_who_changed_the_live_model_is_known_on_all_machines(
    machine: Machine, tmp_path: Path
) -> None:
    one, two = machine("one"), machine("two")
    for name in ("m1", "m2"):
        register(tmp_path / "one", name)
    one.promote("m1", change(tmp_path / "one", "m1", "promote", "first", "Anita", "not asked"))
    one.promote("m2", change(tmp_path / "one", "m2", "promote", "ration", "Anita", "passed"))
    assert two.previous() == "m1"
    assert two.rollback("wrong bills", "Ravi") == "m1"
    told = [(c.id, c.what, c.by, c.reason, c.gate) for c in machine("three").changes()]
    assert told == [
        ("m1", "promote", "Anita", "first", "not asked"),
        ("m2", "promote", "Anita", "ration", "passed"),
        ("m1", "rollback", "Ravi", "wrong bills", ""),
    ]
    assert sorted(two.ids()) == ["m1", "m2"] and two.manifest("m2").id == "m2"
    two.fetch("m2")
    assert registry.read(tmp_path / "two" / "m2") == two.manifest("m2")


def test_machine_goes_on_with_what_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Where nobody answers, and told once."""
    folder = tmp_path / "models"
    register(folder, "m1")
    registry.promote(folder, "m1")
    monkeypatch.setenv("SEVA_MODELS_STORE", str(tmp_path / "store"))
    monkeypatch.setenv("SEVA_DATABASE_URL", "postgresql://seva@127.0.0.1:9/none")
    for _ in range(3):
        shared_models.follow(folder)
    assert registry.live_release(folder).model.name == "m1"
    assert caplog.text.count("models_not_followed") == 1


def test_bucket_that_does_not_answer_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "seva")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "seva")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(ArchivesAway, match=r"s3://nowhere/seva: .*SEVA_MODELS_STORE"):
        S3Archives("nowhere", "/seva/").get("m1.tar", tmp_path / "m1.tar")


def test_what_is_offered_is_had_by_all_and_live_nowhere(machine: Machine, tmp_path: Path) -> None:
    """A candidate is tried on another machine before it is promoted."""
    one, two = machine("one"), machine("two")
    register(tmp_path / "one", "m1")
    one.promote("m1")
    register(tmp_path / "one", "m2")
    one.offer("m2")
    assert one.live() == two.live() == "m1"
    two.fetch("m2")
    assert registry.read(tmp_path / "two" / "m2") == registry.read(tmp_path / "one" / "m2")
    two.offer("m2")  # known by now
    register(tmp_path / "one", "m3")
    (tmp_path / "one" / "m3" / ARCHIVE).unlink()
    for name in ("m3", "nothing"):
        with pytest.raises((ReleaseRefused, FileNotFoundError)):
            one.offer(name)
    assert set(two.ids()) == {"m1", "m2"}
