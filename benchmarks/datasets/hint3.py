"""HINT3: what people really wrote to three Indian customer service bots.

Arora et al. 2020, "HINT3: Raising the bar for Intent Detection in the Wild"; ODbL 1.0. Two folders
of CSV files with the columns `sentence,label`: `train/<bot>_train.csv`, or `_subset_train.csv` for
the smaller training set, and `test/<bot>_test.csv`, half of which belongs to no intent.
"""

from __future__ import annotations

import csv
from pathlib import Path

from benchmarks.datasets.files import MissingData, required
from nlu.joint.examples import Example

SOURCE = "github.com/hellohaptik/HINT3 (dataset/v1, ODbL 1.0)"
OUT_OF_SCOPE = "NO_NODES_DETECTED"  # as the authors' evaluation calls it
_NO_LABEL = frozenset({"", "nan", "none", "oos", "out_of_scope", OUT_OF_SCOPE.lower()})


def bots(folder: Path) -> list[str]:
    """Names of the bots that have a training file. Raises MissingData if there is none."""
    names = [p.name.removesuffix("_train.csv") for p in (folder / "train").glob("*_train.csv")]
    found = sorted(name for name in names if not name.endswith("_subset"))
    if not found:
        raise MissingData(
            f"{folder / 'train'} holds no *_train.csv. Give --data the folder that holds train/ "
            f"(and test/, if you have it); get the data set from {SOURCE}."
        )
    return found


def read_train(folder: Path, bot: str, *, subset: bool = False) -> list[Example]:
    """Training messages of a bot. Raises MissingData."""
    kind = "subset_train" if subset else "train"
    return _read(required(folder / "train", f"{bot}_{kind}.csv", SOURCE))


def read_test(folder: Path, bot: str) -> list[Example] | None:
    """Test messages of a bot, OUT_OF_SCOPE being the intent of half of them; None if absent."""
    path = folder / "test" / f"{bot}_test.csv"
    return _read(path) if path.is_file() else None


def _read(path: Path) -> list[Example]:
    with open(path, encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    if rows and not {"sentence", "label"} <= set(rows[0]):
        raise ValueError(f"{path}: expected the columns sentence,label, found {','.join(rows[0])}")
    return [Example(row["sentence"] or "", _intent(row["label"] or "")) for row in rows]


def _intent(label: str) -> str:
    given = label.strip()
    return OUT_OF_SCOPE if given.lower().replace(" ", "_") in _NO_LABEL else given
