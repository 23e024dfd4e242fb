"""What the console asks of the action server, which has the department side of everything.

The two sides do not know each other's code; this is the console's way to the other one.
"""

from __future__ import annotations

from typing import Any

import httpx

from nlu.action_address import ActionAddress, authorization
from nlu.log import get_logger

log = get_logger(__name__)
_SECONDS = 10.0


class ServerAway(ConnectionError):
    """The action server does not answer, or cannot do it now: it may be asked again."""


class ActionServer:
    """The action server at its address."""

    def __init__(self, address: ActionAddress, secret: str) -> None:
        uds = str(address.socket) if address.socket else None
        self._client = httpx.AsyncClient(
            base_url=address.base_url,
            transport=httpx.AsyncHTTPTransport(uds=uds),
            headers=authorization(secret),
            timeout=_SECONDS,
            trust_env=False,
        )

    async def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """An answer below 500, whatever it says. `more` is what httpx takes. Raises ServerAway."""
        try:
            response = await self._client.request(method, path, **more)
        except httpx.HTTPError as error:
            log.warning("action_server_away", path=path, error=type(error).__name__)
            raise ServerAway(path) from error
        if response.status_code >= 500:
            log.warning("action_server_away", path=path, status=response.status_code)
            raise ServerAway(path)
        return response

    async def close(self) -> None:
        """Closes its connections."""
        await self._client.aclose()
