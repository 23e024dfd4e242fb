"""The model registry: a folder for each model, and one pointer to the live one.

`models/<id>/` holds the weights (model.tar.gz), the words (`data/`, a copy of the catalogue that
the model was trained on), manifest.json, card.md and report/. Together they are a release.
`models/live` is a small JSON file that is replaced atomically, so that a process which reads it
sees the old model or the new one.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from nlu import canary_pointer
from nlu.archive import ReleaseRefused, check_archive, sha256
from nlu.fast_yaml import load_yaml
from nlu.known_fields import known_fields
from nlu.lineage import Change
from nlu.paths import chosen_folder, data_folder
from nlu.right_action import right_share
from nlu.whole_file import write_whole

ARCHIVE = "model.tar.gz"
MANIFEST = "manifest.json"
DATA = "data"
LIVE = "live"
AS_IT_IS = "folder"
"""Instead of a release's id where SEVA_DATA_DIR names a folder, which has no versions."""
_CHANGES = 100  # of the live model that the pointer remembers
_TRAINING_ONLY = "encoder"  # weights of the sentence encoder: 19 MB that the archive holds as well


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
    snapshot: str = ""
    """Hash of the copy of the catalogue; empty for models of before there was one."""
    metrics: Mapping[str, Any] = field(default_factory=dict)
    lineage: Mapping[str, str] = field(default_factory=dict)
    """Commit, author and reason (`nlu.lineage`); empty for models of before they were kept."""


@dataclass(frozen=True)
class Release:
    """What a process runs on: the weights in `model`, and the words in `data`."""

    model: Path
    data: Path

    @property
    def id(self) -> str:
        """What processes call it among each other."""
        return self.model.name if self.data == self.model / DATA else AS_IT_IS

    @property
    def model_id(self) -> str:
        """The model's name in the registry; empty where words serve without a model."""
        return self.model.name if (self.model / MANIFEST).is_file() else ""

    def check_words(self) -> None:
        """Whether weights and words belong together, as far as the manifest tells. Takes a tenth of
        a second. Raises ReleaseRefused, and FileNotFoundError."""
        snapshot = read(self.model).snapshot
        if not snapshot:
            raise ReleaseRefused(
                f"{self.model.name} was trained before models carried their catalogue: run "
                "`seva train`, then `seva promote ID` with the id that it prints"
            )
        if digest(self.model / DATA) != snapshot:
            raise ReleaseRefused(
                f"{self.model / DATA} is not what was registered; run `seva train`, or promote "
                "another model"
            )
        here, trained = services_of(self.data), services_of(self.model / DATA)
        if here != trained:
            raise ReleaseRefused(_apart(self, here - trained, trained - here))

    def check(self) -> None:
        """Whether it may serve: `check_words`, then the archive. Raises ReleaseRefused, and
        FileNotFoundError. Takes about a second for 50 MB."""
        self.check_words()
        intents = check_archive(self.model / ARCHIVE, read(self.model).archive_sha256)
        wanted = intents_of(self.model / DATA)
        if intents != wanted:
            raise ReleaseRefused(_apart(self, wanted - intents, intents - wanted))


def _apart(release: Release, unknown: Set[str], lacking: Set[str]) -> str:
    told = (
        ("the model does not know", unknown),
        ("the data does not have", lacking),
    )
    what = "; ".join(f"{who} {', '.join(sorted(names))}" for who, names in told if names)
    return (
        f"the model {release.model.name} and the data in {release.data} do not belong together: "
        f"{what}. Run `seva train` and promote what it makes, promote the model of this data, or "
        "leave SEVA_DATA_DIR out, so that the model runs on its own copy"
    )


