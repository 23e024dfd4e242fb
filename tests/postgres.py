"""A PostgreSQL server for tests that name it."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

POSTGRES = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)
"""Debian keeps its programs off the path."""


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server of our own, reached by a socket. `make test` installs it; `make check`
    installs no Debian packages, so it may be without."""
    if POSTGRES is None:
        pytest.skip("PostgreSQL is not installed; `make system` brings it")
    with tempfile.TemporaryDirectory() as folder:
        data = f"{folder}/data"
        user = ["runuser", "-u", "nobody", "--"] if os.geteuid() == 0 else []
        if user:
            shutil.chown(folder, "nobody")
        control = [*user, POSTGRES / "pg_ctl", "-D", data]
        quiet: dict[str, Any] = {"stdout": subprocess.DEVNULL, "cwd": folder}
        made = [*user, POSTGRES / "initdb", "-D", data, "-U", "seva", "-A", "trust"]
        subprocess.run(made, check=True, **quiet)
        options = f"-k {folder} -c listen_addresses=''"
        started = [*control, "-w", "-l", f"{folder}/log", "-o", options, "start"]
        subprocess.run(started, check=True, **quiet)
        yield f"postgresql://seva@/postgres?host={folder}"
        subprocess.run([*control, "-m", "immediate", "stop"], **quiet)
