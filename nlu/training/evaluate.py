"""`seva evaluate`: scores a labelled file against a model of the registry."""

from __future__ import annotations

import asyncio
import json
import logging
import statistics
import sys
import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from nlu.archive import ReleaseRefused
from nlu.catalogue import Catalogue
from nlu.classifier.processes import shared_out
from nlu.registry import Manifest
from nlu.training.labelled import Known, LabelledFileError, read_labelled, tell
from nlu.training.metrics import Labelled, score

BATCH = 64
OWN_HOLDOUT = "the catalogue's hold-out"
HOLDOUT, NOISY = _PARTS = "holdout", "holdout_noisy"
"""The two hold-outs: plain requests, and messages as they are. They are scored apart."""
Read = tuple[list[dict[str, Any]], float]
"""An engine's answers to messages, and the median milliseconds of one alone."""


def labelled_rows(file: Path, catalogues: Sequence[Catalogue]) -> list[Labelled]:
    """The rows of a labelled file, held against the catalogues of the models that answer them;
    warnings go to standard error. Raises LabelledFileError."""
    found = read_labelled(file, Known.of(catalogues))
    if found.warnings:
        print(tell(found.warnings), file=sys.stderr)
    return found.rows


def holdout(catalogue: Catalogue, part: str = HOLDOUT) -> list[Labelled]:
    """The catalogue's own hold-out, services and out of scope: `part` is HOLDOUT or NOISY."""
    rows = []
    intents: dict[str, Any] = dict(catalogue.services)
    intents["out_of_scope"] = catalogue.conversation["out_of_scope"]
    for name, intent in intents.items():
        for key, utterances in getattr(intent, part).items():
            for utterance in utterances:
                slots = {m.slot: utterance.text[m.start : m.end] for m in utterance.marks}
                rows.append(Labelled(utterance.text, key, name, slots))
    return rows


