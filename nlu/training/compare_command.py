"""`seva compare`: what two models do with the same messages, as tables on a terminal."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nlu.archive import ReleaseRefused

_SHOWN = 20  # changed messages on a terminal; `--json` has all


def compare_command(a: str, b: str, file: Path | None, json_output: bool) -> int:
    """`seva compare A B [FILE]`."""
    from nlu.catalogue import CatalogueError
    from nlu.model_ids import chosen_model
    from nlu.paths import models_folder
    from nlu.training.compare import HOLDOUTS, compare, known_to
    from nlu.training.evaluate import labelled_rows
    from nlu.training.labelled import LabelledFileError

    folder = models_folder()
    try:
        a, b = chosen_model(folder, a), chosen_model(folder, b)
        known = known_to(folder, a, b)
        rows = None if file is None else labelled_rows(file, [known.a, known.b])
        found = compare(folder, a, b, rows, HOLDOUTS if file is None else file.name)
    except (LabelledFileError, CatalogueError, OSError, ReleaseRefused) as error:
        print(error, file=sys.stderr)
        return 1
    if json_output:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print_comparison(found)
    return 0


def print_comparison(found: Mapping[str, Any]) -> None:
    """Right action of both by key, of the services that differ, and what changed."""
    from rich.console import Console
    from rich.table import Table

    out = Console()
    table = Table("right action", "messages", "A", "B", "gain", "95 % interval", "won", "lost")
    services = {k: v for k, v in found["by_service"].items() if v["won"] or v["lost"]}
    rows = {
        "all": found["all"],
        **found["by_key"],
        "out of scope": found["out_of_scope"],
        "talk": found["conversation"],
        **services,
    }
    for name, row in rows.items():
        if row is None:
            continue
        mean, low, high = row["gain"]
        cells = (f"{row['a']:.3f}", f"{row['b']:.3f}", f"{mean:+.3f}")
        interval = f"{low:+.3f} .. {high:+.3f}"
        table.add_row(name, str(row["rows"]), *cells, interval, str(row["won"]), str(row["lost"]))
    out.print(f"A {found['a']}\nB {found['b']}", highlight=False)
    out.print(table)
    for name, new in found["new_services"].items():
        share = "no messages" if new["right_action"] is None else f"{new['right_action']:.3f}"
        out.print(f"Only B has {name}: right action {share} ({new['rows']} messages)")
    if found["gone_services"]:
        out.print(f"Only A has {', '.join(found['gone_services'])}")
    changed = found["changed"]
    out.print(f"{len(changed)} messages are treated otherwise")
    for one in changed[:_SHOWN]:
        before, after = action(one["before"]), action(one["after"])
        line = f"  {one['change']}: {one['text']} [{one['key']}, {one['meant']}]"
        out.print(f"{line}: {before} -> {after}", highlight=False, markup=False)
    if len(changed) > _SHOWN:
        out.print(f"  ... and {len(changed) - _SHOWN} more: `--json` lists them all")


def action(answer: Mapping[str, Any]) -> str:
    """What a citizen meets, in a few words."""
    if answer["kind"] == "conversation":
        return str(answer["top"])
    if answer["kind"] == "out_of_scope":
        return "refused"
    told = ", ".join(answer["options"])
    return told if answer["kind"] == "route" else f"asks ({told})"
