"""The clerk at a counter: serves, over HTTP, what a department's counters file writes down."""

from __future__ import annotations

import datetime
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response

from actions.departments.openapi import ApiOperation, load_openapi
from actions.sandbox import clock
from actions.sandbox.access import CODE, PUBLIC, About, Entered, Record, entered
from actions.sandbox.counter import Counter, Find, Keep, Print, Take, load_counters, phones_of
from actions.sandbox.desk import Body, Desk
from actions.sandbox.expressions import Moment
from actions.sandbox.names import is_one_of
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.store import next_number

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Found:
    """A record and where it lies, `department/collection/serial`; an application that was taken
    lies nowhere, and neither does a record that is all defaults."""

    record: Mapping[str, Any]
    place: str = ""
    number: str = ""
    """What citizens know it by."""


def add_counters(desk: Desk, app: FastAPI, openapi: Path) -> None:
    """Serve every operation of the department's counters file as its OpenAPI file says."""
    counters = load_counters(desk.department)
    described = load_openapi(openapi) if counters else {}
    coded = app.openapi
    for name, counter in counters.items():
        api = described[name]
        if counter.find is not None:
            desk.guard.about[name] = _about(desk.department, counter.find)
        app.add_api_route(
            api.path,
            _endpoint(desk, name, counter, api),
            methods=[api.method],
            operation_id=name,
            dependencies=[desk.guarded()],
            include_in_schema=False,
        )

    def document() -> dict[str, Any]:
        """What is coded, with the headers of the guard, and what is written down."""
        found = coded()
        for item in found["paths"].values():
            for method, operation in item.items():
                access = desk.guard.policy.get(operation["operationId"], PUBLIC)
                more = _sender_headers(access, method)
                operation["parameters"] = [*operation.get("parameters", ()), *more]
        for name in counters:
            api = described[name]
            parameters = [{"name": p.name, "in": p.where} for p in api.parameters]
            item = {"operationId": name, "parameters": parameters, "responses": {}}
            found["paths"].setdefault(api.path, {})[api.method.lower()] = item
        return found

    app.openapi = document  # type: ignore[method-assign]


def _sender_headers(access: str, method: str) -> list[dict[str, str]]:
    """The headers that the guard reads."""
    names = ["X-Citizen-Phone"] if access != PUBLIC or method != "get" else []
    names += ["X-Citizen-Code"] if access == CODE else []
    return [{"name": name, "in": "header"} for name in names]


def _about(department: str, find: Find) -> About:
    """The record that the counter will find; its owner is known by where it lies."""

    def record(db: sqlite3.Connection, values: Entered) -> Record | None:
        found = find_record(db, department, find, _moment(values, "en"))
        if found is None or not (found.place or found.number):
            return None
        return Record(found.place or found.number, found.number)

    return About(record, lambda: not_found(find.called))


def _moment(values: Entered, language: str) -> Moment:
    return Moment({"input": values, "today": clock.today().isoformat()}, language)


def _endpoint(
    desk: Desk, name: str, counter: Counter, api: ApiOperation
) -> Callable[[Request], Any]:
    keyed = any(p.name.lower() == "idempotency-key" for p in api.parameters)

    async def serve(request: Request) -> Response:
        body = await _body(request) if api.body is not None else None
        headers = dict(request.headers)
        path, query = dict(request.path_params), dict(request.query_params)
        given = {"path": path, "query": query, "header": headers}
        breach = api.request_violation(given, body)
        if breach is not None:
            raise Problem(422, "invalid_request", "Invalid request", detail=breach)
        words = headers.get("accept-language", "en")
        key = headers["idempotency-key"] if keyed else ""
        work = _Work(desk, request, name, counter, entered(request, body or {}), words, key)
        return await run_in_threadpool(work.answer)

    return serve


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise Problem(422, "invalid_request", "Invalid request", detail="body") from None


