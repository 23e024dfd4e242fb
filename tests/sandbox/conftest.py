"""The sandbox over real HTTP, and the real connectors that call it."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.departments import DepartmentDirectory, OperationResult, load_departments
from actions.documents.department_issuer import DepartmentIssuer
from actions.documents.issuer import Issuer
from actions.documents.settings import DOCUMENTS_URL, FOLDER
from actions.sandbox.server import create_app
from actions.sandbox.store import DEPARTMENTS
from tests.processes import OWNERS, PHONE, lane
from tests.served import served

DATA = Path(__file__).parents[2] / "data" / "departments"
OWNER = lane("109876543210987")
KEY = {"X-Api-Key": "sandbox-key", "X-Citizen-Phone": f"+{PHONE}"}


class Sandbox:
    """A served sandbox with connectors of every department."""

    def __init__(self, url: str, database: Path) -> None:
        self.url = url
        self.database = database
        self.touched: set[str] = set()
        env = {f"SEVA_DEPARTMENT_{d.upper()}_URL": f"{url}/{d}" for d in DEPARTMENTS}
        self._definitions = load_departments(DATA, env)
        self.http = httpx.Client(base_url=url, timeout=10, trust_env=False)
        self._serial = itertools.count(1)
        folder = database.parent / FOLDER
        self._press = DepartmentIssuer(folder, DOCUMENTS_URL)
        keys = Issuer.open(folder, DOCUMENTS_URL, make_keys=True).keys
        keys.signing_key("energy", int(time.time()), make=True)

    def execute(
        self,
        department: str,
        operation: str,
        values: Mapping[str, str],
        *,
        request_id: str | None = None,
        language: str = "te",
        citizen: str = OWNER,
        code: str | None = None,
    ) -> OperationResult:
        """One operation as the action server executes it for a citizen."""
        self.touched.add(department)

        async def call() -> OperationResult:
            directory = DepartmentDirectory(self._definitions, issue=self._press)
            try:
                return await directory.execute(
                    department,
                    operation,
                    values,
                    citizen=citizen,
                    request_id=request_id or f"turn-{next(self._serial)}",
                    language=language,
                    code=code,
                )
            finally:
                await directory.aclose()

        return asyncio.run(call())

    def fault(self, department: str, mode: str, **more: float) -> None:
        """Set a department's fault switch."""
        self.touched.add(department)
        body = {"mode": mode, **more}
        self.http.put(f"/__faults/{department}", json=body).raise_for_status()

    def writes(self, department: str) -> list[dict[str, Any]]:
        """The committed writes of a department."""
        found: list[dict[str, Any]] = self.http.get(f"/__writes/{department}").json()
        return found


@pytest.fixture(scope="session")
def sandbox_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One sandbox for the folder."""
    database = tmp_path_factory.mktemp("sandbox") / "sandbox.sqlite"
    with served(create_app(database, owners=OWNERS)) as url:
        sandbox = Sandbox(url, database)
        yield sandbox
        sandbox.http.close()


@pytest.fixture
def sandbox(sandbox_server: Sandbox) -> Sandbox:
    """The sandbox as on its first day."""
    for department in sorted(sandbox_server.touched):
        sandbox_server.http.post(f"/__reset/{department}").raise_for_status()
    sandbox_server.touched.clear()
    return sandbox_server
