"""What the commands of the public benchmarks share: `--data`, `--json`, errors, exit codes."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from benchmarks.datasets.files import MissingData

Document = dict[str, Any]


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """A parser with the options that every public benchmark has."""
    made = argparse.ArgumentParser(
        prog=f"seva benchmark {name}",
        description=description,
        epilog="Exit codes: 0 measured, 1 failed, 2 wrong arguments or missing data.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--data", type=Path, required=True, help="folder of the data set")
    made.add_argument("--json", action="store_true", help="one JSON document, nothing else")
    return made


def finish(
    run: Callable[[], Document],
    lines: Callable[[Document], Iterable[str]],
    *,
    as_json: bool,
    failures: tuple[type[Exception], ...] = (ValueError,),
) -> int:
    """Runs a benchmark and prints its document, as JSON or as lines; the exit code. `failures` are
    told in their own words."""
    try:
        document = run()
    except MissingData as problem:
        print(problem, file=sys.stderr)
        return 2
    except failures as problem:
        print(problem, file=sys.stderr)
        return 1
    if as_json:
        print(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        print("\n".join([machine_line(document["machine"]), *lines(document)]))
    return 0


def machine_line(facts: Document) -> str:
    """The machine that the numbers belong to, in one line."""
    return (
        f"{facts['cpu']}, {facts['cores']} cores, load {facts['load_before']} before, "
        f"Python {facts['python']}"
    )


def versions_line(facts: Document) -> str:
    """What was measured, by its version, in one line."""
    return ", ".join(f"{name} {version}" for name, version in facts["versions"].items())


def beside_wanted(name: str, value: float, most: float, unit: str = "") -> str:
    """A number, what it may be at most, and whether it is."""
    reached = "reached" if value <= most else "missed"
    return f"{name:<44}{value:>10g}{unit}  (wanted at most {most:g}{unit}: {reached})"