@dataclass(frozen=True)
class _Work:
    """One call at a counter."""

    desk: Desk
    request: Request
    operation: str
    counter: Counter
    entered: dict[str, Any]
    language: str
    key: str
    """Of a write; empty for a read."""

    def answer(self) -> Response:
        """The answer; a write is done once for its key."""
        if not self.key:
            with self.desk.store.transaction() as db:
                status, answer, _ = self.done(db)
            return JSONResponse(answer, status)
        private = {"digest": self.desk.store.fingerprint(json.dumps(self.entered, sort_keys=True))}
        return self.desk.once(self.operation, self.key, private, self.done)

    def done(self, db: sqlite3.Connection) -> tuple[int, Body, str]:
        """Status, answer and the reference of what was made. Raises Problem to refuse."""
        counter, made = self.counter, dict[str, Any]()
        moment = _moment(self.entered, self.language)
        seen = moment.seen
        found = self._found(db, moment)
        seen.update(record=found.record, made=made)
        for name, expression in counter.let.items():
            seen[name] = moment.value(expression)
        if counter.list is not None:
            department = self.desk.department
            seen["records"] = [f.record for f in all_records(db, department, counter.list, moment)]
        for refusal in counter.refuse:
            if moment.value(refusal.when):
                raise Problem(refusal.status, refusal.code, refusal.title)
        if counter.take is not None:
            self._refuse_second(db, counter.take, moment)
            made.update(self._taken(db, counter.take))
        place = found.place
        if counter.keep is not None:
            place = self._kept(db, counter.keep, moment)
        if counter.order is not None:
            amount = float(moment.value(counter.order.amount))
            reference = place or made.get("number", "")
            order, link = self.desk.order(db, self.request, self.operation, reference, amount)
            made["order"] = {"id": order, "amount": amount, "payment_link": link}
        if counter.change and place:
            change_record(db, place, counter.change)
        if counter.document is not None:
            made["document"] = self._printed(counter.document, moment)
        reference = made.get("number") or made.get("order", {}).get("id") or found.number or place
        return counter.status, moment.value(counter.answer), reference

    def _found(self, db: sqlite3.Connection, moment: Moment) -> Found:
        """The record asked for. Raises 404 if there is none."""
        find = self.counter.find
        if find is None:
            return Found({})
        found = find_record(db, self.desk.department, find, moment)
        if found is None:
            raise not_found(find.called)
        return found

    def _refuse_second(self, db: sqlite3.Connection, take: Take, moment: Moment) -> None:
        """Refuse what is open for the same already; who asks is told of it as the counter says."""
        row = db.execute(
            "SELECT * FROM counter_taken WHERE department = ? AND operation = ? AND subject = ?",
            (self.desk.department, self.operation, self._subject(db, take)),
        ).fetchone()
        if row is None:
            return
        expected = row["expected"] or _expected(take)
        moment.seen["made"] = {"number": row["number"], "expected": expected}
        said = moment.value(take.already.answer or self.counter.answer)
        refusal = Problem(409, take.already.code, take.already.title, **said)
        refusal.shared = row["number"] if take.shared else None
        raise refusal

    def _subject(self, db: sqlite3.Connection, take: Take) -> str | None:
        """A keyed hash of what the application is about; None where there may be several."""
        same = [str(self.entered.get(name, "")) for name in take.once_for]
        if not same:
            return None
        if self.desk.guard.policy.get(self.operation, PUBLIC) == PUBLIC and not take.shared:
            same.append(self.desk.asker(db, self.key))
        return self.desk.store.fingerprint(*same)

    def _taken(self, db: sqlite3.Connection, take: Take) -> dict[str, Any]:
        """A new number with its date."""
        department = self.desk.department
        serial = next_number(db, f"{department}_{take.prefix or self.operation}") + take.first - 1
        dates = {
            name: datetime.date.fromisoformat(value)
            for name, value in self.entered.items()
            if isinstance(value, str) and _DATE.fullmatch(value)
        }
        shown = {**dates, "today": clock.today(), "serial": serial}
        number = take.prefix + take.format.format(**shown)
        expected = _expected(take)
        db.execute(
            "INSERT INTO counter_taken VALUES (?, ?, ?, ?, ?)",
            (department, self.operation, number, self._subject(db, take), expected),
        )
        self.desk.on_record.made(db, self.key, number)
        return {"number": number, "expected": expected}

    def _kept(self, db: sqlite3.Connection, keep: Keep, moment: Moment) -> str:
        """Where the new record lies."""
        department = self.desk.department
        record = {name: moment.value(expression) for name, expression in keep.values.items()}
        serial = db.execute(
            "SELECT coalesce(max(serial), -1) + 1 AS serial FROM counter_records"
            " WHERE department = ? AND collection = ?",
            (department, keep.collection),
        ).fetchone()["serial"]
        db.execute(
            "INSERT INTO counter_records VALUES (?, ?, ?, ?)",
            (department, keep.collection, serial, json.dumps(record)),
        )
        place = f"{department}/{keep.collection}/{serial}"
        self.desk.on_record.made(db, self.key, place)
        self.desk.on_record.put(db, place, phones_of(record))
        return place

    def _printed(self, printed: Print, moment: Moment) -> Body:
        values = {label: moment.text(expression) for label, expression in printed.values.items()}
        values["issued_on"] = f"{clock.today():%d-%m-%Y}"
        return self.desk.document(self.request, printed.form, values, moment.text(printed.filename))


