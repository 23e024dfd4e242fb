from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inbox.worker_fakes import ENGINE
from tests.migrations.playback import OldCode
from tests.migrations.record import KEY
from tests.postgres import empty


@pytest.fixture(params=["sqlite", "postgres"])
def url(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """An empty database of either engine; what opens the inbox in this process finds it."""
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SEVA_SEALING_KEY", KEY)
    monkeypatch.delenv("SEVA_MIGRATE", raising=False)
    found = f"sqlite:///{tmp_path / 'seva.sqlite'}"
    if request.param == "postgres":
        found = ENGINE.url = request.getfixturevalue("postgres")
        empty(found)
    monkeypatch.setenv("SEVA_DATABASE_URL", found)
    yield found
    ENGINE.url = None


@pytest.fixture
def old(url: str) -> OldCode:
    """The version before there were migrations, with its tables and its history."""
    code = OldCode(1, url)
    code.make()
    code.play("history")
    return code
