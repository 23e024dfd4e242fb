"""`seva compare`: two models on one labelled file, with confidence intervals."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from nlu.archive import ReleaseRefused
from nlu.training.metrics import Labelled, first_ranked

RESAMPLES = 2000


def paired_difference(first: Sequence[bool], second: Sequence[bool], seed: int = 11) -> list[float]:
    """Mean of second minus first with its 95 % bootstrap interval: [mean, low, high]."""
    gains = np.asarray(second, dtype=float) - np.asarray(first, dtype=float)
    draws = np.random.default_rng(seed).integers(0, len(gains), (RESAMPLES, len(gains)))
    low, high = np.percentile(gains[draws].mean(axis=1), [2.5, 97.5])
    return [round(float(v), 4) for v in (gains.mean(), low, high)]


def rights(rows: Sequence[Labelled], answers: Sequence[dict[str, Any]]) -> list[bool]:
    """Whether the first ranked intent of each answer is the labelled one."""
    return [first_ranked(answer)[0] == row.service for row, answer in zip(rows, answers)]


def compared(
    rows: Sequence[Labelled], first: Sequence[bool], second: Sequence[bool]
) -> dict[str, Any]:
    """Accuracy of both, and the gain, over all rows, by key and by service."""
    groups: dict[str, dict[str, list[int]]] = {
        "key": defaultdict(list),
        "service": defaultdict(list),
    }
    for i, row in enumerate(rows):
        groups["key"][row.key].append(i)
        groups["service"][row.service].append(i)

    def summary(at: Sequence[int]) -> dict[str, Any]:
        a, b = [first[i] for i in at], [second[i] for i in at]
        return {
            "rows": len(at),
            "a": round(sum(a) / len(a), 4),
            "b": round(sum(b) / len(b), 4),
            "gain": paired_difference(a, b),
        }

    return {
        "all": summary(range(len(rows))),
        "by_key": {k: summary(at) for k, at in sorted(groups["key"].items())},
        "by_service": {k: summary(at) for k, at in sorted(groups["service"].items())},
    }


def _answers(model: str, rows: Sequence[Labelled]) -> list[dict[str, Any]]:
    from nlu.paths import models_folder
    from nlu.registry import release_of
    from nlu.training.evaluate import read_alone

    release = release_of(models_folder(), model)
    release.check()
    found, _ = read_alone(release.model, release.data, rows)
    return found


def compare_command(a: str, b: str, file: Path, json_output: bool) -> int:
    """`seva compare A B FILE.jsonl`."""
    from nlu.catalogue import shared_catalogue
    from nlu.model_ids import chosen_model
    from nlu.paths import models_folder
    from nlu.registry import release_of
    from nlu.training.evaluate import labelled_rows
    from nlu.training.labelled import LabelledFileError

    folder = models_folder()
    try:
        a, b = chosen_model(folder, a), chosen_model(folder, b)
        catalogues = [shared_catalogue(release_of(folder, one).data) for one in (a, b)]
        rows = labelled_rows(file, catalogues)
        first = _answers(a, rows)
        second = _answers(b, rows)
    except (LabelledFileError, OSError, ReleaseRefused) as error:
        print(error, file=sys.stderr)
        return 1
    result = {"a": a, "b": b, **compared(rows, rights(rows, first), rights(rows, second))}
    if json_output:
        print(json.dumps(result, ensure_ascii=False, indent=2))
        return 0
    from rich.console import Console
    from rich.table import Table

    table = Table("", "rows", "A", "B", "gain", "95 % interval")
    services = {k: v for k, v in result["by_service"].items() if v["a"] != v["b"]}
    for name, row in {"all": result["all"], **result["by_key"], **services}.items():
        mean, low, high = row["gain"]
        table.add_row(
            name,
            str(row["rows"]),
            f"{row['a']:.3f}",
            f"{row['b']:.3f}",
            f"{mean:+.3f}",
            f"{low:+.3f} .. {high:+.3f}",
        )
    Console().print(f"A {a}\nB {b}")
    Console().print(table)
    return 0
