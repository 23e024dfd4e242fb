"""A new model that is damaged, foreign or broken never stops the service, nor for ever itself.

A load that failed once was never tried again, and an archive's hash was checked when it was
promoted only, though Rasa imports whatever classes an archive names.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from api.live_engine import LiveEngine, Serving, rasa_engine
from nlu import registry
from nlu.archive import ArchiveRefused, check_archive, sha256
from nlu.catalogue import shared_catalogue
from nlu.registry import ARCHIVE, DATA, Release
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeUnderstanding
from tests.releases import register, write_archive

CATALOGUE = shared_catalogue(Path("data"))


class Loads:
    """Fails as often as it is told to."""

    def __init__(self, **failures: int) -> None:
        self.failures, self.now, self.live = failures, 0.0, "m1"
        self.tried: list[tuple[str, float]] = []
        self.engine = LiveEngine(CATALOGUE, self.find, self.load, clock=lambda: self.now)

    def find(self) -> Release:
        return Release(Path(self.live), Path(self.live) / DATA)

    async def load(self, release: Release) -> Serving:
        self.tried.append((release.id, self.now))
        if self.failures.get(release.id, 0):
            self.failures[release.id] -= 1
            raise OSError(24, "Too many open files")
        return Serving(FakeUnderstanding(), CATALOGUE)

    async def look(self, until: float) -> None:
        """Every three seconds, as the server does."""
        while self.now < until:
            await self.engine.look()
            self.now += 3


async def test_a_load_that_failed_is_tried_again(caplog: pytest.LogCaptureFixture) -> None:
    """After waits that grow, and told once."""
    loads = Loads(m1=4)
    await loads.look(600)
    times = [when for _, when in loads.tried]
    waits = [later - earlier for earlier, later in pairwise(times)]
    assert len(times) == 5 and waits == sorted(waits) and waits[0] < waits[-1]
    assert loads.engine.is_ready and loads.engine.trouble == ""
    assert caplog.text.count("model_not_loaded") == 1


async def test_the_old_model_serves_while_the_new_one_fails() -> None:
    loads = Loads(m2=1_000)
    await loads.engine.look()
    loads.live = "m2"
    await loads.look(60)
    assert loads.engine.is_ready and "OSError" in loads.engine.trouble
    assert (await loads.engine.parse("a"))["text"] == "a"


@pytest.mark.slow
async def test_going_back_ends_the_trouble() -> None:
    """And the model that failed is tried at once when it is promoted again."""
    loads = Loads(m2=1)
    for name in ("m1", "m2", "m1"):
        loads.live = name
        await loads.engine.look()
    assert loads.engine.trouble == ""
    loads.live = "m2"
    await loads.engine.look()
    assert [name for name, _ in loads.tried] == ["m1", "m2", "m2"]
    assert loads.engine.trouble == ""


FOREIGN: dict[str, Mapping[str, Any]] = {
    "a node": {"predict_schema": {"nodes": {"a": {"uses": "os.system", "config": {}}}}},
    "a node of training": {"train_schema": {"nodes": {"a": {"uses": "evil.Node", "config": {}}}}},
    "one that looks like ours": {
        "predict_schema": {"nodes": {"a": {"uses": "nlu.components_evil.X", "config": {}}}}
    },
    "a slot's type": {"domain": {"slots": {"x": {"type": "evil.Slot"}}}},
    "a featuriser": {
        "predict_schema": {
            "nodes": {
                "a": {
                    "uses": "rasa.core.policies.rule_policy.RulePolicy",
                    "config": {"featurizer": [{"name": "evil.Featurizer"}]},
                }
            }
        }
    },
}


@pytest.mark.parametrize("facts", FOREIGN.values(), ids=FOREIGN.keys())
def test_an_archive_that_names_foreign_classes_is_refused(
    facts: Mapping[str, Any], tmp_path: Path
) -> None:
    archive = tmp_path / ARCHIVE
    write_archive(archive, facts)
    with pytest.raises(ArchiveRefused, match="would import"):
        check_archive(archive, sha256(archive))


@pytest.mark.parametrize("content", [b"", b"no archive", b"\x1f\x8b\x08\x00half"])
def test_what_is_no_archive_is_refused(content: bytes, tmp_path: Path) -> None:
    archive = tmp_path / ARCHIVE
    archive.write_bytes(content)
    with pytest.raises(ArchiveRefused, match="is no model"):
        check_archive(archive, sha256(archive))


def replaced(entry: Path) -> None:
    """Somebody else's model in the place of the registered one."""
    write_archive(entry / ARCHIVE, uses="evil.Node")


def replaced_with_its_manifest(entry: Path) -> None:
    replaced(entry)
    manifest = replace(registry.read(entry), archive_sha256=sha256(entry / ARCHIVE))
    registry.write(entry, manifest)


def cut_off(entry: Path) -> None:
    archive = entry / ARCHIVE
    archive.write_bytes(archive.read_bytes()[:-20])


@pytest.mark.parametrize(
    ("tamper", "why"),
    [
        (replaced, "is not the file that was registered"),
        (cut_off, "is not the file that was registered"),
        (replaced_with_its_manifest, "would import evil.Node"),
    ],
)
async def test_a_tampered_archive_is_refused_when_it_is_loaded(
    tamper: Any, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also one that was changed after it was promoted."""
    register(tmp_path, "m1")
    registry.promote(tmp_path, "m1")
    assert json.loads((tmp_path / "live").read_text())["id"] == "m1"
    tamper(tmp_path / "m1")
    monkeypatch.setattr("api.live_engine.shared_catalogue", lambda _folder: CATALOGUE)
    engine = rasa_engine(Settings(models_dir=tmp_path), dialogue=True)
    await engine.look()
    assert why in engine.trouble and not engine.is_ready
