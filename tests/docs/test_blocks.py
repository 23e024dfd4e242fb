"""Commands in the documentation are run and their output compared; excerpts are from their files.

A block after `<!-- run: live -->` runs in the project with the live model, one after
`<!-- run: copy -->` in a folder with a fresh copy of the catalogue. Lines that begin with `$ ` are
commands. The other lines must come out in that order; `...` stands for any text or any lines.
`exit N` in the mark is the exit code of the last command.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.docs.pages import ROOT, Block, blocks

pytestmark = pytest.mark.may_take(900, "runs the commands of the docs, a training among them")

EXAMPLE = ROOT / "docs" / "examples" / "low_voltage_complaint.yml"


def run(command: str, folder: Path) -> tuple[int, str]:
    """Exit code and output (standard output and error) of one shell command."""
    environment = {k: v for k, v in os.environ.items() if k != "SEVA_DATA_DIR"}
    environment |= {
        "PATH": f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}",
        "COLUMNS": "200",
        "PYTHONWARNINGS": "ignore",
    }
    done = subprocess.run(
        ["bash", "-c", command], cwd=folder, env=environment, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def shown_pattern(shown: list[str]) -> str:
    """A regular expression for output lines as a page shows them."""
    parts = [
        r"(?:.*\n)*?"
        if line.strip() == "..."
        else ".*".join(re.escape(piece) for piece in line.rstrip().split("...")) + r" *\n"
        for line in shown
    ]
    return "".join(parts) + r"(?:.*\n)*\Z"


@pytest.mark.parametrize("block", blocks("run:"), ids=lambda block: block.name)
def test_commands_give_what_is_shown(block: Block, tmp_path: Path) -> None:
    assert block.kind == "console"
    folder = ROOT
    if "copy" in block.mark:
        shutil.copytree(ROOT / "data", tmp_path / "data")
        folder = tmp_path
    wanted = int(found[1]) if (found := re.search(r"exit (\d)", block.mark)) else 0
    steps = re.split(r"^\$ ", block.body, flags=re.M)[1:]
    for number, step in enumerate(steps, 1):
        command, *shown = step.splitlines()
        code, output = run(command, folder)
        assert code == (wanted if number == len(steps) else 0), output
        assert re.search("^" + shown_pattern(shown), output, re.M), f"{command} says:\n{output}"


def test_there_are_blocks_to_run() -> None:
    assert len(blocks("run:")) >= 8


@pytest.mark.parametrize("block", blocks("from:"), ids=lambda block: block.name)
def test_excerpts_are_from_their_files(block: Block) -> None:
    file = block.page.parent / block.mark.removeprefix("from: ")
    assert block.body in file.read_text("utf-8")


def test_the_worked_example_is_a_valid_service(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "data", tmp_path / "data")
    shutil.copy(EXAMPLE, tmp_path / "data" / "services" / "energy")
    code, output = run("seva check --strict", tmp_path)
    assert code == 0, output
