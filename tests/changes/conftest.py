"""A small catalogue, in a repository of its own or without one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from nlu.changes.proposal import Author
from nlu.changes.workshop import Workshop, open_workshop
from tests.catalogue.sample import write_sample
from tests.processes import ROOT

CONSOLE = Author("Seva console", "console@seva.invalid")
LATHA = Author("Latha", "latha@seva.invalid")
RAVI = Author("రవి <x>\n", "ravi@seva.invalid")


def git(folder: Path, *arguments: str) -> str:
    """What Git prints, as a person calls it."""
    alone = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@x", *arguments],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, **alone},
    )
    return done.stdout


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside the catalogue under test."""
    monkeypatch.setenv("SEVA_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))


@pytest.fixture()
def data(tmp_path: Path) -> Path:
    """The sample's data folder, with words for numbers; no repository."""
    data = write_sample(tmp_path / "work" / "data")
    shutil.copytree(ROOT / "data" / "lexicon", data / "lexicon")
    return data


def committed(data: Path) -> Path:
    """The same as the first commit of a repository; the folder of the repository."""
    top = data.parent
    git(top, "init", "-q", "-b", "main")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "first")
    return top


@pytest.fixture(params=["git", "folder"])
def workshop(request: pytest.FixtureRequest, data: Path, tmp_path: Path) -> Workshop:
    """Of the sample, with Git and without."""
    if request.param == "git":
        committed(data)
    made = open_workshop(data, tmp_path / "var", CONSOLE)
    assert type(made.proposals).__name__.lower().startswith(request.param)
    return made


@pytest.fixture()
def opened(data: Path, tmp_path: Path) -> Callable[[], Workshop]:
    """Another process's workshop over the same places."""
    return lambda: open_workshop(data, tmp_path / "var", CONSOLE)
