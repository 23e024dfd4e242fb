"""Serves a department: every operation of its OpenAPI file, done as its counters file says."""

from __future__ import annotations

import datetime
import json
import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import Response

from actions.departments.openapi import ApiOperation, load_openapi
from actions.sandbox import buses, clock
from actions.sandbox.access import OWN_LIST, PUBLIC, About, entered, sender_of
from actions.sandbox.counter import Counter, Find, Keep, Print, Take, load_department, phones_of
from actions.sandbox.desk import Body, Desk, Done, answered
from actions.sandbox.expressions import Moment
from actions.sandbox.problem import Problem, not_found
from actions.sandbox.records import (
    Found,
    about,
    add_record,
    all_records,
    change_record,
    find_record,
    moment,
)
from actions.sandbox.store import next_number
from nlu.fast_yaml import load_yaml

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
SENDER = "sender"
"""The value of a list's `by` that makes it the sender's own."""
LOOKS: Mapping[str, Callable[[sqlite3.Connection, str, Moment], Mapping[str, Any]]] = {
    "buses": buses.of_the_day,
}
"""What a counter's `look` names."""
_KEY = "{request_id}"
"""Keys may have slashes, so that this parameter takes the rest of the path."""


@dataclass(frozen=True)
class Hook:
    """Does what the counters cannot say: gets the call and the record that was found for it."""

    do: Callable[[Call, sqlite3.Connection, Found], Done]
    about: About | None = None
    """Whose affair the operation is, where the counter finds no record."""


def serve(desk: Desk, openapi: Path, hooks: Mapping[str, Hook]) -> FastAPI:
    """The department's app. An operation that its counters file does not have is done by the hook
    of its name; what neither has is not served.

    Raises ValueError for a counter whose operation or hook is unknown, and for an operation of
    which the department's file does not say who may use it.
    """
    declared, described = load_department(desk.department).counters, load_openapi(openapi)
    unknown = [n for n, c in declared.items() if n not in described or c.hook not in {"", *hooks}]
    if unknown:
        raise ValueError(f"{desk.department}: what is done for {', '.join(unknown)}?")
    common = {name: Counter(hook=name) for name in hooks if name in described}
    counters, app = {**common, **declared}, desk.app()
    for name, counter in counters.items():
        api = described[name]
        hook = hooks[counter.hook] if counter.hook else None
        if counter.find is not None:
            desk.guard.about[name] = about(desk.department, counter.find)
        elif counter.list is not None and SENDER in counter.list.by.values():
            desk.guard.about[name] = About(lambda db, entered: OWN_LIST, lambda: not_found("list"))
        elif hook is not None and hook.about is not None:
            desk.guard.about[name] = hook.about
        desk.guard.purposes[name] = counter.purpose or name
        app.add_api_route(
            api.path.replace(_KEY, _KEY.replace("}", ":path}")),
            _endpoint(desk, name, counter, api, hook),
            methods=[api.method],
            operation_id=name,
            dependencies=[desk.guarded()],
        )
    unguarded = desk.guard.unguarded(counters)
    if unguarded:
        raise ValueError(f"{desk.department}: who may use {', '.join(unguarded)}?")
    app.openapi = lambda: _document(openapi)  # type: ignore[method-assign]
    return app


def _document(openapi: Path) -> dict[str, Any]:
    """The OpenAPI file as JSON. Parameters stand in their places, as clients like them."""
    found: dict[str, Any] = json.loads(
        json.dumps(load_yaml(openapi.read_text("utf-8")), default=str)
    )
    named = found.get("components", {}).get("parameters", {})
    for item in found["paths"].values():
        shared = item.pop("parameters", [])
        for operation in item.values():
            operation["parameters"] = [
                named[p["$ref"].rsplit("/", 1)[-1]] if "$ref" in p else p
                for p in (*shared, *operation.get("parameters", ()))
            ]
    return found


def _endpoint(
    desk: Desk, name: str, counter: Counter, api: ApiOperation, hook: Hook | None
) -> Callable[[Request], Any]:
    keyed = any(p.name.lower() == "idempotency-key" for p in api.parameters)

    async def endpoint(request: Request) -> Response:
        body = await _body(request) if api.body is not None else None
        headers = dict(request.headers)
        path, query = dict(request.path_params), dict(request.query_params)
        given = {"path": path, "query": query, "header": headers}
        breach = api.request_violation(given, body)
        if breach is not None:
            raise Problem(422, "invalid_request", "Invalid request", detail=breach)
        words = headers.get("accept-language", "en")
        key = headers["idempotency-key"] if keyed else ""
        call = Call(desk, request, name, counter, hook, entered(request, body or {}), words, key)
        return await run_in_threadpool(call.answer)

    return endpoint


async def _body(request: Request) -> Any:
    try:
        return json.loads(await request.body())
    except ValueError:
        raise Problem(422, "invalid_request", "Invalid request", detail="body") from None


