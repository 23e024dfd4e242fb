"""`seva serve` as it is, but with fakes behind it: no model, ready at once."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Any

from api.app import create_app
from api.processes import listen
from api.roles import serve_app
from nlu.catalogue import shared_catalogue
from nlu.log import configure_logging
from nlu.settings.settings import ServeSettings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding

SLOW, ASKED, GO = "slowly", "asked", "go"
"""A text that is understood once there is a file `go`; there is a file `asked` before."""


class Understanding(FakeUnderstanding):
    """A text may take its time."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.folder = folder

    async def parse(
        self, text: str, language: str | None = None, client: str = ""
    ) -> dict[str, Any]:
        if text == SLOW:
            (self.folder / ASKED).touch()
            while not (self.folder / GO).exists():
                await asyncio.sleep(0.02)
        return await super().parse(text, language, client)


def main(port: int, internal_port: int, folder: str, drain_seconds: float) -> int:
    """Serves until SIGTERM; the exit code."""
    configure_logging("INFO")
    settings = ServeSettings(
        var_dir=folder,
        serve_port=port,
        internal_port=internal_port,
        drain_seconds=drain_seconds,
        api_keys="right-key",
    )
    inside = listen("127.0.0.1", internal_port)
    fakes = Understanding(Path(folder)), FakeSpeech()
    app = create_app(settings, *fakes, catalogue=shared_catalogue(Path("data")), internal=inside)
    return serve_app(app, settings)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4])))
