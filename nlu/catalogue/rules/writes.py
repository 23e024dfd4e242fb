"""Writes whose answer may be lost or come later: what asks after them fits what they answer."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.catalogue.department import Department, Operation
from nlu.catalogue.errors import Problem
from nlu.catalogue.rules.run import Run
from nlu.catalogue.yaml_source import did_you_mean

_KEYS = ("status_query", "poll", "callback")


def write_problems(check: Run, department: Department, operation: Operation) -> Iterator[Problem]:
    """One operation."""
    here = ("operations", operation.name)

    def at(*path: str, what: str, mend: str) -> Problem:
        return check.at(department.file, *here, *path, what=what, mend=mend)

    asking = {key: getattr(operation, key) for key in _KEYS if getattr(operation, key)}
    pending = [str(place) for place, row in enumerate(operation.outcomes) if row.pending]
    if operation.kind != "write":
        for key in (*asking, *(() if operation.idempotent else ("idempotent",))):
            what = f"`{key}` is only for writes"
            yield at(key, what=what, mend="remove it, or write `kind: write`")
        return
    for key, asked in asking.items():
        yield from _asked_problems(check, department, operation, key, asked.operation)
    query = operation.status_query
    if query is not None:
        for outcome in query.found or ():
            if outcome not in _outcomes(operation):
                what = f"`{outcome}` is found, but it is no outcome of `{operation.name}`"
                mend = did_you_mean(outcome, _outcomes(operation))
                yield at("status_query", "found", what=what, mend=mend)
        if not operation.idempotent and not query.not_found_after:
            what = "when `not found` counts is not said, and the department does not honour keys"
            mend = "add `not_found_after:` seconds, longer than a request may be under way there"
            yield at("status_query", what=what, mend=mend)
    if pending and not (operation.poll or operation.callback):
        what = f"`{operation.name}` is answered later, but nothing says how"
        mend = "add `poll:` or `callback:`, see docs/departments.md"
        yield at("outcomes", pending[0], "pending", what=what, mend=mend)
    yield from _told_problems(check, department, operation)
    for key in ("poll", "callback"):
        if key in asking and not pending:
            what = f"`{key}` waits for an answer, but no outcome is `pending: true`"
            yield at(key, what=what, mend="mark the outcome that means: accepted, answered later")
    if operation.callback and "callbacks" not in department.settings:
        what = f"`{operation.name}` has a callback, but {department.id} has no `callbacks:`"
        yield at("callback", what=what, mend="add the key that signs them, see docs/departments.md")


def _told_problems(check: Run, department: Department, operation: Operation) -> Iterator[Problem]:
    """Answers in between that are told: the poll has to be able to find them."""
    poll = operation.poll
    asked = department.operations.get(poll.operation) if poll else None
    for place, row in enumerate(operation.outcomes):
        here = (department.file, "operations", operation.name, "outcomes", str(place), "told")
        if row.told and not row.pending:
            what = f"`{row.outcome}` ends the waiting, so it is told anyway"
            yield check.at(*here, what=what, mend="remove `told`, or add `pending: true`")
        elif row.told and poll is None:
            what = f"`{row.outcome}` is to be told when it comes, but nobody asks for it"
            yield check.at(*here, what=what, mend="add `poll:`, see docs/departments.md")
        elif row.told and asked is not None and row.outcome not in _outcomes(asked):
            what = f"`{row.outcome}` is to be told, but `{asked.name}` never answers it"
            yield check.at(*here, what=what, mend=did_you_mean(row.outcome, _outcomes(asked)))


def _asked_problems(
    check: Run, department: Department, operation: Operation, key: str, name: str
) -> Iterator[Problem]:
    """The operation that is asked after a write."""
    here = (department.file, "operations", operation.name, key)
    asked = department.operations.get(name)
    if asked is None or asked.kind != "read":
        reads = [n for n, other in department.operations.items() if other.kind == "read"]
        what = f"`{name}` is no read of {department.id}"
        yield check.at(*here, "operationId", what=what, mend=did_you_mean(name, reads))
        return
    query = operation.status_query
    repeats = key == "status_query" and query is not None and query.found is None
    missing = sorted(set(operation.result) - set(asked.result))
    if missing and not repeats:  # what repeats the write's answer is read as that
        what = f"`{name}` gives no {', '.join(missing)}, which `{operation.name}` answers"
        mend = f"add the fields to the `result` of `{name}`: replies may show them"
        yield check.at(*here, "operationId", what=what, mend=mend)
    if key == "status_query" and query is not None:
        for part in ("found", "not_found"):
            for outcome in getattr(query, part) or ():
                if outcome not in _outcomes(asked):
                    mend = did_you_mean(outcome, _outcomes(asked))
                    what = f"`{outcome}` is no outcome of `{name}`"
                    yield check.at(*here, part, what=what, mend=mend)
    elif not _final(asked) & _final(operation):
        what = f"`{name}` has no outcome that ends the waiting of `{operation.name}`"
        mend = "give both the same outcome, in a row that is not `pending`"
        yield check.at(*here, "operationId", what=what, mend=mend)


def _outcomes(operation: Operation) -> set[str]:
    return {row.outcome for row in operation.outcomes}


def _final(operation: Operation) -> set[str]:
    return {row.outcome for row in operation.outcomes if not row.pending}
