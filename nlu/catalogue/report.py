"""How the result of `seva check` is printed: for people, or as one JSON document."""

from __future__ import annotations

import json
import sys

from nlu.catalogue.checker import CheckResult
from nlu.catalogue.model import MIXED_KEY, Catalogue

Counts = dict[str, dict[str, dict[str, int]]]
"""Intent -> key -> {"trained": n, "development": n, "holdout": n, "holdout_noisy": n}."""


def print_report(result: CheckResult, *, counts: bool, json_output: bool) -> None:
    """Problems one a line as file:line, or that the catalogue is valid."""
    if json_output:
        print(json.dumps(as_json(result), ensure_ascii=False, indent=2))
        return
    if counts:
        _print_counts(result.catalogue)
    for problem in result.problems:
        print(problem)
    if result.problems:
        print(f"{len(result.problems)} to mend.")
        return
    catalogue = result.catalogue
    total = sum(n for keys in count(catalogue).values() for n in map(_sum, keys.values()))
    print(
        f"The catalogue is valid: {len(catalogue.services)} services, "
        f"{len(catalogue.conversation)} conversation intents, {total} utterances."
    )


def as_json(result: CheckResult) -> dict[str, object]:
    """The document that `--json` prints."""
    return {
        "valid": not result.problems,
        "services": len(result.catalogue.services),
        "conversation": len(result.catalogue.conversation),
        "problems": [
            {"file": str(p.file), "line": p.line, "what": p.what, "mend": p.mend}
            for p in result.problems
        ],
        "counts": count(result.catalogue),
        "hash": result.catalogue.hash,
    }


def count(catalogue: Catalogue) -> Counts:
    """Utterances per intent and key."""
    keys = (*catalogue.languages.keys, MIXED_KEY)
    return {
        name: {
            key: {
                "trained": len(intent.utterances.get(key, ())),
                "development": len(intent.development.get(key, ())),
                "holdout": len(intent.holdout.get(key, ())),
                "holdout_noisy": len(intent.holdout_noisy.get(key, ())),
            }
            for key in keys
        }
        for intents in (catalogue.services, catalogue.conversation)
        for name, intent in intents.items()
    }


def _sum(counted: dict[str, int]) -> int:
    return sum(counted.values())


def _print_counts(catalogue: Catalogue) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    keys = (*catalogue.languages.keys, MIXED_KEY)
    table = Table(Column("trained + development + hold-out + noisy", no_wrap=True), *keys, "all")
    for name, counted in count(catalogue).items():
        cells = ["+".join(map(str, counted[key].values())) for key in keys]
        table.add_row(name, *cells, str(sum(map(_sum, counted.values()))))
    Console(width=None if sys.stdout.isatty() else 120).print(table)
