"""Under another Python than 3.10 the command hands over to uv."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.packaging.conftest import ROOT

ELSEWHERE = """
import sys
from nlu import launch
launch.PYTHON = (3, 9)
sys.argv = ["seva", "check", "--strict"]
launch.main()
"""
STDLIB_ONLY = """
import sys
sys.path.append({root!r})
import nlu.launch
known = {{*sys.stdlib_module_names, "nlu", "__main__"}}
print(*(name for name in sys.modules if name.partition(".")[0] not in known))
"""


def start(path: Path, uv: str = "") -> subprocess.CompletedProcess[str]:
    """The command where Seva wants a Python that this one is not."""
    mine = {k: v for k, v in os.environ.items() if k not in ("UV", "PATH")}
    environment = {**mine, "PATH": str(path), **({"UV": uv} if uv else {})}
    command = [sys.executable, "-c", ELSEWHERE]
    return subprocess.run(command, env=environment, capture_output=True, text=True)


@pytest.fixture
def uv(tmp_path: Path) -> Path:
    """A uv that says what it is asked to do."""
    file = tmp_path / "uv"
    file.write_text('#!/bin/sh\necho "$PYENV_VERSION" "$@"\n', "utf-8")
    file.chmod(0o755)
    return file


@pytest.mark.parametrize("named", [True, False], ids=["by UV", "on the path"])
def test_the_right_python_is_asked_of_uv(uv: Path, named: bool) -> None:
    """With the same arguments, and the Seva that was started."""
    done = start(Path("/nowhere"), str(uv)) if named else start(uv.parent)
    asked = f"3.9 tool run --python 3.9 --from {ROOT.as_uri()} seva check --strict\n"
    assert (done.returncode, done.stdout) == (0, asked), done.stderr


def test_without_uv_it_says_what_to_do(tmp_path: Path) -> None:
    done = start(tmp_path)
    assert done.returncode == 1
    assert "Seva runs on Python 3.9; this is Python 3.10" in done.stderr
    assert "uv tool run --python 3.9" in done.stderr


def test_it_stands_on_nothing_that_is_not_in_python() -> None:
    """Under a later Python nothing but Seva itself is installed."""
    script = STDLIB_ONLY.format(root=str(ROOT))
    command = [sys.executable, "-I", "-S", "-c", script]
    done = subprocess.run(command, capture_output=True, text=True)
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stderr
