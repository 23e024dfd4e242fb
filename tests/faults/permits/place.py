"""The permits department served on this machine, with connectors to it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from actions.departments import DepartmentDirectory, OperationResult, load_departments
from actions.departments.journal import Entry, Journal
from actions.sandbox.faults import Fault, Mode
from tests.departments.fake_department import DATA
from tests.faults.permits.app import Permits
from tests.served import served

HERE = Path(__file__).parent


def settle_in(folder: Path) -> Path:
    """`folder/departments` with the permits department and nothing else."""
    departments = folder / "departments"
    if not departments.exists():
        shutil.copytree(HERE / "openapi", departments / "openapi")
        shutil.copy(HERE / "permits.yml", departments)
        shutil.copy(DATA / "defaults.yml", departments)
        shutil.copy(DATA.parent / "languages.yml", folder)
    return departments


def directory(folder: Path, url: str, **changes: str) -> DepartmentDirectory:
    """Connectors as after a start, over the journal of `folder`; `changes` of the file's text."""
    file = settle_in(folder) / "permits.yml"
    for old, new in changes.items():
        text = file.read_text("utf-8")
        assert old in text
        file.write_text(text.replace(old, new), "utf-8")
    definitions = load_departments(settle_in(folder), {"PERMITS_URL": url})
    journal = Journal(f"sqlite:///{folder / 'journal.sqlite'}")
    return DepartmentDirectory(definitions, journal=journal)


@dataclass(frozen=True)
class Place:
    """A served department and what calls it."""

    permits: Permits
    url: str
    folder: Path
    departments: DepartmentDirectory

    def fault(self, mode: Mode, delay_s: float | None = None, times: int | None = None) -> None:
        """Set the department's fault switch."""
        self.permits.faulty.fault = Fault(mode, delay_s, times)

    def restarted(self) -> Place:
        """The same after a restart of our process."""
        return Place(self.permits, self.url, self.folder, directory(self.folder, self.url))

    async def ask(self, operation: str, key: str = "k-1", plot: str = "12/3") -> OperationResult:
        """Execute an operation of a citizen who reads Telugu."""
        return await self.departments.execute(
            "permits",
            operation,
            {"plot": plot},
            citizen="919848012345",
            request_id=key,
            language="te",
        )

    def entry(self, key: str = "k-1") -> Entry | None:
        """What the journal knows of a write."""
        return self.departments.journal.find("permits", key)


@contextmanager
def opened(folder: Path) -> Iterator[Place]:
    """A department that works."""
    permits = Permits()
    with served(permits) as url:
        yield Place(permits, url, folder, directory(folder, url))
