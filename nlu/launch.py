"""The script `seva`: under Python 3.10 the command itself, else a start again under Python 3.10.

Rasa 3.6 runs on Python 3.10 and no later one. `uvx` takes whatever Python a machine has, and does
not read that a wheel wants an older one. So this module imports nothing that is not in Python.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from importlib.metadata import distribution
from typing import NoReturn

PYTHON = (3, 10)


def main() -> None:
    """Runs the command, or hands over to uv and Python 3.10."""
    if sys.version_info[:2] != PYTHON:
        _again()
    from nlu.cli import main as command

    command()


def _again() -> NoReturn:
    wanted = ".".join(map(str, PYTHON))
    again = ["tool", "run", "--python", wanted, "--from", _origin(), "seva", *sys.argv[1:]]
    uv = os.environ.get("UV") or shutil.which("uv")
    if uv is None:
        here = ".".join(map(str, sys.version_info[:2]))
        sys.exit(
            f"Seva runs on Python {wanted}; this is Python {here}. Install it there, or install "
            f"uv, which brings that Python: uv {' '.join(again)}"
        )
    # pyenv shows its Python 3.10 to those only who name it
    os.execve(uv, [uv, *again], {**os.environ, "PYENV_VERSION": wanted})


def _origin() -> str:
    """What this Seva was installed from: a wheel, or its name and version."""
    seva = distribution("seva")
    url = json.loads(seva.read_text("direct_url.json") or "{}").get("url")
    return url or f"seva=={seva.version}"