@dataclass(frozen=True)
class Call:
    """One call of an operation."""

    desk: Desk
    request: Request
    operation: str
    counter: Counter
    hook: Hook | None
    entered: dict[str, Any]
    language: str
    key: str
    """Of a write; empty for a read."""

    def answer(self) -> Response:
        """The answer; a write is done once for its key."""
        if not self.key:
            with self.desk.store.transaction() as db:
                status, answer, _ = self.done(db)
            return answered(status, answer)
        private = {"digest": self.desk.store.fingerprint(json.dumps(self.entered, sort_keys=True))}
        return self.desk.once(self.operation, self.key, private, self.done)

    def done(self, db: sqlite3.Connection) -> Done:
        """Status, answer and the reference of what was made. Raises Problem to refuse."""
        counter, made = self.counter, dict[str, Any]()
        seen = moment(self.entered, self.language)
        found = self._found(db, seen)
        seen.seen.update(record=found.record, made=made)
        if counter.look:
            seen.seen.update(LOOKS[counter.look](db, self.desk.department, seen))
        for name, expression in counter.let.items():
            seen.seen[name] = seen.value(expression)
        if counter.list is not None:
            seen.seen["records"] = [one.record for one in self._listed(db, counter.list, seen)]
        for refusal in counter.refuse:
            if seen.value(refusal.when):
                raise Problem(refusal.status, refusal.code, refusal.title)
        if self.hook is not None:
            return self.hook.do(self, db, found)
        if counter.take is not None:
            subject = self._subject(db, counter.take, seen)
            self._refuse_second(db, counter.take, seen, subject)
            made.update(self._taken(db, counter.take, subject))
        place = found.place
        if counter.keep is not None:
            place = self._kept(db, counter.keep, seen)
        if counter.order is not None:
            amount = float(seen.value(counter.order.amount))
            made["order"] = {"amount": amount}
        if counter.order is not None and amount:
            reference = place or made.get("number", "")
            order, link = self.desk.order(db, self.request, self.operation, reference, amount)
            made["order"] = {"id": order, "amount": amount, "payment_link": link}
        if counter.change and place:
            change_record(db, place, counter.change)
        if counter.document is not None:
            made["document"] = self._printed(counter.document, seen)
        reference = made.get("number") or made.get("order", {}).get("id") or found.number or place
        return counter.status, seen.value(counter.answer), reference

    def _found(self, db: sqlite3.Connection, seen: Moment) -> Found:
        """The record asked for. Raises 404 if there is none."""
        find = self.counter.find
        if find is None:
            return Found({})
        found = find_record(db, self.desk.department, find, seen)
        if found is None:
            raise not_found(find.called)
        return found

    def _listed(self, db: sqlite3.Connection, wanted: Find, seen: Moment) -> Iterator[Found]:
        """The records of a list. Of the sender's own list, those that their number, or one of
        their household, is on record for."""
        if SENDER not in wanted.by.values():
            yield from all_records(db, self.desk.department, wanted, seen)
            return
        sender = sender_of(self.request) or ""
        for one in all_records(db, self.desk.department, replace(wanted, by={}), seen):
            if self.desk.on_record.holds(db, one.place, sender):
                yield one

    def _refuse_second(
        self, db: sqlite3.Connection, take: Take, seen: Moment, subject: str | None
    ) -> None:
        """Refuse what is open for the same already; who asks is told of it as the counter says."""
        row = db.execute(
            "SELECT * FROM counter_taken WHERE department = ? AND operation = ? AND subject = ?",
            (self.desk.department, self.operation, subject),
        ).fetchone()
        if row is None:
            return
        expected = row["expected"] or _expected(take)
        seen.seen["made"] = {"number": row["number"], "expected": expected}
        said = seen.value(take.already.answer or self.counter.answer)
        refusal = Problem(409, take.already.code, take.already.title, **said)
        refusal.shared = row["number"] if take.shared else None
        raise refusal

    def _subject(self, db: sqlite3.Connection, take: Take, seen: Moment) -> str | None:
        """A keyed hash of what the application is about; None where there may be several."""
        told = {**self.entered, **{name: seen.seen[name] for name in self.counter.let}}
        same = [str(told.get(name, "")) for name in take.once_for]
        if not same:
            return None
        if self.desk.guard.policy.get(self.operation, PUBLIC) == PUBLIC and not take.shared:
            same.append(self.desk.asker(db, self.key))
        return self.desk.store.fingerprint(*same)

    def _taken(self, db: sqlite3.Connection, take: Take, subject: str | None) -> dict[str, Any]:
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
            (department, self.operation, number, subject, expected),
        )
        self.desk.on_record.made(db, self.key, number)
        return {"number": number, "expected": expected}

    def _kept(self, db: sqlite3.Connection, keep: Keep, seen: Moment) -> str:
        """Where the new record lies."""
        record = {name: seen.value(expression) for name, expression in keep.values.items()}
        place = add_record(db, self.desk.department, keep.collection, record)
        self.desk.on_record.made(db, self.key, place)
        self.desk.on_record.put(db, place, phones_of(record))
        return place

    def _printed(self, printed: Print, seen: Moment) -> Body:
        values = {label: seen.text(expression) for label, expression in printed.values.items()}
        values["issued_on"] = f"{clock.today():%d-%m-%Y}"
        return self.desk.document(self.request, printed.form, values, seen.text(printed.filename))


def _expected(take: Take) -> str | None:
    """When what is taken now is promised: a date, or a moment where hours are given."""
    if take.days is not None:
        return clock.in_days(take.days)
    if take.hours is not None:
        return (clock.now() + datetime.timedelta(hours=take.hours)).isoformat()
    return None