def live_release(folder: Path, *, needs_model: bool = True) -> Release:
    """The release that every process runs on now: the live model, with the folder of SEVA_DATA_DIR
    where that is set, else with its own copy of the catalogue.

    Raises FileNotFoundError without a live model. A process that needs only words, or waits for a
    model, may have those of the folder as it is until one is live (`needs_model`).
    """
    model = live_id(folder)
    if model is None and not needs_model:
        return Release(folder.absolute(), data_folder().absolute())
    if model is None:
        raise FileNotFoundError(
            f"there is no live model in {folder}: run `seva train`, then `seva promote`"
        )
    return release_of(folder, model)


def release_of(folder: Path, model_id: str) -> Release:
    """The same for any model of the registry. Raises FileNotFoundError."""
    entry = folder.absolute() / model_id
    if not (entry / MANIFEST).is_file():
        raise FileNotFoundError(f"no model {model_id} in {folder}; `seva models` lists them")
    return Release(entry, chosen_folder() or entry / DATA)


def take_snapshot(data: Path, entry: Path) -> str:
    """Copies a catalogue's folder into a model's, for good; the copy's hash."""
    for path in _files(data):
        copy = entry / DATA / path.relative_to(data)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)
        copy.chmod(0o444)
    return digest(entry / DATA)


def digest(data: Path) -> str:
    """Hash of all files of a catalogue's folder, names and contents."""
    found = hashlib.sha256()
    for path in _files(data):
        found.update(f"{path.relative_to(data).as_posix()}\0{sha256(path)}\n".encode())
    return found.hexdigest()


def _files(data: Path) -> Iterator[Path]:
    """Neither hidden files, nor what editors leave behind, nor what only a training reads."""
    for path in sorted(data.rglob("*")):
        parts = path.relative_to(data).parts
        left_out = parts[0] == _TRAINING_ONLY or any(
            part.startswith(".") or part.endswith("~") for part in parts
        )
        if path.is_file() and not left_out:
            yield path


def services_of(data: Path) -> Set[str]:
    """Names of the services in a catalogue's folder: each file has the name of its service."""
    return {path.stem for path in (data / "services").glob("*/*.yml")}


def intents_of(data: Path) -> Set[str]:
    """What a model of that folder tells apart: services, conversation, tapped buttons."""
    fixed = load_yaml((data / "rasa" / "domain.yml").read_text("utf-8"))["intents"]
    conversation = {path.stem for path in (data / "conversation").iterdir()}
    talk = {
        f"{path.stem}_{name}"
        for path in (data / "talk").glob("*.yml")
        for name in load_yaml(path.read_text("utf-8"))["talk"]
    }
    return services_of(data) | conversation | talk | set(fixed)


def entries(folder: Path) -> list[Manifest]:
    """All models, newest first."""
    found = [read(path.parent) for path in folder.glob(f"*/{MANIFEST}")]
    return sorted(found, key=lambda m: m.created, reverse=True)


def read(entry: Path) -> Manifest:
    """One model's manifest. Raises FileNotFoundError."""
    return manifest_of(json.loads((entry / MANIFEST).read_text("utf-8")))


def manifest_of(content: Mapping[str, Any]) -> Manifest:
    """The manifest of a JSON document. What a later version of Seva writes is left out."""
    return Manifest(**known_fields(Manifest, content))


def write(entry: Path, manifest: Manifest) -> None:
    """Writes manifest.json and card.md."""
    text = json.dumps(asdict(manifest), ensure_ascii=False, indent=2)
    write_whole(entry / MANIFEST, text + "\n")
    write_whole(entry / "card.md", card(manifest))


def find_by_inputs(folder: Path, inputs: str, snapshot: str | None = None) -> Manifest | None:
    """The newest model that was trained from exactly these inputs, if any; with a `snapshot` only
    one that carries those words, too."""
    return next(
        (
            m
            for m in entries(folder)
            if m.inputs == inputs and m.snapshot and snapshot in (None, m.snapshot)
        ),
        None,
    )


def live_id(folder: Path) -> str | None:
    """Id of the live model, or None."""
    return _live(folder).get("id")


def changes(folder: Path) -> list[Change]:
    """How the live model was changed, the latest last, as far as this folder knows."""
    told = _live(folder).get("changes", [])
    return [Change(**known_fields(Change, one)) for one in told]


