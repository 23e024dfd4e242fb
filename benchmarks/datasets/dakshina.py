"""Dakshina: sentences of Wikipedia in native script and as people wrote them in Latin letters.

Roark et al. 2020, "Processing South Asian Languages Written in the Latin Script: the Dakshina
Dataset", arXiv 2007.01176; CC BY-SA 4.0. `te.romanized.rejoined.dev.native.txt` and
`te.romanized.rejoined.dev.roman.txt` hold the same sentences line by line.
"""

from __future__ import annotations

from pathlib import Path

from benchmarks.datasets.files import first_split, required

SOURCE = "github.com/google-research-datasets/dakshina (CC BY-SA 4.0)"
LANGUAGES = ("te", "hi")
SCORED = ("test", "dev")  # the first that is there
_NAME = "{}.romanized.rejoined.{}.{}.txt"


def folder(data: Path) -> Path:
    """The folder of the files: `data` itself, or `dakshina` in it."""
    inside = data / "dakshina"
    return inside if inside.is_dir() else data


def sentences(data: Path, language: str, split: str, script: str) -> list[str]:
    """Sentences of a language (te, hi), split (test, dev) and script (native, roman), in order.

    Raises MissingData.
    """
    path = required(folder(data), _NAME.format(language, split, script), SOURCE)
    return [line for line in path.read_text("utf-8").split("\n") if line.strip()]


def scored_split(data: Path) -> str:
    """`test` where the folder has it for the first language, else `dev`. Raises MissingData."""
    return first_split(folder(data), _NAME.format(LANGUAGES[0], "{}", "roman"), SCORED, SOURCE)
