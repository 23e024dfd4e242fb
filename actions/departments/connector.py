"""Executes any operation of a department as its YAML maps it; failures are outcomes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from types import TracebackType

import httpx
from typing_extensions import Self

from actions.departments.access import (
    AccessRefused,
    is_miss,
    raise_if_refused,
    sender_headers,
)
from actions.departments.answer import AnswerReader
from actions.departments.auth import make_auth
from actions.departments.definition import DepartmentDefinition, mapped_statuses
from actions.departments.egress import checked_base, document_allowed, reach_of
from actions.departments.exchange import Answer, Exchange, Tries, send
from actions.departments.inquiry import Asked
from actions.departments.issued_document import Issue, with_document
from actions.departments.journal import Journal, Write
from actions.departments.metrics import record
from actions.departments.openapi import load_openapi
from actions.departments.protection import DepartmentProtection
from actions.departments.request import NO_SERVICE, Context, Origin, RequestBuilder
from actions.departments.result import UNAVAILABLE, CallFailed, OperationResult
from actions.departments.tls import ssl_context
from actions.departments.writes import Writes
from nlu.catalogue.department import Operation
from nlu.storage.tables import IN_MEMORY
from nlu.trace import carried, set_attribute, span
from nlu.web.egress import CheckedTransport, Resolver, resolve


class UnknownOperation(KeyError):
    """The department's YAML (or OpenAPI document) has no such operation: a defect, not weather."""


