"""A backend and its server: real HTTP, inbox and worker on both engines; a fake dialogue."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from api.app import create_app
from nlu.settings.api_keys_file import digest
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE
from tests.inbox.turn_bench import FakeTranscriber
from tests.inbox.worker_fakes import FakeEngine
from tests.postgres import empty
from tests.served import served
from tests.working import working

NAMES = {
    "bot": ["conversations"],
    "bank": ["conversations", "phones"],
    "other": ["conversations"],
    "parser": ["parse"],
    "client": ["parse", "services", "conversations"],
}


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer key of {name}"}


@dataclass
class Backend:
    """What a client sees, and what stands behind it."""

    url: str
    settings: Settings
    app: Any
    dialogue: FakeEngine
    speech: FakeTranscriber

    def client(self, name: str = "bot") -> httpx.Client:
        return httpx.Client(
            base_url=f"{self.url}/v1/conversations",
            headers=bearer(name),
            timeout=30,
            trust_env=False,
        )

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A worker answers meanwhile."""
        with working(self.settings, self.dialogue, self.speech):
            yield


def say(client: httpx.Client, conversation: str, number: int, wait: int = 20, **sent: Any) -> Any:
    """Posts a message, `text` unless something else is sent; the answer."""
    content = sent or {"text": f"text {number}"}
    return client.post(
        f"/{conversation}/messages",
        json={"id": f"m-{number}", **content},
        headers={"Prefer": f"wait={wait}"} if wait else {},
    )


def words(answer: httpx.Response) -> list[str]:
    return [reply["text"] for reply in answer.json()["replies"]]


@pytest.fixture(params=["sqlite", "postgres"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Backend]:
    more: dict[str, Any] = {}
    if request.param == "postgres":
        more["database_url"] = request.getfixturevalue("postgres")
        empty(more["database_url"])
    with serving(tmp_path, more) as found:
        yield found


@contextmanager
def serving(folder: Path, more: dict[str, Any]) -> Iterator[Backend]:
    file = folder / "keys.yml"
    entries = [
        {"name": name, "sha256": digest(f"key of {name}").hex(), "scopes": scopes}
        for name, scopes in NAMES.items()
    ]
    file.write_text(yaml.safe_dump(entries), "utf-8")
    settings = Settings(
        var_dir=folder, models_dir=folder / "models", api_keys_file=str(file), **more
    )
    app = create_app(settings, FakeUnderstanding(), FakeSpeech(), catalogue=CATALOGUE)
    with served(app) as url:
        yield Backend(url, settings, app, FakeEngine(spoken="te"), FakeTranscriber())