def _expected(take: Take) -> str | None:
    """When what is taken now is promised: a date, or a moment where hours are given."""
    if take.days is not None:
        return clock.in_days(take.days)
    if take.hours is not None:
        return (clock.now() + datetime.timedelta(hours=take.hours)).isoformat()
    return None


def find_record(
    db: sqlite3.Connection, department: str, find: Find, moment: Moment
) -> Found | None:
    """The first record that matches, or the application taken under that number."""
    for found in all_records(db, department, find, moment):
        return Found({**(find.default or {}), **found.record}, found.place, found.number)
    number = moment.value(next(iter(find.by.values()))) if find.by else None
    for operation in find.taken:
        row = db.execute(
            "SELECT * FROM counter_taken WHERE department = ? AND operation = ? AND number = ?",
            (department, operation, number),
        ).fetchone()
        if row is not None:
            known = {"state": "in_progress", "operation": operation}
            record = {**known, "number": row["number"], "expected": row["expected"]}
            return Found(record, "", row["number"])
    return None if find.default is None else Found(find.default)


def all_records(
    db: sqlite3.Connection, department: str, find: Find, moment: Moment
) -> Iterator[Found]:
    """Every record that matches, the oldest first."""
    asked = {name: moment.value(expression) for name, expression in find.by.items()}
    rows = db.execute(
        "SELECT serial, record FROM counter_records WHERE department = ? AND collection = ?"
        " ORDER BY serial",
        (department, find.collection),
    )
    for row in rows:
        record = json.loads(row["record"])
        if all(_matches(record.get(name), value) for name, value in asked.items()):
            named = next((record[name] for name in asked if name.endswith("_number")), "")
            number = named[0] if isinstance(named, list) else named
            yield Found(record, f"{department}/{find.collection}/{row['serial']}", number)


def pay_order(db: sqlite3.Connection, department: str, operation: str, reference: str) -> None:
    """What being paid changes: the record gets the values that the counter of `operation` names."""
    counter = load_counters(department).get(operation)
    if counter is not None and counter.order is not None and counter.order.paid:
        change_record(db, reference, counter.order.paid)


def change_record(db: sqlite3.Connection, place: str, values: Mapping[str, Any]) -> None:
    """Give the record at `department/collection/serial` these values."""
    where = "WHERE department = ? AND collection = ? AND serial = ?"
    key = tuple(place.split("/"))
    row = db.execute(f"SELECT record FROM counter_records {where}", key).fetchone()
    if row is not None:
        record = {**json.loads(row["record"]), **values}
        db.execute(f"UPDATE counter_records SET record = ? {where}", (json.dumps(record), *key))


def _matches(known: Any, asked: Any) -> bool:
    """Whether what was asked is what is known, or one of its forms."""
    forms = known if isinstance(known, list) else [known]
    return asked is not None and is_one_of(str(asked), [str(form) for form in forms])
