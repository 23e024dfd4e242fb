"""Releases for tests: a model's folder with weights, words and a manifest."""

from __future__ import annotations

import io
import json
import shutil
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from nlu.archive import sha256
from nlu.fast_yaml import load_yaml
from nlu.registry import ARCHIVE, DATA, Manifest, intents_of, take_snapshot, write

METRICS = {
    "by_key": {
        key: {"rows": 84, "top1": 0.96, "top3": 1.0, "route_rate": 0.9, "route_precision": 0.98}
        for key in ("te", "te-Latn", "hi", "hi-Latn", "en")
    },
    "out_of_scope": {"recall": 0.91, "false_accept": 0.01, "in_scope_rejected": 0.02},
}


def write_archive(
    archive: Path, facts: Mapping[str, Any] = {}, uses: str = "nlu.components.decision.Decision"
) -> None:
    """The part of a model's archive that names classes and intents."""
    metadata = {
        "domain": {"slots": {"language": {"type": "text"}}, "intents": ["choose", "greet", "bill"]},
        "train_schema": {"nodes": {}},
        "predict_schema": {"nodes": {"a": {"uses": uses, "config": {}}}},
        **facts,
    }
    with tarfile.open(archive, "w:gz") as tar:
        for name, content in (("metadata.json", json.dumps(metadata)), ("x/domain.yml", "{}")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content.encode()))


def small_data(folder: Path, services: tuple[str, ...] = ("bill",)) -> Path:
    """As much of a catalogue's folder as the registry looks at."""
    for name in services:
        put(folder / "services" / "energy" / f"{name}.yml", f"service: {name}\n")
    put(folder / "conversation" / "greet.yml", "intent: greet\n")
    put(folder / "rasa" / "domain.yml", "intents: [choose]\n")
    return folder


def put(path: Path, text: str) -> None:
    """Writes a file, its folders too."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def register(
    folder: Path,
    name: str,
    created: str = "2026-11-25T00:00:00+00:00",
    *,
    data: Path | None = None,
    archive: Path | None = None,
) -> Manifest:
    """A release in the registry: of `data`, or of a small folder made here; with the weights of
    `archive`, or with a file that only looks like some."""
    entry = folder / name
    entry.mkdir(parents=True)
    if data is None:
        data = small_data(folder / f".{name}")
        snapshot = take_snapshot(data, entry)
        shutil.rmtree(data)
    else:
        snapshot = take_snapshot(data, entry)
    if archive is not None:
        shutil.copyfile(archive, entry / ARCHIVE)
    else:
        domain = {"slots": {}, "intents": sorted(intents_of(entry / DATA))}
        write_archive(entry / ARCHIVE, {"model_id": name, "domain": domain})
    manifest = Manifest(
        id=name,
        created=created,
        profile="fast",
        inputs=f"inputs of {name}",
        data_hash="d" * 64,
        config_hash="c" * 64,
        lock_hash="l" * 64,
        encoder="e" * 16,
        archive_sha256=sha256(entry / ARCHIVE),
        archive_bytes=(entry / ARCHIVE).stat().st_size,
        services=21,
        utterances=3870,
        train_seconds=32.2,
        peak_memory_mb=1521.8,
        snapshot=snapshot,
        metrics=METRICS,
    )
    write(entry, manifest)
    return manifest


def with_words(data: Path, folder: Path, **phrases: str) -> Path:
    """A copy of a catalogue's folder with other English phrases."""
    shutil.copytree(data, folder, ignore=shutil.ignore_patterns("encoder"))
    path = folder / "phrases.yml"
    content = load_yaml(path.read_text("utf-8"))
    for name, words in phrases.items():
        content["phrases"][name]["en"] = words
    path.chmod(0o644)
    path.write_text(yaml.safe_dump(content, allow_unicode=True), "utf-8")
    return folder
