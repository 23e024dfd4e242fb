"""The library's files as a department folder of their own, and its definition."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from actions.departments import Connector, DepartmentDefinition, OperationResult, load_departments
from tests.departments.fake_department import DATA, patient
from tests.departments.library.app import SECRET, Library
from tests.served import served

HERE = Path(__file__).parent


def settle_in(folder: Path) -> Path:
    """`folder/departments` with the library and nothing else, as an office would set it up."""
    departments = folder / "departments"
    shutil.copytree(HERE / "openapi", departments / "openapi")
    shutil.copy(HERE / "library.yml", departments)
    shutil.copy(DATA / "defaults.yml", departments)
    shutil.copy(DATA.parent / "languages.yml", folder)
    return departments


def defined(folder: Path, url: str) -> DepartmentDefinition:
    """The library at `url`."""
    environment = {
        "LIBRARY_URL": f"{url}/library",
        "LIBRARY_TOKEN_URL": f"{url}/token",
        "LIBRARY_CLIENT_SECRET": SECRET,
    }
    return patient(load_departments(settle_in(folder), environment)["library"])


@contextmanager
def opened(folder: Path, library: Library | None = None) -> Iterator[tuple[Library, Connector]]:
    """A served library and a connector to it."""
    library = library or Library()
    with served(library.app()) as url:
        yield library, Connector(defined(folder, url))


async def find(connector: Connector, title: str = "మహాప్రస్థానం") -> OperationResult:
    """Ask for a book."""
    return await ask(connector, "findBook", book_title=title, branch="")


async def reserve(connector: Connector, title: str, request_id: str = "turn-1") -> OperationResult:
    """Reserve a book."""
    values = {"book_title": title, "card_number": "తె/17", "days": "14"}
    return await ask(connector, "reserveBook", request_id, **values)


async def ask(
    connector: Connector, operation: str, request_id: str = "turn-1", **values: str
) -> OperationResult:
    """Execute an operation of a citizen who reads Telugu."""
    return await connector.execute(
        operation, values, citizen="c-1", request_id=request_id, language="te"
    )
