"""Seva as an image has it: installed from its wheel where the checkout cannot be seen."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from nlu import paths
from tests.deploy.containers import Image
from tests.packaging.conftest import ROOT, UV, Installed, everything

__all__ = ["everything", "image"]
CONTAINERFILE = (ROOT / "deploy" / "Containerfile").read_text("utf-8")
PREFIX = "/opt/seva"
_BORROWED = "/opt/borrowed"


def image_environment() -> dict[str, str]:
    """The ENV of the Containerfile's last stage."""
    last = CONTAINERFILE.rpartition("\nFROM ")[2]
    (block,) = re.findall(r"^ENV ((?:.*\\\n)*.*)$", last, re.M)
    return dict(pair.split("=", 1) for pair in block.replace("\\\n", " ").split())


@pytest.fixture(scope="session")
def image(everything: Installed, tmp_path_factory: pytest.TempPathFactory) -> Image:
    """The image of every role: the wheel in `PREFIX`, what it depends on borrowed from here."""
    folder = tmp_path_factory.mktemp("image")
    environment = folder / "seva"
    (wheel,) = (everything.environment.parent / "dist").glob("*.whl")
    python = Path(sys.base_prefix) / "bin" / "python3.10"  # an environment's own lies elsewhere
    venv = ["venv", "--relocatable", "--python", python, environment]
    into = ("--python", environment / "bin" / "python")
    for words in (venv, ["pip", "install", "--no-deps", "--offline", *into, wheel]):
        subprocess.run([UV, *words], cwd=ROOT, check=True, capture_output=True)
    packages = environment / "lib" / "python3.10" / "site-packages"
    (packages / "borrowed.pth").write_text(f"{_BORROWED}\n", "utf-8")
    for script, as_name in (("entry.sh", "entry"), ("healthy.py", "healthy")):
        shutil.copy(ROOT / "deploy" / "image" / script, environment / "bin" / as_name)
    for weights in ("encoder", "whisper"):
        shutil.copytree(
            paths.cache_folder() / weights,
            folder / "cache" / weights,
            ignore=shutil.ignore_patterns("sentence-transformer", "hub"),
        )
    subprocess.run(["chmod", "-R", "a+rX,go-w", folder / "cache"], check=True)
    return Image(
        entry=["entry"],
        environment=image_environment(),
        folders={
            PREFIX: environment,
            _BORROWED: Path(sysconfig.get_paths()["purelib"]).resolve(),
            "/opt/cache": folder / "cache",
        },
    )
