"""A log with an HTTP address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from actions.transparency.log import Log
from tests.served import served
from tests.transparency.town import ORIGIN, log_app


@dataclass
class ServedLog:
    log: Log
    url: str


@pytest.fixture
def town(tmp_path: Path) -> Iterator[ServedLog]:
    log = Log.open(tmp_path / "log", origin=ORIGIN)
    with served(log_app(log)) as base:
        yield ServedLog(log, f"{base}/log")
