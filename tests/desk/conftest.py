"""A few real services, requests on both engines, and an outbox that notes what it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from actions.citizens.handover import FILE, Handovers
from actions.desk.place import Desk
from nlu.catalogue import Catalogue, load_catalogue
from tests.desk.outbox import Outbox
from tests.dialogue.conftest import catalogue, form, own_key
from tests.few_services import copied

__all__ = ["catalogue", "form", "own_key"]


SERVICES = ("electricity_bill_view", "electricity_bill_payment", "income_certificate")


@pytest.fixture(scope="session")
def few(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    """Two departments."""
    return load_catalogue(copied(tmp_path_factory.mktemp("few") / "data", SERVICES))


@pytest.fixture
def handovers(tmp_path: Path, url_of: Callable[[Path], str]) -> Iterator[Handovers]:
    found = Handovers(url_of(tmp_path / FILE))
    yield found
    found.engine.dispose()


@pytest.fixture
def outbox() -> Outbox:
    return Outbox()


@pytest.fixture
def desk(few: Catalogue, handovers: Handovers, outbox: Outbox) -> Desk:
    return Desk(few, handovers, outbox, outbox.language_of, ZoneInfo("Asia/Kolkata"))
