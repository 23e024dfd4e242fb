"""The sandbox with its own numbers only, a clock moved by hand, and the real connectors."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from actions.departments import OperationResult, define_all
from actions.departments.connector import Connector
from actions.departments.request import Context, RequestBuilder
from actions.sandbox.server import create_app
from nlu.catalogue import shared_catalogue
from tests.processes import ROOT

CATALOGUE = shared_catalogue(ROOT / "data")
DEPARTMENT = {op: name for name, d in CATALOGUE.departments.items() for op in d.operations}
"""Department of an operation that only one department has."""
NOON = 1_790_000_000.0
LAKSHMI, RAMESH = "+919848012345", "+919000054321"
"""On record for the demo's examples: the first, and one of her household."""
STRANGER, OTHER = "+919999999999", "+918888888888"
_HERE = "http://localhost"
_CODE = re.compile(r"(?<![0-9])[0-9]{6}(?![0-9])")


@dataclass
class Clock:
    """Seconds since 1970."""

    now: float = NOON

    def __call__(self) -> float:
        return self.now


class Town:
    """One sandbox in this process."""

    def __init__(self, folder: Path) -> None:
        self.clock = Clock()
        self.app = create_app(folder / "sandbox.sqlite", clock=self.clock)
        self._transport = httpx.ASGITransport(app=self.app)
        self._definitions = define_all(CATALOGUE.departments, {})
        self._serial = itertools.count(1)

    def ask(
        self,
        operation: str,
        values: Mapping[str, str],
        sender: str,
        *,
        code: str | None = None,
        key: str | None = None,
        department: str = "",
    ) -> OperationResult:
        """One operation as the action server executes it for this number."""

        async def call() -> OperationResult:
            definition = self._definitions[department or DEPARTMENT[operation]]
            connector = Connector(definition, transport=self._transport)
            try:
                return await connector.execute(
                    operation,
                    values,
                    citizen=f"109876543210987:{sender[1:]}",
                    request_id=key or f"turn-{next(self._serial)}",
                    language="en",
                    code=code,
                )
            finally:
                await connector.aclose()

        return asyncio.run(call())

    def raw(
        self, operation: str, values: Mapping[str, str], headers: Mapping[str, str]
    ) -> httpx.Response:
        """The same request, as it is on the wire, with other headers."""
        department = DEPARTMENT[operation]
        definition = CATALOGUE.departments[department].operations[operation]
        context = Context("c-1", f"raw-{next(self._serial)}", "en")
        with_sender = {"X-Citizen-Phone": LAKSHMI}
        parts = RequestBuilder(definition, _api(department)[operation]).build(
            values, context, with_sender
        )
        sent = {n: v for n, v in parts.headers.items() if n not in with_sender}
        sent = {**sent, "X-Api-Key": "sandbox-key", **headers}

        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=_HERE) as client:
                return await client.request(
                    parts.method,
                    f"/{department}{parts.path}",
                    params=parts.query,
                    headers=sent,
                    json=parts.body,
                )

        return asyncio.run(call())

    def raw_write(self, department: str, key: str, sender: str) -> httpx.Response:
        """What `getWrite` says of a key."""
        headers = {"X-Api-Key": "sandbox-key", "X-Citizen-Phone": sender}
        return self._request("GET", f"/{department}/writes/{key}", headers)

    def raw_list(self, operation: str, body: Mapping[str, str], sender: str) -> httpx.Response:
        """A list asked for with another's name in the body."""
        headers = {"X-Api-Key": "sandbox-key", "X-Citizen-Phone": sender}
        path = _api(DEPARTMENT[operation])[operation].path
        return self._request("POST", f"/{DEPARTMENT[operation]}{path}", headers, body)

    def _request(
        self, method: str, path: str, headers: Mapping[str, str], body: Any = None
    ) -> httpx.Response:
        async def call() -> httpx.Response:
            async with httpx.AsyncClient(transport=self._transport, base_url=_HERE) as client:
                return await client.request(method, path, headers=dict(headers), json=body)

        return asyncio.run(call())

    def get(self, path: str) -> Any:
        """A peephole."""
        return self._request("GET", path, {}).json()

    def sms(self, to: str = LAKSHMI) -> list[dict[str, Any]]:
        """What came to a phone, the latest first."""
        found: list[dict[str, Any]] = self.get(f"/__sms?phone={to[3:]}")
        return found

    def code(self, to: str = LAKSHMI) -> str:
        """The code in the latest SMS to a phone."""
        return _CODE.findall(self.sms(to)[0]["text"])[0]


def _api(department: str) -> Any:
    from actions.departments.openapi import load_openapi

    return load_openapi(ROOT / "data/departments/openapi" / f"{department}.yml")
