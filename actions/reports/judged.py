"""The table of what citizens said when they were asked whether they had been understood.

A share tells both its parts, and rows stand above a sum. So a row is shown where neither who said
yes nor who said no are few, and where neither could be computed by the rows beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from actions.dialogue.was_right import ASKED, RIGHT, WRONG
from actions.reports.figures import Figures, Place
from actions.reports.table import Column, Shown, Speech, Table, grouped, percent
from nlu.suppression import Cell, is_few, nested
from nlu.training.metrics import wilson

_ANSWERS = (RIGHT, WRONG)


def judged(found: Figures, say: Speech, service: Callable[[str], str]) -> Table:
    """Answers, the share of those who said yes with its 95 % interval, by service and in all."""
    sums: dict[str, Mapping[str, Cell]] = {}
    inside: dict[str, Mapping[Place, Cell]] = {}
    for said in _ANSWERS:
        places = found.judged.get(said, {})
        few = is_few(sum(places.values()))
        sums[said], inside[said] = nested(_by_department(places), veiled=few)
    own = {place for said in _ANSWERS for place in inside[said]}
    own = {place for place in own if found.department in ("", place[0])}
    rows: list[tuple[str, list[Shown]]] = []
    hidden: list[tuple[str, list[Shown]]] = []
    for place in own:
        cells = [inside[said].get(place, Cell(0)) for said in _ANSWERS]
        row = (service(place[1]), _row(say, *cells))
        (hidden if row[1][0].value is None else rows).append(row)
    rows.sort(key=lambda row: (-(row[1][0].value or 0), row[0]))
    hidden.sort(key=lambda row: row[0])  # so that their places tell nothing
    columns = [Column(say("answers_given")), Column(say("said_right"), bar=True)]
    total = [_total(found, said, sums[said]) for said in _ANSWERS]
    return Table(
        "judged",
        say("judged"),
        say("service"),
        [*columns, Column(say("interval"))],
        [*rows, *hidden],
        (say("total"), _row(say, *total)),
        [say("judged_note", asked=_asked(found, say))],
    )


def _row(say: Speech, yes: Cell, no: Cell) -> list[Shown]:
    """Nothing of a row tells what one of its parts may not."""
    answers = int(yes.value + no.value)
    if yes.hidden or no.hidden or not answers:
        return [Shown(say("few" if is_few(answers) else "kept") if answers else ""), *_NOTHING]
    share = yes.value / answers
    low, high = wilson(int(yes.value), answers)
    return [
        Shown(grouped(answers), answers),
        Shown(percent(share), round(100 * share, 1)),
        Shown(f"{percent(low)} – {percent(high)}"),
    ]


_NOTHING = (Shown(""), Shown(""))


def _total(found: Figures, said: str, sums: Mapping[str, Cell]) -> Cell:
    if found.department:
        return sums.get(found.department, Cell(0))
    value = sum(found.judged.get(said, {}).values())
    return Cell(value, "few" if is_few(value) else "")


def _asked(found: Figures, say: Speech) -> str:
    """How many were asked; answered or not, that tells nobody's answer."""
    asked = found.judged.get(ASKED, {})
    times = sum(n for place, n in asked.items() if found.department in ("", place[0]))
    return say("few") if is_few(times) else grouped(times)


def _by_department(places: Mapping[Place, int]) -> dict[str, dict[Place, int]]:
    found: dict[str, dict[Place, int]] = {}
    for place, times in places.items():
        found.setdefault(place[0], {})[place] = times
    return found
