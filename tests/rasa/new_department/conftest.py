"""Everything that serves the department which `tests/rasa/conftest.py` dropped in."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from nlu.turn import Message
from tests.processes import ACTIONS_SECRET, ROOT, free_port, seva
from tests.rasa.conftest import LIBRARY_KEY
from tests.rasa.new_department.described_server import DescribedServer
from tests.served import served

(SECRET,) = LIBRARY_KEY.values()


@dataclass(frozen=True)
class LibraryTown:
    """What a conversation needs."""

    engine: Any
    loop: asyncio.AbstractEventLoop
    library: DescribedServer
    documents: str

    def turn(self, text: str, sender: str, number: int, *, tapped: bool = False) -> list[Any]:
        """One turn of dialogue."""
        message = Message(text, sender, f"{sender}:{number}", tapped=tapped)
        found: list[Any] = self.loop.run_until_complete(self.engine.turn(message))
        return found


def command(*arguments: str, environment: Mapping[str, str]) -> str:
    """What `seva ...` prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "nlu.cli", *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


@pytest.fixture(scope="session")
def library_town(one_more: Path, trained: Path) -> Iterator[LibraryTown]:
    """The library's server, the action server, the documents, and the engine."""
    from benchmarks.talk.conversations import Conversations
    from nlu.action_address import ActionAddress
    from nlu.engine.action_endpoint import ActionEndpoint
    from nlu.engine.rasa_engine import Engine
    from nlu.registry import live_release

    data, folder, loop = one_more, one_more.parent, asyncio.new_event_loop()
    library = DescribedServer(data / "departments" / "openapi" / "library.yml", SECRET)
    actions, documents = free_port(), free_port()
    with served(library.app()) as address:
        variables = {
            "SEVA_DATA_DIR": str(data),
            "SEVA_VAR_DIR": str(folder / "var"),
            "SEVA_DOCUMENTS_URL": f"http://127.0.0.1:{documents}",
            "SEVA_DEPARTMENT_LIBRARY_URL": address.replace("localhost", "127.0.0.1"),
            **LIBRARY_KEY,
        }
        command("documents", "keys", "rotate", "library", environment=variables)
        with (
            seva("documents serve", "/health", documents, variables, folder / "documents.log"),
            seva("actions", "/health", actions, variables, folder / "actions.log"),
        ):
            loading = Engine.load(
                live_release(trained).model,
                actions=ActionEndpoint(
                    ActionAddress.of(f"http://127.0.0.1:{actions}", Path()), ACTIONS_SECRET
                ),
                data_dir=data,
            )
            engine = loop.run_until_complete(loading)
            yield LibraryTown(Conversations(engine), loop, library, variables["SEVA_DOCUMENTS_URL"])
    loop.close()
