"""Finds the encoder of the settings, making it once if the cache has none.

Making it needs torch (dependency group `training`) and takes about a minute; `make encoder`
does it ahead of time, and images for serving carry the finished folder.
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
from pathlib import Path

from nlu.encoder import adapted_weights
from nlu.paths import PROJECT

VERSION = "3"
DEFAULT = "adapted"


def cache_dir() -> Path:
    """SEVA_CACHE_DIR, by default `.cache/seva` in the project."""
    return Path(os.environ.get("SEVA_CACHE_DIR") or PROJECT / ".cache" / "seva")


def configured(config: Path = PROJECT / "config.yml") -> str:
    """The encoder that a config.yml (or SEVA_ENCODER_MODEL) names; the embedded one if none."""
    from nlu.fast_yaml import load_yaml

    pipeline = load_yaml(config.read_text("utf-8"))["pipeline"]
    named = [c.get("model") for c in pipeline if c["name"].endswith(".SentenceEncoder")]
    return os.environ.get("SEVA_ENCODER_MODEL") or next(filter(None, named), DEFAULT)


def encoder_folder(named: str) -> Path:
    """Folder of the ONNX encoder for `named` (or SEVA_ENCODER_MODEL), made if absent."""
    source = os.environ.get("SEVA_ENCODER_MODEL") or named
    folder = cache_dir() / "encoder" / _folder_name(source)
    if not (folder / "onnx" / "encoder.json").is_file():
        _make_in_own_process(source)
    return folder / "onnx"


def make(source: str) -> Path:
    """Builds the sentence-transformers folder and its ONNX int8 form, atomically."""
    _quiet_libraries()
    from nlu.encoder import onnx_export, sentence_transformer

    folder = cache_dir() / "encoder" / _folder_name(source)
    if (folder / "onnx" / "encoder.json").is_file():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    work = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".making-"))
    try:
        print(f"1/2 {source} to a sentence-transformers folder", file=sys.stderr)
        sentence_transformer.build(source, work / "sentence-transformer")
        print("2/2 to ONNX int8", file=sys.stderr)
        onnx_export.export(work / "sentence-transformer", work / "onnx", source=source)
        if folder.exists():
            shutil.rmtree(folder)
        os.replace(work, folder)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return folder


def _quiet_libraries() -> None:
    """The libraries' own progress bars and warnings say nothing to whoever waits here."""
    os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
    os.environ.setdefault("TQDM_DISABLE", "1")
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.ERROR)


def _folder_name(source: str) -> str:
    safe = "".join(c if c.isalnum() else "-" for c in source)[-60:]
    digest = hashlib.sha256((VERSION + source).encode())
    if source == "adapted":  # other shipped weights, another folder
        digest.update(adapted_weights.FILE.read_bytes())
    return f"{safe}-{digest.hexdigest()[:8]}"


def _make_in_own_process(source: str) -> None:
    """torch stays out of the process that asked."""
    print(f"Making the sentence encoder from {source} (once, about a minute)", file=sys.stderr)
    result = subprocess.run(
        [sys.executable, "-m", "nlu.encoder.provision", source],
        cwd=PROJECT,
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
