"""Finds the encoder of the settings, and makes it once if the cache has none.

The encoders that come with Seva are made in half a minute from what is installed. Another one, and
profile `full`, need torch (dependency group `training`). `make encoder` does it before the first
use. Images for serving contain the finished folder.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

from nlu.encoder import embedded
from nlu.paths import cache_folder, config_file

VERSION = "4"
DEFAULT = "adapted"
_ONNX, _TRANSFORMER = "onnx", "sentence-transformer"


def configured(config: Path | None = None) -> str:
    """The encoder that SEVA_ENCODER_MODEL or a config.yml names; else the embedded one."""
    from nlu.fast_yaml import load_yaml

    pipeline = load_yaml((config or config_file()).read_text("utf-8"))["pipeline"]
    named = [c.get("model") for c in pipeline if c["name"].endswith(".SentenceEncoder")]
    return os.environ.get("SEVA_ENCODER_MODEL") or next(filter(None, named), DEFAULT)


def is_made(named: str) -> bool:
    """Whether the cache has the ONNX encoder for `named` (or SEVA_ENCODER_MODEL)."""
    return (_folder(_source(named)) / _ONNX / "encoder.json").is_file()


def encoder_folder(named: str) -> Path:
    """Folder of the ONNX encoder for SEVA_ENCODER_MODEL or `named`. It is made if absent."""
    if not is_made(named):
        _make_in_own_process(_source(named))
    return _folder(_source(named)) / _ONNX


def transformer_folder(named: str) -> Path:
    """The sentence-transformers folder for `named` (or SEVA_ENCODER_MODEL), made if absent: what
    profile `full` fine-tunes. Making it needs torch."""
    return make_transformer(_source(named))


def make_transformer(source: str) -> Path:
    """Makes the sentence-transformers form of exactly this encoder if the cache has none; returns
    its folder. Needs torch."""
    folder = _folder(source) / _TRANSFORMER
    if not (folder / "modules.json").is_file():
        from nlu.encoder import sentence_transformer

        _quiet_libraries()
        _in_place(folder, lambda work: sentence_transformer.build(source, work))
    return folder


def make(source: str) -> Path:
    """Makes the ONNX form of exactly this encoder if the cache has none; returns its folder."""
    from nlu.encoder import onnx_export
    from nlu.encoder.embedded import SOURCES

    folder = _folder(source) / _ONNX
    if (folder / "encoder.json").is_file():
        return folder
    _quiet_libraries()
    if source in SOURCES:
        _in_place(folder, lambda work: onnx_export.export_embedded(source, work))
    else:
        whole = make_transformer(source)
        _in_place(folder, lambda work: onnx_export.export(whole, work, source=source))
    return folder


def _in_place(folder: Path, build: Callable[[Path], None]) -> None:
    """Builds beside `folder` and renames: nobody sees half of it, and who comes later wins."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        build(work)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _source(named: str) -> str:
    return os.environ.get("SEVA_ENCODER_MODEL") or named


def _folder(source: str) -> Path:
    return cache_folder() / "encoder" / _folder_name(source)


def _quiet_libraries() -> None:
    """Hides progress bars and warnings of the libraries; they do not help the person who waits."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)


def _folder_name(source: str) -> str:
    safe = "".join(c if c.isalnum() else "-" for c in source)[-60:]
    digest = hashlib.sha256((VERSION + source).encode())
    if source == "adapted":  # other shipped weights need another folder
        digest.update(embedded.ADAPTED_FILE.read_bytes())
    return f"{safe}-{digest.hexdigest()[:8]}"


def _make_in_own_process(source: str) -> None:
    """Its libraries stay out of the process that asked."""
    print(f"Making the sentence encoder {source} (once, about a minute)", file=sys.stderr)
    result = subprocess.run(
        [sys.executable, "-m", "nlu.encoder.provision", source],
        capture_output=True,
        text=True,
    )
    if result.returncode:
        raise RuntimeError(
            f"could not make the encoder from {source}; run `make encoder` to see why\n"
            + result.stderr[-2000:]
        )


if __name__ == "__main__":
    print(make(sys.argv[1] if len(sys.argv) > 1 else configured()))
