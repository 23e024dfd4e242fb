"""What the pages of the desk ask of the action server, for the officer who looks at them.

Each call names the officer and their departments; the action server decides what they may see.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from api.console.accounts import Account
from api.console.action_server import ActionServer
from api.console.visit import Refused
from nlu.action_address import DEPARTMENTS, DESK, OFFICER

_NOT_FOUND, _CONFLICT = 404, 409


class Denied(Exception):
    """The request is not in a state for that; `why` is a word of the action server (`taken`,
    `closed`, ...)."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class DeskClient:
    """The desk as one officer may use it; answers are in the language of their pages."""

    def __init__(self, server: ActionServer, account: Account, language: str) -> None:
        self._server, self._language = server, language
        self._headers = {
            OFFICER: quote(account.id),
            DEPARTMENTS: quote(",".join(account.departments)),
        }

    async def settings(self) -> dict[str, Any]:
        """Departments, reasons to close, hours, and who is on duty. Raises ServerAway."""
        return await self._ask("GET", "/settings")

    async def cases(
        self, state: str, department: str = "", after: str = "", kind: str = ""
    ) -> dict[str, Any]:
        """A page of requests in a state. Raises ServerAway."""
        asked = {"state": state, "department": department, "after": after, "kind": kind}
        return await self._ask("GET", "/cases", params=asked)

    async def case(self, number: str, since: int | None = None) -> dict[str, Any]:
        """A request with all that was told and said; with `since` what was said after that place.
        Raises Refused for one that is not theirs to see, Denied where it cannot be read, and
        ServerAway."""
        asked = {} if since is None else {"since": str(since)}
        return await self._ask("GET", f"/cases/{quote(number, safe='')}", params=asked)

    async def do(self, number: str, act: str, **told: str) -> dict[str, Any]:
        """Changes a request: `claim`, `release`, `say`, `note`, `transfer` or `close`. Raises as
        `case`."""
        return await self._ask("POST", f"/cases/{quote(number, safe='')}/{act}", json=told)

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        more["params"] = {**more.get("params", {}), "language": self._language}
        answer = await self._server.ask(method, DESK + path, headers=self._headers, **more)
        if answer.status_code == _CONFLICT:
            raise Denied(str(answer.json().get("error", "")))
        if answer.status_code == _NOT_FOUND:
            raise Refused(404)
        if answer.is_error:
            raise Refused(422)
        found: dict[str, Any] = answer.json()
        return found
