"""`seva train`: from the catalogue to a registry entry with its hold-out scores."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import logging
import os
import resource
import shutil
import sys
import tarfile
import tempfile
import time
from collections.abc import Iterator, Mapping, Set
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nlu import registry
from nlu.archive import sha256
from nlu.lineage import lineage_of
from nlu.paths import CHECKOUT, PACKAGE, config_file, models_folder, reading
from nlu.registry import ARCHIVE, Manifest
from nlu.shared_models import promote as promote_model
from nlu.shared_models import shared_models
from nlu.storage.file_lock import locked
from nlu.training import embedding
from nlu.training.answers import Answered, keep

if TYPE_CHECKING:
    from nlu.training.metrics import Labelled

DEVELOPMENT = "development.npz"
PROFILES = ("fast", "full")
_GZIP_LEVEL = 6
_WORK, _ALIVE = ".training-", ".alive"  # the folder of a training, and its lock in there
_DATA = (
    *("rasa/*.yml", "augmentation.yml", "romanisation/*.tsv", "language/*"),
    "speech_augmentation/*.tsv",
    *("lexicon/place_mentions.yml", "lexicon/matching.yml"),
)
_CODE = ("augment", "catalogue", "classifier", "components", "encoder", "joint", "slots", "text")


def inputs_hash(data_hash: str, config: str, encoder: str) -> str:
    """Hash of all that decides a model: data, configuration, encoder and our code."""
    from nlu.components.project import catalogue_folder

    digest = hashlib.sha256(f"{data_hash}:{encoder}".encode())
    digest.update(config.encode())
    for folder in _CODE:
        for path in sorted((PACKAGE / folder).glob("**/*.py")):
            digest.update(path.read_bytes())
    for pattern in _DATA:
        for path in sorted(catalogue_folder("data").glob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def train(
    profile: str | None = None,
    *,
    force: bool = False,
    progress: Any = None,
    reason: str = "",
    author: str = "",
    account: str = "",
) -> Manifest:
    """Makes a release of the catalogue as it is now, and promotes it if none is live. `reason` is
    kept in its manifest, with the author (who runs this, if absent) and their account at the
    console.

    What was trained already is not trained again: if only words changed that no weights depend on
    (replies, titles, departments), the new release takes the weights of the earlier one. `profile`
    is fast or full; None leaves what config.yml says.
    Raises CatalogueError for a broken catalogue and ValueError for an unknown profile.
    """
    say = progress or (lambda text: None)
    if profile not in (None, *PROFILES):
        raise ValueError(f"there is no profile {profile!r}; use {' or '.join(PROFILES)}")
    from nlu.components.project import catalogue_folder

    folder = models_folder()
    folder.mkdir(parents=True, exist_ok=True)
    _clear_leftovers(folder)
    source = catalogue_folder("data")
    work = Path(tempfile.mkdtemp(dir=folder, prefix=_WORK))
    alive = contextlib.ExitStack()
    try:
        alive.enter_context(locked(work / _ALIVE))
        # All that follows reads the copy: what is edited meanwhile belongs to the next release.
        snapshot = registry.take_snapshot(source, work)
        lineage = asdict(lineage_of(source, reason, author, account))
        with reading(work / registry.DATA):
            manifest = _trained(work, snapshot, profile, force, say, lineage)
        if (work / registry.MANIFEST).is_file():  # else the release was there already
            os.chmod(work, 0o755)
            (work / _ALIVE).unlink()
            os.replace(work, folder / manifest.id)
    finally:
        shutil.rmtree(work, ignore_errors=True)
        alive.close()
    _promote_first(folder, manifest.id)
    return manifest


def _trained(
    work: Path,
    snapshot: str,
    profile: str | None,
    force: bool,
    say: Any,
    lineage: Mapping[str, str],
) -> Manifest:
    """The manifest of what is now in the folder `work`, or of the release that is there already."""
    from nlu.components.project import catalogue
    from nlu.encoder.onnx_encoder import fingerprint
    from nlu.encoder.provision import configured, encoder_folder
    from nlu.training.evaluate import (
        OWN_HOLDOUT,
        Read,
        evaluated_holdouts,
        read_at_once,
        start_rasa,
        write_page,
    )

    started = time.perf_counter()
    say("Reading the catalogue")
    config = config_file()
    text, profile = in_profile(config.read_text("utf-8"), profile)
    known = catalogue("data")
    say("Finding the sentence encoder")
    encoder = fingerprint(encoder_folder(configured(config)))
    inputs = inputs_hash(known.hash, text, encoder)
    same = registry.find_by_inputs(models_folder(), inputs, snapshot)
    if same and not force:
        say(f"{same.id} was trained from the same catalogue, configuration and code")
        return same
    mark = hashlib.sha256(f"{inputs}{snapshot}".encode()).hexdigest()[:8]
    made = datetime.now(timezone.utc)
    name = f"{made:%Y%m%d-%H%M%S}-{mark}"
    earlier = None if force else registry.find_by_inputs(models_folder(), inputs)
    used, archive, data = work / "config.yml", work / ARCHIVE, work / registry.DATA
    used.write_text(text, "utf-8")
    if earlier:
        say(f"No weights depend on what changed: they are those of {earlier.id}")
        shutil.copyfile(models_folder() / earlier.id / ARCHIVE, archive)
        say("Starting Rasa")
        start_rasa()
    else:
        beside = embedding.beside(used) if profile == "fast" else contextlib.nullcontext()
        with _progress(say), beside:
            say("Starting Rasa")
            start_rasa()
            archive = _rasa_train(used, data, work, say)
    seconds = time.perf_counter() - started
    say("Scoring the hold-out")
    answered: list[Answered] = []

    def read(parts: list[list[Labelled]]) -> list[Read]:
        found = read_at_once(work, data, parts)
        for rows, (told, _) in zip(parts, found):
            answered.extend(Answered.of(row.text, one) for row, one in zip(rows, told))
        return found

    metrics, predictions = evaluated_holdouts(read, known)
    lock = CHECKOUT / "uv.lock" if CHECKOUT else None
    manifest = Manifest(
        id=name,
        created=made.isoformat(timespec="seconds"),
        profile=profile,
        inputs=inputs,
        data_hash=known.hash,
        config_hash=sha256(config),
        lock_hash=sha256(lock) if lock else "",
        encoder=encoder,
        archive_sha256=sha256(archive),
        archive_bytes=archive.stat().st_size,
        services=len(known.services),
        utterances=_utterances(known),
        train_seconds=round(seconds, 1),
        peak_memory_mb=max(_peak_mb(), earlier.peak_memory_mb if earlier else 0.0),
        snapshot=snapshot,
        metrics=metrics,
        lineage=lineage,
    )
    report = work / "report"
    report.mkdir()
    _keep_development(archive, report)
    keep(work, answered)
    (report / "holdout.json").write_text(json.dumps(metrics, ensure_ascii=False, indent=2), "utf-8")
    write_page(report / "report.html", metrics, predictions, manifest, OWN_HOLDOUT, known)
    registry.write(work, manifest)
    return manifest


def in_profile(config: str, profile: str | None) -> tuple[str, str]:
    """The text of a config.yml set to `profile` (its own if None), and the profile.

    Raises ValueError if its pipeline has no SentenceEncoder to set.
    """
    import yaml

    from nlu.fast_yaml import load_yaml

    read = load_yaml(config)
    found = [c for c in read["pipeline"] if c["name"].endswith(".SentenceEncoder")]
    if not found:
        if profile == "full":
            raise ValueError("the pipeline of config.yml has no SentenceEncoder to fine-tune")
        return config, "fast"
    wanted = profile or found[0].get("profile", "fast")
    if found[0].get("profile", "fast") == wanted:
        return config, wanted
    found[0]["profile"] = wanted
    return yaml.safe_dump(read, sort_keys=False, allow_unicode=True), wanted


@contextlib.contextmanager
def _progress(say: Any) -> Iterator[None]:
    """Lines of long work inside a component reach whoever waits."""

    class Lines(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage())

    logger, handler = logging.getLogger("nlu.training.progress"), Lines()
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _keep_development(archive: Path, report: Path) -> None:
    """Takes what the classifier was calibrated on out of the model, for thresholds and plots."""
    with tarfile.open(archive) as packed:
        for member in packed.getmembers():
            if member.name.endswith(f"/{DEVELOPMENT}"):
                content = packed.extractfile(member)
                assert content is not None
                (report / DEVELOPMENT).write_bytes(content.read())


def _clear_leftovers(folder: Path) -> None:
    """Deletes what trainings left that were killed: nobody holds their lock."""
    for mark in folder.glob(f"{_WORK}*/{_ALIVE}"):
        with contextlib.suppress(OSError), locked(mark, wait=False):
            shutil.rmtree(mark.parent, ignore_errors=True)


def _promote_first(folder: Path, model_id: str) -> None:
    shared = shared_models(folder)
    if shared is not None:
        shared.follow()
    if registry.live_id(folder) is None:
        promote_model(folder, model_id)


def _rasa_train(config: Path, data: Path, work: Path, say: Any) -> Path:
    from rasa.model_training import train as rasa_train

    say("Training")
    told = io.StringIO()  # Rasa names a folder that is moved, and stdout belongs to --json
    with contextlib.redirect_stdout(told), _without_bars(), _packing(_GZIP_LEVEL):
        result = rasa_train(
            domain=str(data / "rasa" / "domain.yml"),
            config=str(config),
            training_files=[],
            output=str(work),
            fixed_model_name=ARCHIVE.split(".")[0],
            force_training=False,
        )
    if result.model is None:
        raise RuntimeError(f"Rasa trained no model:\n{told.getvalue()[-2000:]}")
    return Path(result.model)


@contextlib.contextmanager
def _without_bars() -> Iterator[None]:
    """Inside, Rasa draws no progress bars of a blink each: it asks its log level whether to."""
    before = os.environ.get("LOG_LEVEL")
    os.environ["LOG_LEVEL"] = "ERROR"
    try:
        yield
    finally:
        del os.environ["LOG_LEVEL"]
        if before is not None:
            os.environ["LOG_LEVEL"] = before


@contextlib.contextmanager
def _packing(level: int) -> Iterator[None]:
    """Inside, Rasa gzips model archives at `level`, not at 9.

    At 9 a model of 165 services takes 18 s to pack, at 6 it takes 2 and is 3 % larger.
    """
    from tarsafe import TarSafe

    def gzopen(name: str, mode: str = "r", fileobj: Any = None, **given: Any) -> Any:
        return super(TarSafe, TarSafe).gzopen(name, mode, fileobj, level, **given)

    TarSafe.gzopen = gzopen
    try:
        yield
    finally:
        del TarSafe.gzopen


def _peak_mb() -> float:
    """Of this process. Weights that are taken over keep what their own training took."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def _utterances(known: Any) -> int:
    intents = [*known.services.values(), *known.conversation.values()]
    return sum(len(rows) for intent in intents for rows in intent.utterances.values())


