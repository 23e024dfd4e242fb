"""What the checker holds the data to, read from `data/check.yml`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml
from nlu.paths import SHIPPED

FILE = "check.yml"
_ALIKE = ("leak_ratio", "swap_ratio", "swap_from", "leak_cosine", "swap_cosine")


@dataclass(frozen=True)
class PhraseLimit:
    """A phrase the code says: the fields it fills in, and how long it may be at most."""

    fields: tuple[str, ...]
    longest: int


@dataclass(frozen=True)
class Limits:
    """Counts, lengths (code points), shares and ratios (0 to 100)."""

    trained: int
    holdout: int
    examples: int
    menu: int
    about: int
    button: int
    row: int
    sentence: int
    buttons: int
    script_share: int
    leak_ratio: int
    swap_ratio: int
    swap_from: int
    leak_cosine: float
    swap_cosine: float
    phrases: Mapping[str, PhraseLimit]


def load_limits(root: Path) -> Limits:
    """The limits of a data folder, and the project's own where the folder has none."""
    content = _read(SHIPPED / "data" / FILE)
    if (root / FILE).exists():
        content |= _read(root / FILE)
    sentence = content["lengths"]["sentence"]
    return Limits(
        **content["counts"],
        **content["lengths"],
        buttons=content["buttons"],
        script_share=content["script_share"],
        **{name: content[name] for name in _ALIKE},
        phrases={
            name: PhraseLimit(tuple(entry.get("fields", ())), entry.get("longest", sentence))
            for name, entry in content["phrases"].items()
        },
    )


def _read(file: Path) -> dict[str, Any]:
    found: dict[str, Any] = load_yaml(file.read_text("utf-8"))
    return found