async def answers(engine: Any, rows: Sequence[Labelled]) -> Read:
    """The engine's answer to each row, and the median milliseconds of a message alone."""
    found: list[dict[str, Any]] = []
    for start in range(0, len(rows), BATCH):
        found += await engine.parse_many([row.text for row in rows[start : start + BATCH]])
    alone = []
    for row in rows[:: max(1, len(rows) // 100)]:
        began = time.perf_counter()
        await engine.parse(row.text)
        alone.append((time.perf_counter() - began) * 1000)
    return found, round(statistics.median(alone), 2)


async def evaluated(
    engine: Any, rows: Sequence[Labelled], catalogue: Catalogue
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The whole `--json` document, and the answers behind it, in the order of the rows."""
    found, median = await answers(engine, rows)
    return {"model": engine.model_id, **_scored(rows, found, median, catalogue)}, found


def evaluated_holdouts(
    read: Callable[[list[list[Labelled]]], list[Read]], catalogue: Catalogue
) -> tuple[dict[str, Any], list[tuple[Labelled, dict[str, Any]]]]:
    """Scores of the catalogue's hold-out, with those of the noisy one, if it has any, under
    "noisy"; and each message of the plain one with its answer. `read` answers several lists."""
    rows, *more = parts = [part for name in _PARTS if (part := holdout(catalogue, name))]
    (found, median), *others = read(parts)
    result = _scored(rows, found, median, catalogue)
    for noisy, (answered, alone) in zip(more, others):
        result["noisy"] = _scored(noisy, answered, alone, catalogue)
    return result, list(zip(rows, found))


def read_at_once(model: Path, data: Path, parts: list[list[Labelled]]) -> list[Read]:
    """`answers` to each of several lists, by processes that load the model each: what follows its
    messages one by one keeps one core busy."""
    return shared_out(read_alone, [(model, data, rows) for rows in parts], len(parts))


def start_rasa() -> None:
    """Imports it, which takes ten seconds. What its libraries warn of as they are read says nothing
    to the data team."""
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").setLevel(logging.ERROR)
    from nlu.engine.rasa_engine import quiet

    quiet()


def read_alone(model: Path, data: Path, rows: Sequence[Labelled]) -> Read:
    """`answers` of a model that is loaded for them."""
    start_rasa()
    from nlu.engine.rasa_engine import Engine

    async def run() -> Read:
        return await answers(await Engine.load(model, data_dir=data), rows)

    return asyncio.run(run())


def _scored(
    rows: Sequence[Labelled], found: list[dict[str, Any]], median: float, catalogue: Catalogue
) -> dict[str, Any]:
    scores = score(
        rows,
        found,
        conversation=frozenset(catalogue.conversation),
        services=frozenset(catalogue.services),
        elsewhere=frozenset(n for n, one in catalogue.conversation.items() if one.elsewhere),
    )
    return {**scores, "ms_per_message_p50": median}


def evaluate_command(
    file: Path | None, model: str | None, json_output: bool, html: Path | None = None
) -> int:
    """`seva evaluate [FILE] [--model ID] [--json] [--html OUT.html]`."""
    from nlu.catalogue import shared_catalogue
    from nlu.model_ids import chosen_model
    from nlu.paths import models_folder
    from nlu.registry import live_id, read, release_of

    model = model or live_id(models_folder())
    if model is None:
        print("no live model; run `seva train`, then `seva promote ID`", file=sys.stderr)
        return 1
    try:
        model = chosen_model(models_folder(), model)
        release = release_of(models_folder(), model)
        release.check()
        catalogue = shared_catalogue(release.data)
        rows = labelled_rows(file, [catalogue]) if file else []
    except (LabelledFileError, OSError, ReleaseRefused) as error:
        print(error, file=sys.stderr)
        return 1

    if file is None:
        at_once = partial(read_at_once, release.model, release.data)
        result, answered = evaluated_holdouts(at_once, catalogue)
    else:
        found, median = read_alone(release.model, release.data, rows)
        result, answered = _scored(rows, found, median, catalogue), list(zip(rows, found))
    result = {"model": model, **result}
    if html:
        source = file.name if file else OWN_HOLDOUT
        write_page(html, result, answered, read(release.model), source, catalogue)
        print(f"Report: {html}", file=sys.stderr)
    if json_output:
        print(json.dumps(result, ensure_ascii=False, indent=2))
    else:
        print_table(result)
    return 0


def write_page(
    path: Path,
    metrics: dict[str, Any],
    predictions: Sequence[tuple[Labelled, dict[str, Any]]],
    manifest: Manifest,
    source: str,
    catalogue: Catalogue,
) -> None:
    """Writes the report of a model of the registry; `source` says what was scored."""
    from nlu.paths import config_file
    from nlu.training.report import write_report
    from nlu.training.thresholds import configured

    facts = {**vars(manifest), "model": manifest.id, "source": source}
    thresholds = configured(config_file())
    write_report(path, metrics, predictions, facts, catalogue=catalogue, thresholds=thresholds)


def print_table(result: dict[str, Any]) -> None:
    """The result for people; the noisy hold-out, if it was scored, in a table of its own."""
    from rich.console import Console

    out = Console()
    _print_scores(result, out)
    if "noisy" in result:
        out.print("\nMessages as they are (holdout_noisy):")
        _print_scores(result["noisy"], out)


_COLUMNS = {
    "rows": "messages",
    "right_action": "right action",
    "top1": "right first",
    "top3": "in first 3",
    "route_rate": "acted",
    "route_precision": "right when acted",
    "clarify_rate": "asked",
    "clarify_hit": "right in question",
}
"""What is printed of a key: the names in `--json`, and those for people."""


def _cell(row: dict[str, Any], name: str) -> str:
    return str(row[name]) if name == "rows" else f"{row[name]:.3f}"


def print_services(result: dict[str, Any], services: Collection[str]) -> None:
    """A row for each of these services, such as those that the live model does not have."""
    from rich.console import Console
    from rich.table import Table

    table = Table("new service", *_COLUMNS.values())
    for name in sorted(services):
        row = result["by_service"].get(name)
        if row is None:
            table.add_row(name, "0", *("",) * (len(_COLUMNS) - 1))
        else:
            table.add_row(name, *(_cell(row, column) for column in _COLUMNS))
    Console().print(table)


def _print_scores(result: dict[str, Any], out: Any) -> None:
    from rich.table import Table

    table = Table("key", *_COLUMNS.values())
    for key, row in result["by_key"].items():
        table.add_row(key, *(_cell(row, name) for name in _COLUMNS))
    out.print(table)
    overall = result["right_action"]
    low, high = overall["interval"]
    out.print(
        f"Right action {overall['share']:.3f} (95 %: {low:.3f} to {high:.3f}) of "
        f"{result['rows']} messages, refusals and talk counted"
    )
    outside, slots = result["out_of_scope"], result["slots"]
    out.print(
        f"Out of scope ({outside['rows']}): recall {outside['recall']:.3f}, accepted by mistake "
        f"{outside['false_accept']:.3f}; in-scope refused {outside['in_scope_rejected']:.3f}"
    )
    out.print(
        f"Slots: precision {slots['precision']:.3f}, recall {slots['recall']:.3f}, "
        f"F1 {slots['f1']:.3f}; calibration error {result['ece']:.3f}; "
        f"{result['ms_per_message_p50']:.1f} ms a message"
    )
    talk = result["conversation"]
    if talk["rows"]:
        out.print(f"Conversation ({talk['rows']}): understood {talk['recall']:.3f}")
    for meant, heard, count in result["confusions"][:10]:
        out.print(f"  {count} x {meant} heard as {heard}")
    if result["unknown_services"]:
        out.print("Not in this model: " + ", ".join(result["unknown_services"]))
