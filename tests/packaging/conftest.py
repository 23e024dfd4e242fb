"""Wheels as `uv build` makes them, installed where the checkout cannot be seen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
UV = ROOT / ".ci" / "uv"


@dataclass(frozen=True)
class Installed:
    """An environment with one wheel of Seva; what it depends on is borrowed from this one."""

    environment: Path

    @property
    def packages(self) -> Path:
        """Its site-packages."""
        return self.environment / "lib" / "python3.10" / "site-packages"

    def run(self, program: str, *arguments: str, here: Path) -> tuple[int, str]:
        """Exit code and output of a program of the environment, in the folder `here`."""
        mine = {k: v for k, v in os.environ.items() if not k.startswith("SEVA_")}
        done = subprocess.run(
            [str(self.environment / "bin" / program), *arguments],
            cwd=here,
            env={**mine, "XDG_CACHE_HOME": str(self.environment / "cache"), "COLUMNS": "120"},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        return done.returncode, done.stdout

    def files(self) -> set[Path]:
        """All that the wheel brought, and what anybody wrote beside it."""
        kept = (path for path in self.packages.rglob("*") if "__pycache__" not in path.parts)
        return {path for path in kept if path.is_file()}

    def commands(self) -> set[str]:
        """The modules of its commands, by its own entry points."""
        read = "import json; from importlib.metadata import distribution as d; print(json.dumps"
        wanted = "[e.module for e in d('seva').entry_points if e.group == 'seva.commands']"
        code, said = self.run("python", "-c", f"{read}({wanted}))", here=self.environment)
        assert code == 0, said
        return set(json.loads(said))


def install(folder: Path, wheel: str = "") -> Installed:
    """Builds a wheel (`product`, or everything) and installs it into a new environment."""
    build = {**os.environ, "SEVA_WHEEL": wheel}
    uv = {"cwd": ROOT, "env": build, "check": True, "capture_output": True}
    subprocess.run([UV, "build", "--wheel", "--out-dir", folder / "dist"], **uv)
    (built,) = (folder / "dist").glob("*.whl")
    environment = folder / "environment"
    subprocess.run([UV, "venv", "--python", sys.executable, environment], **uv)
    into = ("--python", environment / "bin" / "python")
    subprocess.run([UV, "pip", "install", "--no-deps", "--offline", *into, built], **uv)
    installed = Installed(environment)
    # A folder that a .pth names is searched last, and the .pth of the checkout in it is not read
    borrowed = sysconfig.get_paths()["purelib"]
    (installed.packages / "borrowed.pth").write_text(f"{borrowed}\n", "utf-8")
    return installed


@pytest.fixture(scope="session")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What `uv build` makes."""
    return install(tmp_path_factory.mktemp("everything"))


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """What servers install."""
    return install(tmp_path_factory.mktemp("product"), "product")