def train_command(
    profile: str | None, json_output: bool = False, promote: bool = False, reason: str = ""
) -> int:
    """`seva train [--profile fast|full] [--reason TEXT]`."""
    from nlu.catalogue import CatalogueError
    from nlu.training.evaluate import print_services, print_table
    from nlu.training.progress import earlier_times, keep_times
    from nlu.training.progress_bar import ProgressBar

    before = registry.live_id(models_folder())
    try:
        _, chosen = in_profile(config_file().read_text("utf-8"), profile)
        with ProgressBar(earlier_times(chosen)) as bar:
            manifest = train(profile, progress=bar.step, reason=reason)
        keep_times(chosen, bar.progress.times())
    except (CatalogueError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if promote:
        promote_model(models_folder(), manifest.id, reason)
    if json_output:
        print(json.dumps(asdict(manifest), ensure_ascii=False, indent=2))
        return 0
    print_table(dict(manifest.metrics))
    if before is not None and (new := _new_services(before, manifest.id)):
        print_services(dict(manifest.metrics), new)
    size = manifest.archive_bytes / 1e6
    print(
        f"Model {manifest.id}: {manifest.train_seconds:.0f} s, {size:.1f} MB, "
        f"peak {manifest.peak_memory_mb:.0f} MB."
    )
    live = registry.live_id(models_folder())
    if live == manifest.id:
        print("It is live.")
    else:
        print(f"Live is {live}; `seva promote {manifest.id}` makes this one live.")
    return 0


def _new_services(before: str, model_id: str) -> Set[str]:
    """Those of a model that another one does not have."""
    folder = models_folder()
    mine, others = (registry.services_of(folder / i / registry.DATA) for i in (model_id, before))
    return mine - others
