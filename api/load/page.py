"""A run as one HTML page with everything in it, and as lines of a terminal."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from rich.console import Group
from rich.table import Table

import nlu
from api.load import plots
from api.load.outcome import Document

_STYLE = Path(nlu.__file__).parent / "training" / "report" / "style.css"


def counts(found: Document) -> Iterator[tuple[str, str]]:
    """What was counted, in words, as table and page show it."""
    yield "messages", f"{found['messages']} ({found['per_second']:g} a second)"
    yield "taken (200)", str(found["accepted"])
    yield "answered", f"{found['answered']}, with {found['replies']} replies"
    errors = ", ".join(f"{why}: {n}" for why, n in sorted(found["errors"].items()))
    yield "deliveries refused, then brought again", errors or "0"
    yield "never taken", str(found["not_taken"])
    yield "lost: taken and not answered", str(found["lost"])
    if found["broken_off"]:
        yield "open when it was broken off", str(found["open"])
    yield "doubled replies", str(found["doubled"])
    yield "out of order", str(found["out_of_order"])
    if found["unsent"]:
        yield "not sent: no citizen may write more", str(found["unsent"])


def write_page(path: Path, found: Document) -> None:
    """Writes the page, whole or not at all. Raises OSError."""
    handle, name = tempfile.mkstemp(dir=path.absolute().parent, prefix=".load-", suffix=".html")
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        out.write(render(found))
    os.chmod(name, 0o644)
    os.replace(name, path)


def render(found: Document) -> str:
    """The page as text."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["milliseconds"] = plots.milliseconds
    rows, ramp = found["over_time"], found["plan"]["ramp"]
    end = max((row["to"] for row in rows), default=1.0)
    return environment.get_template("template.html").render(
        found=found,
        counts=list(counts(found)),
        latency=plots.latency(rows, end, ramp),
        throughput=plots.throughput(rows, end, ramp),
        queue=plots.queue(rows, end, ramp),
        curve=plots.percentile_curve(found["curve"]["answer"], found["curve"]["accept"]),
        style=Markup(_STYLE.read_text("utf-8")),
    )


def tables(found: Document) -> Group:
    """The same for a terminal."""
    times = Table(title=f"{found['plan']['rate']:g} messages a second, {found['seconds']:g} s")
    times.add_column("time")
    names = ("p50", "p95", "p99", "max")
    for name in names:
        times.add_column(name, justify="right")
    named = {"until the 200": found["accept_ms"], "until the answer": found["answer_ms"]}
    named |= {f"  {key}": row["answer_ms"] for key, row in found["by_key"].items()}
    named["this end was late"] = found["late_ms"]
    for name, values in named.items():
        times.add_row(name, *(plots.milliseconds(values[one]) if values else "-" for one in names))
    counted = Table(show_header=False)
    for name, count in counts(found):
        counted.add_row(name, count)
    return Group(times, counted)
