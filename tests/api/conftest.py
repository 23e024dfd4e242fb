from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app, create_internal_app
from nlu.catalogue import shared_catalogue
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding

CATALOGUE = shared_catalogue(Path("data"))
KEY = {"Authorization": "Bearer right-key"}
NOW = 1795603300.0
"""A moment after the fixtures of deliveries were sent."""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path, models_dir=tmp_path / "models", api_keys="right-key,second")


@pytest.fixture
def engine() -> FakeUnderstanding:
    return FakeUnderstanding()


@pytest.fixture
def speech() -> FakeSpeech:
    return FakeSpeech()


@pytest.fixture
def client(
    settings: Settings, engine: FakeUnderstanding, speech: FakeSpeech
) -> Iterator[TestClient]:
    app = create_app(settings, engine, speech, catalogue=CATALOGUE, clock=lambda: NOW)
    with TestClient(app, raise_server_exceptions=False, headers=KEY) as client:
        yield client


@pytest.fixture
def internal(client: TestClient) -> Iterator[TestClient]:
    """The internal listener of the same server."""
    app = create_internal_app(client.app.state.runtime)  # type: ignore[attr-defined]
    with TestClient(app, raise_server_exceptions=False, base_url="http://localhost") as internal:
        yield internal
