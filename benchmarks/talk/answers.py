"""What citizens answer to the slots of each service, so that it ends well at the sandbox."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from nlu.fast_yaml import load_yaml

FOLDER = Path(__file__).parents[2] / "tests" / "conversations" / "answers"
"""A file for each department of the second phase, one for all of the first."""

Answers = Mapping[str, Mapping[str, str]]
"""`slot`, or `service/slot` where another answer is needed -> language -> what is said."""


def load_answers(folder: Path = FOLDER) -> tuple[Answers, Mapping[str, str]]:
    """The answers, and by service the outcomes other than ok that mean it worked."""
    files = [load_yaml(file.read_text("utf-8")) for file in sorted(folder.glob("*.yml"))]
    done = {name: outcome for file in files for name, outcome in file.pop("done", {}).items()}
    return {name: told for file in files for name, told in file.items()}, done
