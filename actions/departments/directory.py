"""The connectors of all departments, made when first needed."""

from __future__ import annotations

from collections.abc import Collection, Container, Mapping
from pathlib import Path
from typing import Any

import httpx

from actions.departments.connector import Connector
from actions.departments.definition import (
    DepartmentDefinition,
    Formats,
    Protection,
    define_all,
    load_departments,
)
from actions.departments.inquiry import ask_in
from actions.departments.issued_document import Issue
from actions.departments.journal import Journal, Write
from actions.departments.protection import DepartmentProtection
from actions.departments.request import NO_SERVICE, Origin
from actions.departments.result import OperationResult
from nlu.catalogue.model import Catalogue
from nlu.storage.tables import IN_MEMORY


class Connections:
    """What lives longer than a release: connectors, and each department's breaker and limits.

    Releases whose files say the same of a department share its connector. Where they say something
    else, breaker and limits are still shared, as long as these are the same.
    """

    def __init__(self) -> None:
        self._connectors: list[Connector] = []
        self._protections: dict[tuple[str, str, Protection], DepartmentProtection] = {}

    def connector(self, department: DepartmentDefinition, **seams: Any) -> Connector:
        """The one that knows the department as it is defined here; `seams` as of a Connector."""
        for known in self._connectors:
            if known.knows(department):
                return known
        server = (department.id, department.base_url, department.protection)
        if server not in self._protections:
            self._protections[server] = DepartmentProtection(department.id, department.protection)
        made = Connector(department, **seams, protection=self._protections[server])
        self._connectors.append(made)
        return made

    async def keep_only(self, used: Container[Connector]) -> None:
        """Closes the others."""
        over = [known for known in self._connectors if known not in used]
        self._connectors = [known for known in self._connectors if known in used]
        for connector in over:
            await connector.aclose()


class DepartmentDirectory:
    """Department id -> its one connector, so that breakers and limits are shared by all calls."""

    def __init__(
        self,
        definitions: Mapping[str, DepartmentDefinition],
        transport: httpx.AsyncBaseTransport | None = None,
        journal: Journal | None = None,
        issue: Issue | None = None,
        connections: Connections | None = None,
    ) -> None:
        """`connections`: those that other directories have, too."""
        self._definitions = definitions
        self.journal = journal or Journal(IN_MEMORY)
        self._transport, self._issue = transport, issue
        self._connections = connections or Connections()
        self._connectors: dict[str, Connector] = {}

    @classmethod
    def of(
        cls,
        catalogue: Catalogue,
        transport: httpx.AsyncBaseTransport | None = None,
        journal: Journal | None = None,
        issue: Issue | None = None,
        connections: Connections | None = None,
    ) -> DepartmentDirectory:
        """The departments of a loaded catalogue."""
        return cls(define_all(catalogue.departments), transport, journal, issue, connections)

    @classmethod
    def load(
        cls,
        folder: Path,
        transport: httpx.AsyncBaseTransport | None = None,
        journal: Journal | None = None,
        issue: Issue | None = None,
    ) -> DepartmentDirectory:
        """The departments of `folder` (`data/departments`)."""
        return cls(load_departments(folder), transport, journal, issue)

    def connector(self, department: str) -> Connector:
        """The connector of a department; `KeyError` for an unknown one."""
        if department not in self._connectors:
            self._connectors[department] = self._connections.connector(
                self._definitions[department],
                transport=self._transport,
                journal=self.journal,
                issue=self._issue,
            )
        return self._connectors[department]

    def formats(self, department: str) -> Formats:
        """How a department's dates and times are written; `KeyError` for an unknown one."""
        return self._definitions[department].formats

    @property
    def opened(self) -> Collection[Connector]:
        """The connectors that were needed so far."""
        return self._connectors.values()

    async def execute(
        self,
        department: str,
        operation_id: str,
        values: Mapping[str, str],
        *,
        citizen: str,
        request_id: str,
        language: str,
        origin: Origin = NO_SERVICE,
        code: str | None = None,
    ) -> OperationResult:
        """`Connector.execute` at the department."""
        return await self.connector(department).execute(
            operation_id,
            values,
            citizen=citizen,
            request_id=request_id,
            language=language,
            origin=origin,
            code=code,
        )

    async def said_in(self, write: Write, language: str) -> OperationResult | None:
        """`ask_in` of the write's department; None where it or the operation is gone."""
        try:
            connector = self.connector(write.department)
            operation = connector.department.operations[write.operation]
        except KeyError:
            return None
        return await ask_in(operation, write, connector.ask, language)

    async def aclose(self) -> None:
        """Close every connection."""
        for connector in self._connectors.values():
            await connector.aclose()
