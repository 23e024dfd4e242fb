"""A copy of the catalogue with a few of its services: quick to train."""

from __future__ import annotations

import re
import shutil
from collections.abc import Collection
from pathlib import Path

from tests.processes import ROOT

_LIST = re.compile(r"^(first|neighbours):(?P<names> *\[.*\]|(?:\n  - .*)+)", re.MULTILINE)
_ACTS = re.compile(r"^( +services): \{(?P<acts>[^}]*)\}", re.MULTILINE)
_BLOCK = re.compile(r"^(?=  [a-z0-9_]+:$)", re.MULTILINE)
_NAME = re.compile(r"[a-z0-9_]+")


def copied(data: Path, services: Collection[str]) -> Path:
    """The project's data in the folder `data`, with these services and their departments only."""
    shutil.copytree(ROOT / "data", data)
    for file in data.glob("services/*/*.yml"):
        if file.stem not in services:
            file.unlink()
    (data / "topics.yml").unlink()
    for folder in (data / "services").iterdir():
        if not any(folder.iterdir()):
            folder.rmdir()
            for file in (data / "departments").glob(f"**/{folder.name}.yml"):
                file.unlink()
    for file in (*data.glob("services/*/*.yml"), *data.glob("departments/*.yml")):
        named_only(file, services)
    for file in data.glob("questions/*.yml"):
        asked_only(file, services)
    return data


def asked_only(file: Path, services: Collection[str]) -> None:
    """Leaves the questions about these services; a file without any is deleted."""
    head, *blocks = _BLOCK.split(file.read_text("utf-8"))
    kept = [block for block in blocks if block.split(":")[0].strip() in services]
    if kept:
        file.write_text("".join((head, *kept)), "utf-8")
    else:
        file.unlink()


def named_only(file: Path, services: Collection[str]) -> None:
    """Takes other services out of the lists `neighbours` and `first` of a file, and out of what is
    done with the numbers of a department."""

    def kept(found: re.Match[str]) -> str:
        names = [f'"{name}"' for name in _NAME.findall(found["names"]) if name in services]
        return f"{found[1]}: [{', '.join(names)}]"

    def done(found: re.Match[str]) -> str:
        acts = [act for act in found["acts"].split(", ") if act.split(": ")[1] in services]
        return f"{found[1]}: {{{', '.join(acts)}}}"

    text = _LIST.sub(kept, file.read_text("utf-8"))
    file.write_text(_ACTS.sub(done, text), "utf-8")
