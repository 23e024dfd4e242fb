"""The way to the action server: its address, its secret, a deadline, and what its failures mean.

Rasa catches every `Exception` of an action and goes on without its events: a form whose action
failed would count as finished. So a failed call is raised as `ActionCallFailed`, which Rasa does
not catch: the turn ends there, nothing of it is kept, and it can be taken again.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from copy import copy
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import aiohttp
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from nlu.action_address import HEALTH, RELEASE, WEBHOOK, ActionAddress, authorization
from nlu.trace import headers as trace_headers
from nlu.trace import span
from nlu.turn import AWAY, BROKEN, FAILED

_LONGEST_S = 60.0
_REJECTED = 400  # rasa-sdk: the action declines; Rasa looks for another one
_NOT_OURS = (401, 403, 404, 503)
"""Another secret or version, or the server stood still: trouble of ours, not of the turn."""


class ActionCallFailed(BaseException):
    """A call of the action server gave no answer; `trouble` is a word of `nlu.turn`.

    Not an `Exception`: see the module.
    """

    def __init__(self, why: str, trouble: str) -> None:
        super().__init__(why)
        self.why, self.trouble = why, trouble


class ActionEndpoint(EndpointConfig):  # type: ignore[misc]  # Rasa is untyped
    """Rasa's endpoint with connections that are kept. Belongs to the loop of its first call."""

    def __init__(
        self, address: ActionAddress, secret: str = "", deadline_s: float = _LONGEST_S
    ) -> None:
        """`deadline_s` covers one call; longer than what the server gives an action."""
        super().__init__(address.base_url, enable_selective_domain=True)
        self._socket, self._headers = address.socket, authorization(secret)
        self._deadline = deadline_s
        self._kept = _Kept()

    def on(self, release: str) -> ActionEndpoint:
        """The same, over the same connections, for the turns of one release."""
        of_release = copy(self)
        of_release._headers = {**self._headers, RELEASE: release}
        return of_release

    async def request(self, **call: Any) -> Any:  # called by Rasa as `request(json=..., ...)`
        """The server's answer to one action. Raises ActionCallFailed."""
        body = json.dumps(thin(call["json"]), ensure_ascii=False).encode()
        try:
            return await asyncio.wait_for(self._post(body), self._deadline)
        except aiohttp.ClientConnectorError as error:
            raise ActionCallFailed(f"not reached: {type(error).__name__}", AWAY) from error
        except ClientResponseError as error:
            if error.status == _REJECTED:
                raise
            trouble = AWAY if error.status in _NOT_OURS else FAILED
            if error.status == HTTPStatus.NOT_FOUND:
                self._kept.lacking = str(call["json"].get("next_action", ""))
            raise ActionCallFailed(f"status {error.status}", trouble) from error
        except ValueError as error:
            raise ActionCallFailed("its answer has not the right form", FAILED) from error
        except asyncio.TimeoutError as error:
            trouble = FAILED if await self.is_healthy() else BROKEN
            raise ActionCallFailed(f"no answer in {self._deadline:g} s", trouble) from error
        except Exception as error:  # Rasa would take it for an answer without events
            raise ActionCallFailed(f"broken off: {type(error).__name__}", BROKEN) from error

    async def is_healthy(self, within_s: float = 2.0) -> bool:
        """Whether the server says that it can work, for us, and knows what it lacked before."""
        asked = {"action": self._kept.lacking}
        try:
            async with (
                self._connected() as session,
                session.get(
                    self.url + HEALTH,
                    params=asked,
                    headers=self._headers,
                    timeout=aiohttp.ClientTimeout(total=within_s),
                ) as response,
            ):
                healthy = response.status == HTTPStatus.OK
        except Exception:  # whatever it was, there was no word from the server
            return False
        self._kept.lacking = "" if healthy else self._kept.lacking
        return healthy

    async def close(self) -> None:
        """Ends the connections; calls under way end first."""
        line, self._kept.line = self._kept.line, None
        if line is not None and not line.calls:
            await line.session.close()

    async def _post(self, body: bytes) -> Any:
        with span(f"POST {WEBHOOK}", "client", {"http.request.method": "POST"}) as one:
            headers = {"Content-Type": "application/json", **self._headers, **trace_headers()}
            async with (
                self._connected() as session,
                session.post(self.url + WEBHOOK, data=body, headers=headers) as response,
            ):
                content = await response.read()
            one.set_attribute("http.response.status_code", response.status)
            if response.status >= HTTPStatus.BAD_REQUEST:
                one.fail(str(response.status))
        if response.status >= HTTPStatus.BAD_REQUEST:
            reason = response.reason or ""
            raise ClientResponseError(response.status, reason, content.decode())
        answer = json.loads(content)
        if not _is_answer(answer):
            raise ValueError("not the form of an answer")
        return answer

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiohttp.ClientSession]:
        """Connections for one call. Where one is broken off, those kept beside it are likely of a
        server that is gone: calls under way end on them, and nobody else begins."""
        line = self._kept.line = self._kept.line or _Line(self._opened())
        line.calls += 1
        try:
            yield line.session
        except (aiohttp.ClientConnectionError, OSError):
            if self._kept.line is line:
                self._kept.line = None
            raise
        finally:
            line.calls -= 1
            if self._kept.line is not line and not line.calls:
                await line.session.close()

    def _opened(self) -> aiohttp.ClientSession:
        file = self._socket
        return aiohttp.ClientSession(
            connector=aiohttp.UnixConnector(str(file)) if file else aiohttp.TCPConnector(),
            timeout=aiohttp.ClientTimeout(total=None),
        )


def thin(call: Mapping[str, Any]) -> dict[str, Any]:
    """A call of Rasa's with what an action of ours reads: who writes, the message that is answered,
    and the slots that hold something. The rest grows with the conversation and the domain."""
    tracker = call["tracker"]
    message = next((e for e in reversed(tracker["events"]) if e["event"] == "user"), None)
    return {
        "next_action": call["next_action"],
        "sender_id": call["sender_id"],
        "tracker": {
            "sender_id": tracker["sender_id"],
            "slots": {name: value for name, value in tracker["slots"].items() if value is not None},
            "events": [message] if message else [],
        },
    }


@dataclass
class _Kept:
    """What the endpoints of all releases share."""

    line: _Line | None = None
    lacking: str = ""
    """The action that the server did not know when it was last asked."""


@dataclass
class _Line:
    """Connections that are kept, and how many calls are under way on them."""

    session: aiohttp.ClientSession
    calls: int = 0


def _is_answer(content: Any) -> bool:
    """Whether it has the two lists that rasa-sdk gives; their events are ours."""
    return isinstance(content, dict) and all(
        isinstance(content.get(name), list) and all(isinstance(one, dict) for one in content[name])
        for name in ("events", "responses")
    )


def _checked_already(_action: RemoteAction, _answer: Any) -> bool:
    return True


# Rasa 3.6.21 checks the JSON schema of answers, and each answer against it, with every call: nine
# tenths of a turn (162 of 172 ms). The endpoint has checked what matters.
RemoteAction._validate_action_result = _checked_already
