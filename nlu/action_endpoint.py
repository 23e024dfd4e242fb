"""The way to the action server: its address, its secret, a deadline, and what its failures mean.

Rasa catches every `Exception` of an action and goes on without its events: a form whose action
failed would count as finished. So a failed call is raised as `ActionCallFailed`, which Rasa does
not catch: the turn ends there, nothing of it is kept, and it can be taken again.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
from rasa.core.actions.action import RemoteAction
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from nlu.action_address import HEALTH, WEBHOOK, ActionAddress, authorization
from nlu.reply import AWAY, BROKEN, FAILED

_LONGEST_S = 60.0
_REJECTED = 400  # rasa-sdk: the action declines; Rasa looks for another one


class ActionCallFailed(BaseException):
    """A call of the action server gave no answer; `trouble` is a word of `nlu.reply`.

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
        self._session: aiohttp.ClientSession | None = None

    async def request(self, **call: Any) -> Any:  # called by Rasa as `request(json=..., ...)`
        """The server's answer to one action. Raises ActionCallFailed."""
        body = json.dumps(call["json"], ensure_ascii=False).encode()
        try:
            return await asyncio.wait_for(self._post(body), self._deadline)
        except aiohttp.ClientConnectorError as error:
            raise ActionCallFailed(f"not reached: {type(error).__name__}", AWAY) from error
        except ClientResponseError as error:
            if error.status == _REJECTED:
                raise
            raise ActionCallFailed(f"status {error.status}", FAILED) from error
        except ValueError as error:
            raise ActionCallFailed("its answer has not the right form", FAILED) from error
        except (aiohttp.ClientError, OSError) as error:
            await self.close()  # connections kept from before a restart are of no use
            raise ActionCallFailed(f"broken off: {type(error).__name__}", BROKEN) from error
        except asyncio.TimeoutError as error:
            trouble = FAILED if await self.is_healthy() else BROKEN
            raise ActionCallFailed(f"no answer in {self._deadline:g} s", trouble) from error

    async def is_healthy(self, within_s: float = 2.0) -> bool:
        """Whether the server says that it can work."""
        try:
            async with self._open().get(
                self.url + HEALTH, timeout=aiohttp.ClientTimeout(total=within_s)
            ) as response:
                return response.status == 200
        except (aiohttp.ClientError, OSError, asyncio.TimeoutError):
            return False

    async def close(self) -> None:
        """Ends the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _post(self, body: bytes) -> Any:
        headers = {"Content-Type": "application/json", **self._headers}
        async with self._open().post(self.url + WEBHOOK, data=body, headers=headers) as response:
            content = await response.read()
            if response.status >= 400:
                reason = response.reason or ""
                raise ClientResponseError(response.status, reason, content.decode())
            answer = json.loads(content)
        if not _is_answer(answer):
            raise ValueError("not the form of an answer")
        return answer

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            file = self._socket
            self._session = aiohttp.ClientSession(
                connector=aiohttp.UnixConnector(str(file)) if file else aiohttp.TCPConnector(),
                timeout=aiohttp.ClientTimeout(total=None),
            )
        return self._session


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
