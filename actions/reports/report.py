"""A report: its tables in the order in which they are read, in one language."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from actions.citizens.counted import BEGUN, DONE, HANDED_OVER, MESSAGES, WAITED
from actions.reports.comparison import compared
from actions.reports.figures import BY_SERVICE, EACH_DAY, Figures, Place
from actions.reports.judged import judged
from actions.reports.table import Column, Shown, Speech, Table, groups, summed
from nlu.catalogue import Catalogue
from nlu.daily_counts import UNHAPPY, UNREAD, day_of
from nlu.suppression import Cell, alone, nested, partition

_NINE_OF_TEN = 0.9
_UNAVAILABLE = "unavailable"
_RUPEE = 100
_OF = {UNHAPPY: "turns", MESSAGES: "messages", UNREAD: "messages"}
"""What the numbers of a table of sorts are of, where not of requests."""


@dataclass(frozen=True)
class Report:
    """What is shown, printed and saved."""

    figures: Figures
    language: str
    title: str
    subtitle: str
    hint: str
    tables: Sequence[Table]

    def as_json(self) -> dict[str, Any]:
        """For the console."""
        period = self.figures.period
        return {
            "first": period.first.isoformat(),
            "last": period.last.isoformat(),
            "title": self.title,
            "subtitle": self.subtitle,
            "hint": self.hint,
            "tables": [one.as_json() for one in self.tables],
        }


def report(found: Figures, catalogue: Catalogue, language: str) -> Report:
    """Raises KeyError for a language that reports are not made in."""
    desk = _Desk(found, catalogue, Speech(language))
    say, period = desk.say, found.period
    days = say("period", first=f"{period.first:%d.%m.%Y}", last=f"{period.last:%d.%m.%Y}")
    where = desk.department(found.department) if found.department else say("all_departments")
    return Report(
        found,
        language,
        say("title"),
        f"{where} · {days}",
        say("hidden_note"),
        [one for one in desk.tables() if one is not None],
    )


class _Desk:
    """Makes the tables of one report."""

    def __init__(self, found: Figures, catalogue: Catalogue, say: Speech) -> None:
        self.found, self.catalogue, self.say = found, catalogue, say
        # What must be hidden is judged over all departments, also where one is asked for.
        self._by_place = {what: nested(_by_department(found.places[what])) for what in EACH_DAY}

    def tables(self) -> Iterable[Table | None]:
        say, found = self.say, self.found
        yield self._days()
        if not found.department:
            yield self._departments()
        yield self._services()
        yield self._sorts("ways", "way", found.kinds[MESSAGES], MESSAGES, say.kind, share=True)
        yield self._sorts(
            "languages",
            "language",
            found.languages,
            MESSAGES,
            self._language,
            share=True,
            notes=[say("languages_note")],
        )
        yield self._districts()
        yield self._sorts(
            "unhappy_kinds", "kind", found.kinds[UNHAPPY], UNHAPPY, say.kind, share=True
        )
        if not found.department:  # what was not read is of no department
            note = [say("unread_note")]
            kinds = found.kinds[UNREAD]
            yield self._sorts("unread", "why", kinds, UNREAD, say.kind, share=True, notes=note)
        yield judged(found, say, self.service)
        yield self._handovers()
        yield self._in_time("waits", found.kinds[WAITED], HANDED_OVER)
        yield self._in_time("times", found.kinds[DONE], DONE)
        yield self._answers()
        yield self._payments()
        yield from compared(found, say, self.service, self._language)

    def department(self, name: str) -> str:
        """As people call it."""
        known = self.catalogue.departments.get(name)
        return known.title[self.say.language] if known else name or self.say("no_service")

    def service(self, name: str) -> str:
        """As people call it."""
        known = self.catalogue.services.get(name)
        return known.title[self.say.language] if known else name or self.say("no_service")

    def _language(self, key: str) -> str:
        known = self.catalogue.languages.keys.get(key)
        return known.name if known else key or self.say("unknown")

    def _district(self, value: str) -> str:
        places = self.catalogue.gazetteers["districts"].places
        known = next((one for one in places if one.value == value), None)
        return known.title[self.say.language] if known else value or self.say("unknown")

    def _veiled(self, what: str) -> bool:
        """Whether the number of the department that is asked for may not be known at all."""
        if not self.found.department:
            return False
        sums, _ = self._by_place[what]
        own = sums.get(self.found.department)
        return bool(own and own.hidden)

    def _days(self) -> Table:
        first, last = self.found.period.numbers
        cells = {
            what: partition(
                {day: self.found.days[what].get(day, 0) for day in range(first, last + 1)},
                veiled=self._veiled(what),
            )
            for what in EACH_DAY
        }
        rows = [
            (f"{day_of(day):%d.%m.%Y}", [self.say.number(cells[what][day]) for what in EACH_DAY])
            for day in range(first, last + 1)
        ]
        return self._table("days", "day", EACH_DAY, rows, cells, plot="columns")

    def _departments(self) -> Table:
        cells = {what: self._by_place[what][0] for what in BY_SERVICE}
        names = _largest(cells[BEGUN], *(cells[what] for what in BY_SERVICE))
        rows = [
            (self.department(one), [self._of(cells[what], one) for what in BY_SERVICE])
            for one in names
        ]
        return self._table("departments", "department", BY_SERVICE, rows, cells)

    def _services(self) -> Table:
        own = self.found.department
        cells = {
            what: {
                place: cell
                for place, cell in self._by_place[what][1].items()
                if place[0] == own or not own
            }
            for what in BY_SERVICE
        }
        places: list[Place] = _largest(cells[BEGUN], *(cells[what] for what in BY_SERVICE))
        rows = []
        for place in places:
            numbers = [self._of(cells[what], place) for what in BY_SERVICE]
            done = cells[DONE].get(place, Cell(0))
            rows.append((self.service(place[1]), [*numbers, *self._quickly(place, done)]))
        columns = [*map(self.say, BY_SERVICE), self.say("half"), self.say("most")]
        total = [self.say.number(summed(cells[what].values())) for what in BY_SERVICE]
        return Table(
            "services",
            self.say("services"),
            self.say("service"),
            [Column(label, bar=place == 0) for place, label in enumerate(columns)],
            rows,
            (self.say("total"), [*total, Shown(""), Shown("")]),
        )

    def _quickly(self, place: Place, done: Cell) -> list[Shown]:
        """Within which time half of them, and nine of ten, were done."""
        if done.hidden or not done.value:
            return [Shown(self.say("kept") if done.value else "")] * 2
        kinds = self.found.times.get(place, {})
        found = [_within(kinds, part) for part in (0.5, _NINE_OF_TEN)]
        return [Shown(self.say.time(int(one)) if one else self.say("longer")) for one in found]

    def _districts(self) -> Table:
        whats = (BEGUN, DONE)
        cells = {
            what: partition(self.found.districts[what], veiled=self._veiled(what)) for what in whats
        }
        rows = [
            (self._district(name), [self._of(cells[what], name) for what in whats])
            for name in _largest(*cells.values())
        ]
        return self._table(
            "districts", "district", whats, rows, cells, notes=[self.say("districts_note")]
        )

    def _handovers(self) -> Table:
        found, say = self.found, self.say
        notes = [say("waiting_now", count=say.number(alone(found.waiting)).text)]
        if found.oldest is not None and found.waiting:
            notes.append(say("oldest", time=say.time(time.time() - found.oldest)))
        kinds = found.kinds[HANDED_OVER]
        return self._sorts("handovers", "why", kinds, HANDED_OVER, say.kind, notes=notes)

    def _in_time(self, name: str, kinds: Mapping[str, int], what: str) -> Table:
        order = sorted(kinds, key=lambda kind: int(kind) if kind else float("inf"))
        cells = partition({kind: kinds[kind] for kind in order}, veiled=self._veiled(what))
        rows = [(self.say.bound(kind), [self.say.number(cells[kind])]) for kind in order]
        return self._table(name, "time", ["requests"], rows, {"requests": cells})

    def _answers(self) -> Table:
        """No sums are in it, so that small numbers need hide no others."""
        no = groups()["rejected"]
        rows = []
        for name in sorted(
            self.found.answers, key=lambda one: -sum(self.found.answers[one].values())
        ):
            outcomes = self.found.answers[name]
            unavailable = outcomes.get(_UNAVAILABLE, 0)
            rejected = sum(outcomes.get(one, 0) for one in no)
            answered = sum(outcomes.values()) - unavailable - rejected
            cells = [alone(one) for one in (answered, unavailable, rejected)]
            rows.append((self.department(name), [self.say.number(one) for one in cells]))
        labels = [self.say(one) for one in ("answered", _UNAVAILABLE, "rejected")]
        columns = [Column(label, bar=place == 1) for place, label in enumerate(labels)]
        return Table("answers", self.say("calls"), self.say("department"), columns, rows)

    def _payments(self) -> Table:
        states = self.found.payments
        counts, paise = {}, {}
        for group, inside in groups()["payments"].items():
            found = [states.get(state, (0, 0)) for state in inside]
            counts[group] = sum(count for count, _ in found)
            paise[group] = sum(amount for _, amount in found)
        cells = partition(counts)
        rows = []
        for group, cell in cells.items():
            amount = Cell(paise[group] / _RUPEE, cell.hidden)
            rows.append((self.say(group), [self.say.number(cell), self.say.number(amount)]))
        whole = summed(cells.values())
        total = [whole, Cell(sum(paise.values()) / _RUPEE, whole.hidden)]
        return Table(
            "payments",
            self.say("payments"),
            self.say("state"),
            [Column(self.say("count"), bar=True), Column(self.say("rupees"))],
            rows if any(counts.values()) else [],
            (self.say("total"), [self.say.number(one) for one in total]),
            [self.say("payments_note")],
        )

    def _sorts(
        self,
        name: str,
        first: str,
        kinds: Mapping[str, int],
        what: str,
        called: Any,
        *,
        share: bool = False,
        notes: Sequence[str] = (),
    ) -> Table:
        """Times by kind, the largest first."""
        cells = partition(kinds, veiled=self._veiled(what))
        whole = summed(cells.values())
        rows = []
        for kind in _largest(cells):
            shown = [self.say.number(cells[kind])]
            rows.append((called(kind), [*shown, self.say.share(cells[kind], whole)][: 1 + share]))
        label = _OF.get(what, "requests")
        columns = [Column(self.say(label), bar=True), Column(self.say("share"))][: 1 + share]
        total = [self.say.number(whole), Shown("")][: 1 + share]
        return Table(
            name,
            self.say(name),
            self.say(first),
            columns,
            rows,
            (self.say("total"), total),
            notes,
        )

    def _table(
        self,
        name: str,
        first: str,
        whats: Sequence[str],
        rows: Sequence[tuple[str, Sequence[Shown]]],
        cells: Mapping[str, Mapping[Any, Cell]],
        *,
        plot: str = "bars",
        notes: Sequence[str] = (),
    ) -> Table:
        columns = [Column(self.say(what), bar=place == 0) for place, what in enumerate(whats)]
        total = [self.say.number(summed(cells[what].values())) for what in whats]
        heading = self.say("total"), total
        return Table(name, self.say(name), self.say(first), columns, rows, heading, notes, plot)

    def _of(self, cells: Mapping[Any, Cell], name: Any) -> Shown:
        return self.say.number(cells.get(name, Cell(0)))


def _by_department(places: Mapping[Place, int]) -> dict[str, dict[Place, int]]:
    found: dict[str, dict[Place, int]] = {}
    for place, times in places.items():
        found.setdefault(place[0], {})[place] = times
    return found


def _largest(*columns: Mapping[Any, Cell]) -> list[Any]:
    """The names of all columns, by what may be known of the first: what is hidden stands at the
    end by name, so that its place tells nothing."""
    names = {name for cells in columns for name, cell in cells.items() if cell.value}
    return sorted(names, key=lambda name: (-((columns[0].get(name) or Cell(0)).open or 0), name))


def _within(kinds: Mapping[str, int], part: float) -> str:
    """The kind of time within which that part of all lies."""
    wanted, so_far = part * sum(kinds.values()), 0
    for kind in sorted(kinds, key=lambda one: int(one) if one else float("inf")):
        so_far += kinds[kind]
        if so_far >= wanted:
            return kind
    return ""
