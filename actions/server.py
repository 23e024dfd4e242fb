"""The action server: rasa-sdk on loopback, callbacks and background tasks in the same loop."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actions.callbacks_server import CallbacksServer
    from actions.context import Context
    from actions.settings import ServerSettings


def actions_command(host: str, port: int) -> int:
    """Serves `actions.actions` until SIGTERM or Ctrl-C; the exit code."""
    from rasa_sdk.endpoint import create_app

    from actions.context import context
    from actions.settings import ServerSettings
    from nlu.slots import prepare
    from nlu.storage.keys import check_keys

    try:
        settings = ServerSettings.from_environment()
        check_keys()
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    here = context()  # a broken catalogue is reported at the start and not in a citizen's turn
    prepare(here.catalogue, here.today())
    app = create_app("actions.actions")
    try:
        _add_background(app, here, settings, _callbacks(here, settings))
    except ValueError as error:
        print(error, file=sys.stderr)
        return 1
    app.run(host=host, port=port, access_log=False, debug=False, motd=False)
    return 0


def _callbacks(here: Context, settings: ServerSettings) -> CallbacksServer | None:
    """Raises ValueError with what to do where the port is not free."""
    from actions.callbacks_server import CallbacksServer

    if not settings.callbacks_port:
        return None
    try:
        return CallbacksServer(here, settings.callbacks_host, settings.callbacks_port)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise ValueError(
            f"callbacks cannot be taken on {settings.callbacks_host}:{settings.callbacks_port} "
            f"({why}): set SEVA_CALLBACKS_PORT"
        ) from error


def _add_background(
    app: Any, here: Context, settings: ServerSettings, callbacks: CallbacksServer | None
) -> None:
    """Starts and stops with the server what it does besides: `TASKS` of `actions.background`."""
    from actions.background import Background, Workplace

    background = Background(Workplace(here, settings, here.notices, here.notices.language_of))

    @app.before_server_start
    async def start(*_: Any) -> None:
        if callbacks is not None:
            await callbacks.start()
        await background.start()

    @app.before_server_stop
    async def stop(*_: Any) -> None:
        if callbacks is not None:
            await callbacks.stop()
        await background.stop()
        await here.aclose()
