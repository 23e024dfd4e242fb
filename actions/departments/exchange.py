"""One execution on the wire: attempts, each within the department's protection."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass

import httpx
import stamina

from actions.departments.access import about_sender
from actions.departments.auth import Auth
from actions.departments.definition import DepartmentDefinition, mapped_statuses
from actions.departments.protection import DepartmentProtection
from actions.departments.request import RequestParts
from actions.departments.result import CallFailed
from nlu.catalogue.department import Operation
from nlu.trace import headers, span
from nlu.web.egress import ForbiddenAddress


@dataclass(frozen=True)
class Answer:
    """What came back; `body` is None where it was no JSON."""

    status: int
    body: object


@dataclass
class Tries:
    """How often a request was sent, counted even where all tries fail."""

    count: int = 0


class Exchange:
    """Sends one operation's request."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        auth: Auth,
        protection: DepartmentProtection,
        department: DepartmentDefinition,
        operation: Operation,
        tries: Tries,
    ) -> None:
        self._client = client
        self._auth = auth
        self._protection = protection
        self._department = department
        self._operation = operation
        self._tries = tries
        self._started = time.monotonic()

    async def answer(self, parts: RequestParts) -> Answer:
        """The answer, asked for again where that cannot do anything twice; or `CallFailed`."""
        policy = self._department.retry
        async for attempt in stamina.retry_context(
            on=self._wait_or_stop,
            attempts=policy.attempts,
            timeout=self._department.timeouts.total,
            wait_initial=policy.wait_initial,
            wait_max=policy.wait_max,
            wait_jitter=policy.jitter,
        ):
            with attempt:
                async with self._protection.attempt():
                    self._tries.count += 1
                    return await self._send(parts)
        raise CallFailed("timeout", "no attempt was made")  # pragma: no cover

    def _wait_or_stop(self, error: Exception) -> bool | float:
        """Whether to try again after `error`, or after how many seconds."""
        if not isinstance(error, CallFailed):
            return False
        if error.reason == "auth":  # nothing was sent; a token server may recover, not relent
            return error.status is None or error.status >= 500
        if self._operation.kind == "write":
            # Only what surely never reached the department: it may not honour the key.
            return not error.sent and error.reason in ("timeout", "connect")
        if error.reason == "status":
            again = error.status in self._department.retry.statuses
            if not again or error.retry_after is None:
                return again
            # A department that is closed for longer than the citizen waits is not waited for.
            left = self._started + self._department.timeouts.total - time.monotonic()
            return error.retry_after if error.retry_after < left else False
        return error.reason in ("timeout", "connect")

    async def _send(self, parts: RequestParts) -> Answer:
        """One try, as a span. No address is in it, for ours hold numbers of citizens."""
        told = {
            "http.request.method": parts.method,
            "url.template": parts.template,
            "http.request.resend_count": self._tries.count - 1 or None,
            "seva.department": self._department.id,
        }
        with span(f"{parts.method} {parts.template}", "client", told) as one:
            try:
                answer = await self._answer(parts)
            except CallFailed as failure:
                one.set_attribute("http.response.status_code", failure.status)
                one.fail(failure.reason)
                raise
            one.set_attribute("http.response.status_code", answer.status)
            return answer

    async def _answer(self, parts: RequestParts) -> Answer:
        traced = headers() if self._department.traced else {}
        try:
            request = self._client.build_request(
                parts.method,
                self._department.base_url + parts.path,
                params=parts.query or None,
                headers={**parts.headers, **traced},
                json=parts.body,
            )
        except (httpx.InvalidURL, ValueError) as error:  # longer than any URL, for instance
            raise CallFailed("request", type(error).__name__) from error
        most = self._department.egress.max_response_bytes
        await self._auth.sign(request)
        response, content = await send(self._client, request, most)
        status, unauthorised = response.status_code, httpx.codes.UNAUTHORIZED
        ours = status == unauthorised and not about_sender(status, _json(content))
        if ours and self._auth.rejected(request):
            await self._auth.sign(request)
            response, content = await send(self._client, request, most)
        self._fail_if_down(response)
        return Answer(response.status_code, _json(content))

    def _fail_if_down(self, response: httpx.Response) -> None:
        """Raise for statuses that say "not now", so that breaker and retry see them."""
        status = response.status_code
        if (status >= 500 or status == 429) and status not in mapped_statuses(self._operation):
            wait = response.headers.get("Retry-After", "")
            seconds = float(wait) if wait.isascii() and wait.isdigit() else None
            raise CallFailed("status", f"status {status}", status=status, retry_after=seconds)


async def send(
    client: httpx.AsyncClient, request: httpx.Request, most: int
) -> tuple[httpx.Response, bytes]:
    """The response and its body of at most `most` bytes. Raises `CallFailed`."""
    try:
        response = await client.send(request, stream=True)
        try:
            return response, await _limited(response, most)
        finally:
            await response.aclose()
    except ForbiddenAddress as error:
        raise CallFailed("egress", "the host is in a network that may not be called") from error
    except (httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise CallFailed("timeout", type(error).__name__, sent=False) from error
    except httpx.ConnectError as error:
        raise CallFailed("connect", type(error).__name__, sent=False) from error
    except httpx.TimeoutException as error:
        raise CallFailed("timeout", type(error).__name__) from error
    except httpx.HTTPError as error:
        raise CallFailed("connect", type(error).__name__) from error


async def _limited(response: httpx.Response, most: int) -> bytes:
    content = bytearray()
    async for chunk in response.aiter_bytes():
        content += chunk
        if len(content) > most:
            raise CallFailed("schema", f"the answer is longer than {most} bytes")
    return bytes(content)


def _json(content: bytes) -> object:
    try:
        parsed: object = json.loads(content)
    except ValueError:
        return None
    return parsed
