"""A served sandbox, the real connector, and Seva's own callback route, each over HTTP."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import httpx

from actions.departments import DepartmentDirectory, OperationResult, load_departments
from actions.departments.callbacks import build_callbacks
from actions.departments.journal import Entry, Journal
from actions.departments.request import Origin
from actions.departments.signature import signature_headers
from actions.sandbox.server import create_app
from tests.processes import OWNERS, PHONE
from tests.served import served

from .conftest import DATA

GRIEVANCES = "grievances"
ON_RECORD = "109:919848012345"
"""The lane whose number is on record for all grievances of the sandbox's first day."""
WAIT_S = 10.0


def phone_of(citizen: str) -> str:
    """`c-1` has the phone of tests, to which the first grievances belong; others have their own."""
    return PHONE if citizen == "c-1" else f"91700{zlib.crc32(citizen.encode()) % 10**7:07}"


@dataclass(frozen=True)
class Desk:
    """What a citizen's requests and an officer's changes go through."""

    http: httpx.Client
    seva: str
    journal: Journal
    departments: DepartmentDirectory
    loop: asyncio.AbstractEventLoop
    """That of the connectors."""

    def ask(
        self, operation: str, key: str, citizen: str = "c-1", language: str = "te", **values: str
    ) -> OperationResult:
        """One operation as the action server executes it."""
        return self.loop.run_until_complete(
            self.departments.execute(
                GRIEVANCES,
                operation,
                values,
                citizen=f"{citizen}:{phone_of(citizen)}",
                request_id=key,
                language=language,
                origin=Origin(SERVICES.get(operation, "")),
            )
        )

    def register(self, key: str, citizen: str = "c-1", language: str = "te", **values: str) -> str:
        """The number of a new grievance."""
        told = {**TOLD, "grievance_text": f"{TOLD['grievance_text']} {key}", **values}
        made = self.ask("registerGrievance", key, citizen, language, **told)
        return made.fields["grievance_number"]

    def move(self, number: str, state: str, **entered: str) -> httpx.Response:
        """What an officer enters."""
        return self.http.put(f"/__grievances/{number}", json={"state": state, **entered})

    def settled(self, key: str) -> Entry:
        """The write with this key, once its answer came. Raises AssertionError when none does."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            entry = self.journal.find(GRIEVANCES, key)
            if entry is not None and entry.state == "settled":
                return entry
            time.sleep(0.02)
        raise AssertionError("no callback came")

    @property
    def settle_every(self) -> float:
        """Seconds."""
        return self.departments.connector(GRIEVANCES).department.settle.every

    def fault(self, mode: str) -> None:
        """Switches the department's fault."""
        self.http.put(f"/__faults/{GRIEVANCES}", json={"mode": mode}).raise_for_status()

    def ask_now(self, key: str) -> None:
        """Makes the write with this key due, as time would."""
        entry = self.journal.find(GRIEVANCES, key)
        assert entry is not None
        assert self.journal.move(entry, due_at=time.time()) is not None

    def call_back(self, number: str, **changed: str) -> int:
        """A callback with the right key that says something else: the HTTP status."""
        shown = {one["number"]: one for one in self.http.get("/__grievances").json()}
        settings = self.departments.connector(GRIEVANCES).department.callbacks
        assert settings is not None
        body = json.dumps({**shown[number], **changed}).encode()
        path = f"/callbacks/{GRIEVANCES}"
        headers = signature_headers(settings.key, "POST", path, "", body)
        answer = httpx.post(self.seva + path, content=body, headers=headers, trust_env=False)
        return answer.status_code

    def hinted(self, key: str) -> None:
        """Returns once a callback made the write with this key due. Raises AssertionError."""
        until = time.monotonic() + WAIT_S
        while time.monotonic() < until:
            entry = self.journal.find(GRIEVANCES, key)
            if entry is not None and entry.due_at is not None and entry.due_at <= time.time():
                return
            time.sleep(0.02)
        raise AssertionError("no callback came")


TOLD = {
    "grievance_text": "మా ఊరి బోరు పాడైంది",
    "location": "కొలకలూరు",
    "office": "panchayat_raj",
    "secretariat": "kolakaluru",
}
SERVICES = {"registerGrievance": "grievance_register", "reopenGrievance": "grievance_reopen"}


def lane(citizen: str) -> str:
    """The lane of somebody in a test, with a telephone number of their own."""
    number = zlib.crc32(citizen.encode()) % 10**9
    return ON_RECORD if citizen == "c-1" else f"109:919{number:09}"


@contextmanager
def opened(folder: Path) -> Iterator[Desk]:
    """Both servers while the block runs."""
    journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
    known = load_departments(DATA / "departments", {})[GRIEVANCES]
    callbacks = build_callbacks(DepartmentDirectory({GRIEVANCES: known}, journal=journal))
    loop = asyncio.new_event_loop()
    with served(callbacks) as seva:
        app = create_app(
            folder / "sandbox.sqlite",
            department_callbacks=f"{seva}/callbacks",
            owners=OWNERS,
        )
        with served(app) as url:
            there = replace(known, base_url=f"{url}/grievances")
            departments = DepartmentDirectory({GRIEVANCES: there}, journal=journal)
            with httpx.Client(base_url=url, timeout=10, trust_env=False) as http:
                yield Desk(http, seva, journal, departments, loop)
            loop.run_until_complete(departments.aclose())
    loop.close()
