"""The clerk at a counter: serves, over HTTP, what a department's counters file writes down."""

from __future__ import annotations

import datetime
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import jmespath
from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from jmespath import functions

from actions.departments.openapi import ApiOperation, load_openapi
from actions.sandbox import clock
from actions.sandbox.access import CODE, PUBLIC, About, Entered, Record, entered
from actions.sandbox.counter import Counter, Find, Print, Take, load_counters
from actions.sandbox.desk import Body, Desk
from actions.sandbox.names import is_one_of
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.store import next_number


class _Words(functions.Functions):  # type: ignore[misc]  # jmespath is untyped
    """`days`, `hours` and `words`."""

    def __init__(self, language: str) -> None:
        super().__init__()
        self._language = language

    @functions.signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_days(self, count: float) -> str:
        return clock.in_days(int(count))

    @functions.signature({"types": ["number"]})  # type: ignore[untyped-decorator]
    def _func_hours(self, count: float) -> str:
        return (clock.now() + datetime.timedelta(hours=count)).isoformat()

    @functions.signature({"types": ["object", "string", "null"]})  # type: ignore[untyped-decorator]
    def _func_words(self, text: Any) -> Any:
        return text[self._language] if isinstance(text, dict) else text


@dataclass(frozen=True)
class _Moment:
    """What an expression may see; `language` is the caller's."""

    seen: dict[str, Any]
    language: str

    def value(self, expression: str) -> Any:
        options = jmespath.Options(custom_functions=_Words(self.language))
        return _compiled(expression).search(self.seen, options=options)


@lru_cache(maxsize=4096)
def _compiled(expression: str) -> Any:
    return jmespath.compile(expression)


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
        found = _find(db, department, find, values)
        if found is None:
            return None
        known, place = found
        if not place:
            return Record(known["number"], known["number"])
        number = next((known[name] for name in find.by if name.endswith("_number")), "")
        return Record(place, number[0] if isinstance(number, list) else number)

    return About(record, lambda: not_found(find.collection))


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
        counter = self.counter
        record, place = self._found(db)
        made: dict[str, Any] = {}
        today = clock.today().isoformat()
        seen = {"input": self.entered, "record": record, "made": made, "today": today}
        moment = _Moment(seen, self.language)
        for when, code in counter.refuse:
            if moment.value(when):
                raise Problem(409, code, "Refused")
        if counter.take is not None:
            made.update(self._before(db, counter.take) or {})
            if made:  # who asks again learns what the first answer said
                said = moment.value(counter.answer)
                refusal = Problem(409, counter.take.already, "One is open already", **said)
                refusal.shared = made["number"] if counter.take.shared else None
                raise refusal
            made.update(self._taken(db, counter.take))
        if counter.order is not None:
            amount = float(moment.value(counter.order.amount))
            order, link = self.desk.order(db, self.request, self.operation, place, amount)
            made["order"] = {"id": order, "amount": amount, "payment_link": link}
        if counter.change and place:
            change_record(db, place, counter.change)
        if counter.document is not None:
            made["document"] = self._printed(counter.document, moment)
        reference = made.get("number") or made.get("order", {}).get("id") or place
        return counter.status, moment.value(counter.answer), reference

    def _found(self, db: sqlite3.Connection) -> tuple[dict[str, Any] | None, str]:
        """The record asked for and where it lies. Raises 404 if there is none."""
        find = self.counter.find
        if find is None:
            return None, ""
        found = _find(db, self.desk.department, find, self.entered)
        if found is None:
            raise not_found(find.collection)
        return found

    def _subject(self, db: sqlite3.Connection, take: Take) -> str | None:
        same = [str(self.entered.get(name, "")) for name in take.once_for]
        if not same:
            return None
        if self.desk.guard.policy.get(self.operation, PUBLIC) == PUBLIC and not take.shared:
            same.append(self.desk.asker(db, self.key))
        return self.desk.store.fingerprint(*same)

    def _before(self, db: sqlite3.Connection, take: Take) -> dict[str, Any] | None:
        """Number and date of what is open for the same, if there is one."""
        row = db.execute(
            "SELECT * FROM counter_taken WHERE department = ? AND operation = ? AND subject = ?",
            (self.desk.department, self.operation, self._subject(db, take)),
        ).fetchone()
        return row and {"number": row["number"], "expected": row["expected"]}

    def _taken(self, db: sqlite3.Connection, take: Take) -> dict[str, Any]:
        """A new number with its date."""
        department = self.desk.department
        serial = next_number(db, f"{department}_{take.prefix}")
        number = f"{take.prefix}{clock.today():%y%m}{serial:05}"
        expected = None
        if take.days is not None:
            expected = clock.in_days(take.days)
        elif take.hours is not None:
            expected = (clock.now() + datetime.timedelta(hours=take.hours)).isoformat()
        db.execute(
            "INSERT INTO counter_taken VALUES (?, ?, ?, ?, ?)",
            (department, self.operation, number, self._subject(db, take), expected),
        )
        self.desk.on_record.made(db, self.key, number)
        return {"number": number, "expected": expected}

    def _printed(self, printed: Print, moment: _Moment) -> Body:
        values = {label: _text(moment.value(e)) for label, e in printed.values.items()}
        values["issued_on"] = f"{clock.today():%d-%m-%Y}"
        filename = _text(moment.value(printed.filename))
        return self.desk.document(self.request, printed.form, values, filename)


def _find(
    db: sqlite3.Connection, department: str, find: Find, values: Entered
) -> tuple[dict[str, Any], str] | None:
    """The record that the values name and where it lies; an application taken lies nowhere."""
    rows = db.execute(
        "SELECT * FROM counter_records WHERE department = ? AND collection = ?",
        (department, find.collection),
    )
    for row in rows:
        record = json.loads(row["record"])
        if all(_matches(record.get(name), values.get(name)) for name in find.by):
            return record, f"{department}/{find.collection}/{row['serial']}"
    for operation in find.taken:
        row = db.execute(
            "SELECT * FROM counter_taken WHERE department = ? AND operation = ? AND number = ?",
            (department, operation, values.get(find.by[0])),
        ).fetchone()
        if row is not None:
            known = {"state": "in_progress", "operation": operation}
            return {**known, "number": row["number"], "expected": row["expected"]}, ""
    return None


def pay_order(db: sqlite3.Connection, operation: str, reference: str) -> None:
    """What being paid changes: the record gets the values that the counter of `operation` names."""
    department = reference.partition("/")[0]
    counter = load_counters(department).get(operation)
    if counter is not None and counter.order is not None and counter.order.paid:
        change_record(db, reference, counter.order.paid)


def change_record(db: sqlite3.Connection, reference: str, values: Mapping[str, Any]) -> None:
    """Give the record at `department/collection/serial` these values."""
    place = tuple(reference.split("/"))
    where = "WHERE department = ? AND collection = ? AND serial = ?"
    row = db.execute(f"SELECT record FROM counter_records {where}", place).fetchone()
    if row is not None:
        record = {**json.loads(row["record"]), **values}
        db.execute(f"UPDATE counter_records SET record = ? {where}", (json.dumps(record), *place))


def _matches(known: Any, asked: Any) -> bool:
    """Whether what was asked is what is known, or one of its forms."""
    forms = known if isinstance(known, list) else [known]
    return asked is not None and is_one_of(str(asked), [str(form) for form in forms])


def _text(value: Any) -> str:
    return "" if value is None else str(value)
