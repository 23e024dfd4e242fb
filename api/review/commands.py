"""What the data team does with the review on a command line: the bodies of `seva review ...`.

Each prints what it found and returns the exit code: 0, or 1 with the reason on standard error.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import TextIO

from api.inbox.commands import is_there
from api.review import label_studio
from api.review.agreement import MOST, agreement
from api.review.decision import Targets
from api.review.lines import LinesError, as_rows, dump, read_lines
from api.review.open import open_review
from api.review.state import DONE, NAMES
from api.review.store import Card, Decided, Review
from nlu.catalogue.errors import CatalogueError
from nlu.paths import data_folder
from nlu.settings.groups import State
from nlu.storage.database import DatabaseAway

_AT_A_TIME = 200


def list_command(state: str, language: str, most: int, *, as_json: bool) -> int:
    """Print cards, the best first."""

    def show(review: Review) -> int:
        found = [card for card in cards(review, NAMES[state], most, language)]
        if as_json:
            print(json.dumps([_as_json(card) for card in found], ensure_ascii=False))
            return 0
        for card in found:
            print(_line(card))
        counts = review.progress()
        told = ", ".join(f"{counts[number]} {name}" for name, number in NAMES.items())
        print(f"cards: {told}", file=sys.stderr)
        return 0

    return _with(show)


def agreement_command(*, as_json: bool) -> int:
    """Print how far readers agree."""

    def show(review: Review) -> int:
        found = agreement(review.pairs(MOST))
        kappa = None if found.kappa is None else round(found.kappa, 3)
        if as_json:
            print(json.dumps({"pairs": found.pairs, "same": found.same, "kappa": kappa}))
            return 0
        print(f"read twice {found.pairs}, alike {found.same}, Cohen's kappa {_or_dash(kappa)}")
        for (one, other), count in found.apart:
            print(f"{count:>5}  {one} / {other}")
        return 0

    return _with(show)


def export_command(
    file: Path | None, form: str, since: date | None, state: str, config: Path | None = None
) -> int:
    """Write what readers decided, or cards for others to label; `config` is the file for the
    configuration of a project."""
    if config is not None:
        from nlu.catalogue import load_catalogue

        targets = Targets.of(load_catalogue(data_folder()))
        slots = sorted({slot for some in targets.slots.values() for slot in some})
        config.write_text(label_studio.config(sorted(targets.slots), slots), "utf-8")

    def write(review: Review) -> int:
        out = file.open("w", encoding="utf-8") if file else sys.stdout
        try:
            return _export(review, out, form, since, NAMES[state])
        finally:
            if file:
                out.close()

    return _with(write)


def apply_command(file: Path, form: str, data: Path | None, *, leave_out: bool) -> int:
    """Add reviewed sentences to the catalogue."""
    from api.review.apply import Application, told
    from nlu.catalogue import load_catalogue

    folder = (data or data_folder()).resolve()
    try:
        catalogue = load_catalogue(folder)
        jsonl = form == "jsonl"
        lines = read_lines(file, catalogue) if jsonl else label_studio.read_tasks(file)
        applied = Application(file, catalogue).apply(lines, leave_out=leave_out)
    except (LinesError, CatalogueError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    for one in told(applied, folder):
        print(one)
    total = sum(applied.sentences.values())
    print(f"sentences added: {total}; `seva train` learns them" if total else "nothing was added")
    return 0


def _export(review: Review, out: TextIO, form: str, since: date | None, state: int) -> int:
    new: Counter[str] = Counter()
    count = 0
    if form == "jsonl":
        for card, decided in _finished(review, since):
            if decided.decision.name:
                new[decided.decision.name] += card.count
            for row in as_rows(card, decided.decision):
                out.write(dump(row) + "\n")
                count += 1
    else:
        tasks = (
            [label_studio.task(card, [decided]) for card, decided in _finished(review, since)]
            if state == DONE
            else [label_studio.task(card) for card in cards(review, state, None, "")]
        )
        json.dump(tasks, out, ensure_ascii=False, indent=1)
        out.write("\n")
        count = len(tasks)
    print(f"written: {count}", file=sys.stderr)
    for name, messages in new.most_common():
        print(f"no such service yet: {name} ({messages} messages)", file=sys.stderr)
    return 0


def _finished(review: Review, since: date | None) -> Iterator[tuple[Card, Decided]]:
    """Cards that are done, decided on a day or later."""
    after = 0
    while found := review.finished(after, _AT_A_TIME):
        after = found[-1][0].number
        for card, decided in found:
            if since is None or datetime.fromtimestamp(decided.at).date() >= since:
                yield card, decided


def cards(review: Review, state: int, most: int | None, language: str) -> Iterator[Card]:
    """Cards in a state, the highest priority first."""
    after: tuple[float, int] | None = None
    given = 0
    while page := review.page(state, after):
        after = page[-1].priority, page[-1].number
        for card in page:
            if language in ("", card.language):
                yield card
                given += 1
                if given == most:
                    return


def _as_json(card: Card) -> dict[str, object]:
    return {
        "card": card.number,
        "text": card.item.text,
        "key": card.language,
        "messages": card.count,
        "reasons": card.reasons,
        "ranking": [{"name": name, "confidence": p} for name, p in card.item.ranking],
        "model": card.item.model,
        "day": card.day,
    }


def _line(card: Card) -> str:
    top = " ".join(f"{name}={p:.2f}" for name, p in card.item.ranking[:2])
    reasons = ",".join(sorted(card.reasons))
    head = f"{card.number:>6} {card.count:>5}x {card.language:<8} {reasons:<12}"
    return f"{head} {card.item.text}  {top}"


def _or_dash(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _with(work: Callable[[Review], int]) -> int:
    """Opens the review, files what came, and works on it."""
    settings = State.read()
    if not is_there(settings):
        return 1
    try:
        review = open_review(settings)
    except (DatabaseAway, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    with closing(review):
        review.filer.work()
        return work(review)
