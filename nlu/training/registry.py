"""The model registry: plain files, one folder per model and one atomic pointer to the live one.

`models/<id>/` holds model.tar.gz, manifest.json, card.md and report/; `models/live` is a small JSON
file replaced atomically, so that a process reading it sees the old model or the new one.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nlu.paths import models_folder
from nlu.training.archive import check_archive

ARCHIVE = "model.tar.gz"
MANIFEST = "manifest.json"
LIVE = "live"


@dataclass(frozen=True)
class Manifest:
    """What a model was made from and how good it is. Hashes are SHA-256 (hex)."""

    id: str
    created: str
    profile: str
    inputs: str
    data_hash: str
    config_hash: str
    lock_hash: str
    encoder: str
    archive_sha256: str
    archive_bytes: int
    services: int
    utterances: int
    train_seconds: float
    peak_memory_mb: float
    metrics: Mapping[str, Any] = field(default_factory=dict)


def entries(folder: Path) -> list[Manifest]:
    """All models, newest first."""
    found = [read(path.parent) for path in folder.glob(f"*/{MANIFEST}")]
    return sorted(found, key=lambda m: m.created, reverse=True)


def read(entry: Path) -> Manifest:
    """One model's manifest. Raises FileNotFoundError."""
    return Manifest(**json.loads((entry / MANIFEST).read_text("utf-8")))


def write(entry: Path, manifest: Manifest) -> None:
    """Writes manifest.json and card.md."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2)
    _replace(entry / MANIFEST, text + "\n")
    _replace(entry / "card.md", card(manifest))


def find_by_inputs(folder: Path, inputs: str) -> Manifest | None:
    """The model already trained from exactly these inputs, if any."""
    return next((m for m in entries(folder) if m.inputs == inputs), None)


def live_id(folder: Path) -> str | None:
    """Id of the live model, or None."""
    return _live(folder).get("id")


def promote(folder: Path, model_id: str) -> None:
    """Makes a model live after checking its archive. Raises ValueError with what is wrong."""
    entry = folder / model_id
    if not (entry / MANIFEST).is_file():
        raise ValueError(f"no model {model_id} in {folder}; `seva models` lists them")
    check(entry)
    live = _live(folder)
    history = [i for i in live.get("history", []) if i != model_id]
    if live.get("id") and live["id"] != model_id:
        history.append(live["id"])
    _write_live(folder, model_id, history)


def check(entry: Path) -> None:
    """Raises ArchiveRefused if a model must not be loaded, and FileNotFoundError."""
    check_archive(entry / ARCHIVE, read(entry).archive_sha256)


def rollback(folder: Path) -> str:
    """Makes the model live that was live before. Raises ValueError when there is none."""
    live = _live(folder)
    history = [i for i in live.get("history", []) if (folder / i / MANIFEST).is_file()]
    if not history:
        raise ValueError("no earlier model to go back to; `seva models` lists what there is")
    previous = history.pop()
    _write_live(folder, previous, history)
    return previous


def card(manifest: Manifest) -> str:
    """The model card: what a person needs to know before promoting."""
    lines = [
        f"# Model {manifest.id}",
        "",
        f"Trained {manifest.created}, profile `{manifest.profile}`, on {manifest.utterances} "
        f"utterances of {manifest.services} services, in {manifest.train_seconds:.0f} s with at "
        f"most {manifest.peak_memory_mb:.0f} MB.",
        f"Encoder `{manifest.encoder}`; data `{manifest.data_hash[:12]}`, config "
        f"`{manifest.config_hash[:12]}`, lock `{manifest.lock_hash[:12]}`.",
        "",
        "Intended use: routing citizens' messages in Telugu, Hindi and English to the services of "
        "this catalogue. Not for any other decision about a person.",
        "",
        "## Hold-out of the catalogue",
        "| key | messages | top-1 | top-3 | routed | right when routed |",
        "|---|---|---|---|---|---|",
    ]
    for key, row in manifest.metrics.get("by_key", {}).items():
        lines.append(
            f"| {key} | {row['rows']} | {row['top1']:.3f} | {row['top3']:.3f} | "
            f"{row['route_rate']:.3f} | {row['route_precision']:.3f} |"
        )
    outside = manifest.metrics.get("out_of_scope")
    if outside:
        lines += [
            "",
            f"Out of scope: recall {outside['recall']:.3f}, accepted by mistake "
            f"{outside['false_accept']:.3f}, in-scope refused {outside['in_scope_rejected']:.3f}.",
        ]
    return "\n".join(lines) + "\n"


def _live(folder: Path) -> dict[str, Any]:
    path = folder / LIVE
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _write_live(folder: Path, model_id: str, history: list[str]) -> None:
    _replace(folder / LIVE, json.dumps({"id": model_id, "history": history[-20:]}) + "\n")


def _replace(path: Path, text: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.chmod(name, 0o644)
    os.replace(name, path)


def models_command(json_output: bool = False) -> int:
    """`seva models`."""
    folder = models_folder()
    live, found = live_id(folder), entries(folder)
    if json_output:
        rows = [{**asdict(m), "live": m.id == live} for m in found]
        print(json.dumps(rows, ensure_ascii=False, indent=2))
        return 0
    if not found:
        print("No model yet. `seva train` makes one.")
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("", "id", "trained", "profile", "services", "worst top-1", "MB")
    for m in found:
        keys = m.metrics.get("by_key", {})
        worst = min((row["top1"] for row in keys.values()), default=0.0)
        mark = "live" if m.id == live else ""
        size = f"{m.archive_bytes / 1e6:.1f}"
        table.add_row(mark, m.id, m.created, m.profile, str(m.services), f"{worst:.3f}", size)
    Console().print(table)
    return 0


def promote_command(model_id: str) -> int:
    """`seva promote ID`."""
    try:
        promote(models_folder(), model_id)
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{model_id} is live. Running processes take it over within seconds.")
    return 0


def rollback_command() -> int:
    """`seva rollback`."""
    try:
        print(f"{rollback(models_folder())} is live again.")
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    return 0
