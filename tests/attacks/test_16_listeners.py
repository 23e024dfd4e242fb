"""What is for our own processes is not to be had where the world knocks (finding 16)."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.app import create_app
from api.processes import listen
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE
from tests.served import served

KEY = {"Authorization": "Bearer notices-key"}
NOTICE = b'{"id": "a", "citizen": "1:2", "language": "te", "about": "a", "text": "b"}'
SPELLINGS = [
    "/notices",
    "/notices/",
    "/notices/language",
    "/%6eotices",
    "/%6E%6Ftices",
    "//notices",
    "/./notices",
    "/x/../notices",
    "/NOTICES",
    "/notices%2flanguage",
    "/notices;a",
    "/notices?a",
    "/metrics",
    "/%6detrics",
    "//metrics",
]


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """The public and the internal port of one server."""
    folder = tmp_path_factory.mktemp("listeners")
    settings = Settings(var_dir=folder, models_dir=folder, notices_key="notices-key")
    inside = listen("127.0.0.1", 0)
    port = inside.getsockname()[1]
    fakes = FakeUnderstanding(), FakeSpeech()
    with served(create_app(settings, *fakes, catalogue=CATALOGUE, internal=inside)) as url:
        yield int(url.rsplit(":", 1)[1]), port


def status(port: int, method: str, path: str, **headers: str) -> int:
    """The path goes out as it is written."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as connection:
        body = NOTICE if method == "POST" else None
        given = {**KEY, "Content-Type": "application/json", **headers}
        connection.request(method, path, body, given)
        return connection.getresponse().status


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", SPELLINGS)
def test_no_spelling_reaches_the_inside(ports: tuple[int, int], method: str, path: str) -> None:
    """With the right key, and from this machine, as a proxy on it asks."""
    assert status(ports[0], method, path) == 404


def test_the_inside_answers_on_its_own_port(ports: tuple[int, int]) -> None:
    assert status(ports[1], "GET", "/metrics") == 200
    assert status(ports[1], "POST", "/notices") == 404  # a citizen who never wrote
    assert status(ports[1], "GET", "/health/ready") == 200
    for path in ("/parse", "/services", "/webhooks/whatsapp"):
        assert status(ports[1], "POST", path) == 404


@pytest.mark.parametrize("host", ["evil.example", "seva.example.in", "127.0.0.1.evil.example"])
def test_the_inside_answers_to_its_own_names_only(ports: tuple[int, int], host: str) -> None:
    """A page whose name was pointed at this machine reads nothing."""
    assert status(ports[1], "GET", "/metrics", Host=host) == 421
    assert status(ports[1], "POST", "/notices", Host=host) == 421


def test_another_sites_page_changes_nothing_inside(ports: tuple[int, int]) -> None:
    assert status(ports[1], "POST", "/notices", Origin="https://evil.example") == 403


def test_public_health_does_not_tell_why(settings: Settings) -> None:
    with TestClient(create_app(settings, catalogue=CATALOGUE)) as client:
        answer = client.get("/health/ready")
    assert (answer.status_code, "checks" in answer.json()) == (503, False)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var_dir=tmp_path, models_dir=tmp_path / "models")
