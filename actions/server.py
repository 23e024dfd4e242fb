"""The action server: rasa-sdk on loopback, callbacks and background tasks in the same loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from actions.context import Context


def actions_command(host: str, port: int) -> None:
    """Serves `actions.actions` until SIGTERM or Ctrl-C."""
    from rasa_sdk.endpoint import create_app

    from actions.context import context
    from nlu.slots import prepare

    here = context()  # a broken catalogue is reported at the start and not in a citizen's turn
    prepare(here.catalogue, here.today())
    app = create_app("actions.actions")
    _add_background(app, here)
    app.run(host=host, port=port, access_log=False, debug=False, motd=False)


def _add_background(app: Any, here: Context) -> None:
    """Starts and stops with the server what it does besides: `TASKS` of `actions.background`."""
    from actions.background import Background, Workplace
    from actions.callbacks_server import CallbacksServer
    from actions.notices_client import NoticesClient
    from actions.settings import ServerSettings

    settings = ServerSettings.from_environment()
    notices = NoticesClient(settings.notices_url, settings.notices_key)
    background = Background(Workplace(here, settings, notices, notices.language_of))
    callbacks = CallbacksServer(here, settings.callbacks_host, settings.callbacks_port)

    @app.before_server_start
    async def start(*_: Any) -> None:
        if settings.callbacks_port:
            await callbacks.start()
        await background.start()

    @app.before_server_stop
    async def stop(*_: Any) -> None:
        await callbacks.stop()
        await background.stop()
        await notices.close()
        await here.cashier.aclose()
        await here.departments.aclose()
