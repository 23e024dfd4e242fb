"""What the image's scripts install, without a container engine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT, UV

SCRIPTS = ROOT / "deploy" / "image"
ABSENT = ("torch", "transformers", "sentence-transformers", "pytest", "ruff", "mypy", "playwright")


def exported(script: str) -> dict[str, str]:
    """Package -> what of it is installed, as `build.sh` asks uv for it."""
    (command,) = re.findall(r"\./\.ci/uv (export (?:.*\\\n)?.*--no-emit-project)", script)
    words = command.replace("\\\n", " ").split()
    done = subprocess.run([UV, *words, "--offline"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    pins = re.findall(
        r"^([\w.-]+)==(\S+)((?: .*\\\n| *\\\n)?(?:    --hash=.*\n)+)", done.stdout, re.M
    )
    return {name: version for name, version, _ in pins}


def test_neither_torch_nor_a_tool_is_installed() -> None:
    pins = exported((SCRIPTS / "build.sh").read_text("utf-8"))
    assert {"rasa", "fastapi", "psycopg2-binary", "onnxruntime"} <= set(pins)
    assert set(ABSENT) & set(pins) == set()
    assert not [name for name in pins if name.startswith("nvidia")]
    check = (SCRIPTS / "check.sh").read_text("utf-8")
    assert re.search(r"^for absent in torch .*; do$", check, re.M)


@pytest.mark.parametrize("script", sorted(SCRIPTS.glob("*.sh")), ids=lambda path: path.name)
def test_scripts_are_programs_of_a_plain_shell(script: Path) -> None:
    """They run in images that have no bash."""
    first, *lines = script.read_text("utf-8").splitlines()
    assert first == "#!/bin/sh" and "set -eu" in lines and os.access(script, os.X_OK)
    assert subprocess.run(["sh", "-n", script]).returncode == 0


@pytest.mark.nightly
def test_the_steps_of_the_image_in_a_clean_folder(tmp_path: Path) -> None:
    """The wheel for servers, the locked versions, the weights; then the image's own check."""
    python = Path(sys.base_prefix) / "bin" / "python3.10"
    steps = [SCRIPTS / "steps.sh", tmp_path / "image", "product", python]
    done = subprocess.run(steps, capture_output=True, text=True, cwd=tmp_path)
    assert done.returncode == 0, done.stderr[-3000:]
    assert "checked: no torch, every role starts, the weights are whole" in done.stdout
    together = int(done.stdout.split()[-1])
    assert 2000 < together < 4000, "the size in deploy/README.md is another"