def promote(folder: Path, model_id: str, made: Change | None = None) -> None:
    """Makes a release live after checking that it is whole; `made` says who does it. Raises
    ReleaseRefused, and FileNotFoundError."""
    check_whole(folder, model_id)
    live = _live(folder)
    history = [i for i in live.get("history", []) if i != model_id]
    if live.get("id") and live["id"] != model_id:
        history.append(live["id"])
    _write_live(folder, model_id, history, made)


def remember(folder: Path, made: Change) -> None:
    """Keeps a change beside the live model that did not change it."""
    live = _live(folder)
    _write_live(folder, live["id"], live.get("history", []), made)


def previous(folder: Path) -> str:
    """The release that was live before. Raises ReleaseRefused where there is none."""
    history = [i for i in _live(folder).get("history", []) if (folder / i / MANIFEST).is_file()]
    if not history:
        raise ReleaseRefused("no earlier model to go back to; `seva models` lists what there is")
    return history[-1]


def rollback(folder: Path, made: Change | None = None) -> str:
    """Makes the release live that was live before, after checking that it is whole. Raises
    ReleaseRefused, also where there is none."""
    before = previous(folder)
    check_whole(folder, before)
    history = [i for i in _live(folder)["history"] if (folder / i / MANIFEST).is_file()]
    _write_live(folder, before, history[:-1], made)
    return before


def check_whole(folder: Path, model_id: str) -> None:
    """Whether a release may be live: with its own words, whatever SEVA_DATA_DIR says here, because
    other processes will run on it. Raises ReleaseRefused, and FileNotFoundError."""
    entry = release_of(folder, model_id).model
    Release(entry, entry / DATA).check()


def card(manifest: Manifest) -> str:
    """The model card: what a person needs to know before promoting."""
    lines = [
        f"# Model {manifest.id}",
        "",
        f"Trained {manifest.created}, profile `{manifest.profile}`, on {manifest.utterances} "
        f"utterances of {manifest.services} services, in {manifest.train_seconds:.0f} s with at "
        f"most {manifest.peak_memory_mb:.0f} MB.",
        f"Encoder `{manifest.encoder}`; data `{manifest.data_hash[:12]}`, config "
        f"`{manifest.config_hash[:12]}`, lock `{manifest.lock_hash[:12]}`, words "
        f"`{manifest.snapshot[:12]}`.",
        *_origin(manifest.lineage),
        "",
        "Intended use: routing citizens' messages in Telugu, Hindi and English to the services of "
        "this catalogue. Not for any other decision about a person.",
        "",
        "## Hold-out of the catalogue",
        "| key | messages | right action | right first | in first 3 | acted | right when acted |",
        "|---|---|---|---|---|---|---|",
    ]
    for key, row in manifest.metrics.get("by_key", {}).items():
        lines.append(
            f"| {key} | {row['rows']} | {right_share(row):.3f} | {row['top1']:.3f} | "
            f"{row['top3']:.3f} | "
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


def _origin(lineage: Mapping[str, str]) -> list[str]:
    told = {
        "Commit": f"`{lineage['commit']}`" if lineage.get("commit") else "",
        "trained by": lineage.get("author", ""),
        "because": lineage.get("reason", ""),
    }
    said = ", ".join(f"{name} {value}" for name, value in told.items() if value)
    return [f"{said}."] if said else []


def _live(folder: Path) -> dict[str, Any]:
    path = folder / LIVE
    return json.loads(path.read_text("utf-8")) if path.is_file() else {}


def _write_live(folder: Path, model_id: str, history: list[str], made: Change | None) -> None:
    canary_pointer.drop(folder, model_id)
    told = _live(folder).get("changes", [])
    if made is not None:
        told = [*told, asdict(made)]
    content = {"id": model_id, "history": history[-20:], "changes": told[-_CHANGES:]}
    write_whole(folder / LIVE, json.dumps(content, ensure_ascii=False) + "\n")