class Connector:
    """One department. `transport` and `resolver` are seams for tests; belongs to one event loop."""

    def __init__(
        self,
        department: DepartmentDefinition,
        transport: httpx.AsyncBaseTransport | None = None,
        resolver: Resolver | None = None,
        journal: Journal | None = None,
        issue: Issue | None = None,
        protection: DepartmentProtection | None = None,
    ) -> None:
        """Without a `journal` writes are remembered as long as the connector lives.

        Without `issue` an answer that Seva has to print is unavailable.
        """
        self.department = department
        self._api = load_openapi(department.openapi)
        missing = sorted(set(department.operations) - set(self._api))
        if missing:
            raise UnknownOperation(f"{department.openapi} lacks {missing}")
        self._builders = {
            name: RequestBuilder(operation, self._api[name])
            for name, operation in department.operations.items()
        }
        self._readers = {
            name: AnswerReader(operation, department.formats)
            for name, operation in department.operations.items()
        }
        self._issue = issue
        self._base = checked_base(department.base_url)
        self._protection = protection or DepartmentProtection(department.id, department.protection)
        self._auth = make_auth(department.auth.scheme, self._token_request)
        self._writes = Writes(department, journal or Journal(IN_MEMORY), self._post, self.ask)
        limits = department.timeouts
        verify = ssl_context(department.auth.certificate)
        self._client = httpx.AsyncClient(
            transport=transport
            or CheckedTransport(reach_of(department.egress), verify, resolver or resolve),
            timeout=httpx.Timeout(limits.read, connect=limits.connect),
            follow_redirects=False,
            trust_env=False,
        )

    def knows(self, department: DepartmentDefinition) -> bool:
        """Whether a definition says what this connector works by, wherever its files lie."""
        here = replace(self.department, openapi=department.openapi)
        return here == department and self._api == load_openapi(department.openapi)

    async def __aenter__(self) -> Self:
        """The connector itself."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections."""
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def execute(
        self,
        operation_id: str,
        values: Mapping[str, str],
        *,
        citizen: str,
        request_id: str,
        language: str,
        origin: Origin = NO_SERVICE,
        code: str | None = None,
    ) -> OperationResult:
        """Call `operation_id` with slot `values`. `citizen` is the lane that asks.

        `request_id` is the Idempotency-Key of a write: repeat it to ask again after an
        `unavailable`, never reuse it for another request. `language` is a reply language, `origin`
        is kept for an answer that comes later. `code` is the one-time code that the citizen told
        just now; it is sent and not kept.
        """
        operation = self.department.operations.get(operation_id)
        if operation is None:
            raise UnknownOperation(f"{self.department.id} has no operation {operation_id}")
        told = {"seva.department": self.department.id, "seva.operation": operation_id}
        with span(f"{self.department.id} {operation_id}", attributes=told):
            origin = replace(origin, trace=origin.trace or carried() or "")
            context = Context(citizen, request_id, language, origin)
            write = Write(self.department.id, operation_id, values, context)
            return await self._execute(operation, write, code)

    async def _execute(
        self, operation: Operation, write: Write, code: str | None
    ) -> OperationResult:
        started, tries, detail = time.monotonic(), Tries(), ""
        try:
            if operation.kind == "write":
                result = await self._writes.execute(write, tries, code)
            else:
                total = self.department.timeouts.total
                result = await asyncio.wait_for(self._post(write, tries, code), total)
            result = await self.documented(write, result)
        except asyncio.TimeoutError:
            result = OperationResult(UNAVAILABLE, reason="timeout")
            detail = "total time is up"
        except AccessRefused as refused:
            result = replace(refused.result, in_doubt=refused.may_be_done)
        except CallFailed as failure:
            doubt = operation.kind == "write" and failure.may_be_done
            result = OperationResult(UNAVAILABLE, reason=failure.reason, in_doubt=doubt)
            detail = failure.detail
        return self._recorded(operation.name, write, result, tries, started, detail)

    async def ask(self, operation_id: str, write: Write) -> Asked:
        """Call the read `operation_id` about an earlier write. Raises `CallFailed`.

        Where its status query repeats answers as they were, so is what the read does not map.
        """
        started, tries = time.monotonic(), Tries()
        told = {"seva.department": self.department.id, "seva.operation": operation_id}
        with span(f"{self.department.id} {operation_id}", attributes=told):
            try:
                asked = await self._ask(operation_id, write, tries)
            except CallFailed as failure:
                none = OperationResult(UNAVAILABLE, reason=failure.reason)
                self._recorded(operation_id, write, none, tries, started, failure.detail)
                raise
            self._recorded(operation_id, write, asked.result, tries, started)
        return asked

    async def _ask(self, operation_id: str, write: Write, tries: Tries) -> Asked:
        answer = await self._send(operation_id, write, tries)
        operations, language = self.department.operations, write.context.language
        query = operations[write.operation].status_query
        repeats = query is not None and query.operation == operation_id and query.found is None
        row = self._readers[operation_id].row(answer.status, answer.body, language)
        own = repeats and row is None
        operation = operations[write.operation if own else operation_id]
        return Asked(self._read(operation, answer, language), own)

    async def documented(self, write: Write, result: OperationResult) -> OperationResult:
        """The answer of a write, or of a read, with the document that goes with it.

        Raises `CallFailed`.
        """
        return await with_document(result, write, self._issue, self.department.timeouts.read)

    def read(self, operation_id: str, status: int, body: object, language: str) -> OperationResult:
        """A body as the answer of an operation, checked. Raises `CallFailed`."""
        return self._read(self.department.operations[operation_id], Answer(status, body), language)

    def _recorded(
        self,
        operation_id: str,
        write: Write,
        result: OperationResult,
        tries: Tries,
        started: float,
        detail: str = "",
    ) -> OperationResult:
        """The result with its time, counted and in the log."""
        elapsed = round((time.monotonic() - started) * 1000)
        if result.outcome == UNAVAILABLE and self._protection.standstill.is_since(started):
            result = replace(result, reason="standstill")
        result = replace(result, elapsed_ms=elapsed, attempts=tries.count)
        set_attribute("seva.outcome", result.outcome)
        set_attribute("seva.reason", result.reason)
        record(self.department.id, operation_id, write.context.request_id, result, detail)
        return result

    async def _post(self, write: Write, tries: Tries, code: str | None = None) -> OperationResult:
        answer = await self._send(write.operation, write, tries, code)
        operation = self.department.operations[write.operation]
        # Of the longest answers, checking takes a moment, in which others would not be answered.
        return await asyncio.to_thread(self._read, operation, answer, write.context.language)

    async def _send(
        self, operation_id: str, write: Write, tries: Tries, code: str | None = None
    ) -> Answer:
        operation, names = self.department.operations[operation_id], self.department.sender
        sender = sender_headers(operation, names, write.context, code)
        parts = self._builders[operation_id].build(write.values, write.context, sender)
        exchange = Exchange(
            self._client,
            self._auth,
            self._protection,
            self.department,
            operation,
            tries,
        )
        answer = await exchange.answer(parts)
        raise_if_refused(operation, answer.status, answer.body)
        return answer

    async def _token_request(self, request: httpx.Request) -> tuple[int, bytes]:
        """Carry a request to the token server, within the same reach as the API."""
        most = self.department.egress.max_response_bytes
        try:
            response, content = await send(self._client, request, most)
        except CallFailed as failure:
            raise CallFailed("auth", f"token server: {failure.reason}") from failure
        return response.status_code, content

    def _read(self, operation: Operation, answer: Answer, language: str) -> OperationResult:
        """The checked answer as a result."""
        status, body = answer.status, answer.body
        if status not in mapped_statuses(operation):
            raise CallFailed("status", f"status {status} is not mapped", status=status)
        breach = self._api[operation.name].response_violation(status, body)
        if breach:
            raise CallFailed("schema", f"{status}: {breach}", status=status)
        reader = self._readers[operation.name]
        outcome, pending = reader.outcome(status, body, language)
        document = reader.document(body, language) if status < 300 else None
        if document and not document_allowed(document.url, self._base, self.department.egress):
            raise CallFailed("schema", "the document is on a host that is not allowed")
        fields = reader.fields(body, language)
        wanted = reader.wanted(outcome, body, language)
        missed = is_miss(operation, status)
        return OperationResult(
            outcome, fields, document, pending=pending, wanted=wanted, missed=missed
        )
