"""The action server: Rasa's actions, callbacks of departments and background tasks in one loop."""

from __future__ import annotations

import asyncio
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from nlu.catalogue import CatalogueError
from nlu.log import configure_logging, get_logger
from nlu.trace.export import exported

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

    from starlette.types import ASGIApp, Receive, Scope, Send

    from actions.desk.place import Desk
    from actions.server.context import Context
    from actions.server.listener import Listener
    from actions.server.releases import Releases
    from nlu.settings.settings import ActionsSettings

log = get_logger(__name__)
_SERVICE = "seva-actions"
_THREADS = 32
"""For dialogue steps, stores and documents, which wait for disks more than they compute."""


def actions_command(settings: ActionsSettings, port: int | None = None) -> int:
    """Serves `actions.actions` until SIGTERM or Ctrl-C; the exit code. `port`: over TCP on this
    machine instead of where SEVA_ACTION_SERVER_URL says."""
    from nlu.storage.keys import check_keys

    try:
        check_keys()
        configure_logging(settings.log_level)
        url = None if port is None else f"http://127.0.0.1:{port}"
        settings = settings.but({"action_server_url": url})
        with ExitStack() as ends, exported(_SERVICE, settings.traces_ratio):
            asyncio.run(_serve(settings, _sockets(settings, ends)))
    except (OSError, ValueError, CatalogueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _sockets(settings: ActionsSettings, ends: ExitStack) -> dict[str, socket.socket]:
    """All that is listened on, taken before anything slow is loaded. Raises ValueError."""
    from actions.server.listener import file_socket, tcp_socket

    at = settings.action_address
    where = "SEVA_ACTION_SERVER_URL"
    taken = (
        tcp_socket(at.host, at.port, where) if at.socket is None else file_socket(at.socket, where)
    )
    sockets = {"webhook": ends.enter_context(taken)}
    if settings.callbacks_port:
        sockets["callbacks"] = ends.enter_context(
            tcp_socket(settings.callbacks_host, settings.callbacks_port, "SEVA_CALLBACKS_PORT")
        )
    if settings.actions_metrics_port:
        sockets["metrics"] = ends.enter_context(
            tcp_socket(
                settings.actions_metrics_host,
                settings.actions_metrics_port,
                "SEVA_ACTIONS_METRICS_PORT",
            )
        )
    return sockets


async def _serve(settings: ActionsSettings, sockets: dict[str, socket.socket]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    loop.set_default_executor(ThreadPoolExecutor(_THREADS, thread_name_prefix="work"))

    from actions.server.background import Background, Workplace
    from actions.server.callbacks_app import callbacks_app
    from actions.server.releases import Releases

    releases = Releases()
    begun = asyncio.create_task(releases.begin())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({begun, stopped}, return_when=asyncio.FIRST_COMPLETED)
    if not begun.done():
        begun.cancel()
        return
    await begun  # a broken release is reported at the start, not in a citizen's turn
    callbacks = _Latest()
    at_work: list[Background] = []

    async def moved(here: Context) -> None:
        """What works besides the turns goes on with this release."""
        callbacks.app = callbacks_app(here)
        while at_work:
            await at_work.pop().stop()
        with releases.of_turn():
            background = Background(
                Workplace(here, settings, here.notices, here.notices.language_of)
            )
            await background.start()
        at_work.append(background)

    callbacks.app = callbacks_app(releases.live)
    listeners = _listeners(releases, callbacks, settings, sockets)
    for listener in listeners:
        await listener.start()
    await moved(releases.live)
    releases.moved = moved
    following = asyncio.create_task(releases.keep())
    log.info("listening", address=str(settings.action_address), release=releases.live.release.id)
    await stopped
    following.cancel()
    for listener in listeners:
        await listener.stop()
    await asyncio.gather(following, return_exceptions=True)
    for background in at_work:
        await background.stop()
    await releases.close()


class _Latest:
    """Hands each request to the application of the release that is live then."""

    app: ASGIApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


def _listeners(
    releases: Releases,
    callbacks: ASGIApp,
    settings: ActionsSettings,
    sockets: dict[str, socket.socket],
) -> list[Listener]:
    from rasa_sdk.executor import ActionExecutor

    from actions.desk.routes import DeskRoutes
    from actions.reports.app import Reporter, reports_app
    from actions.reports.figures import Sources
    from actions.server.listener import Listener
    from actions.server.metrics import look, metrics_app
    from actions.server.webhook import webhook_app
    from actions.transparency.console_entries import console_entries_app
    from actions.transparency.published import PublishedLog
    from nlu.action_address import CONSOLE_LOG, CONSOLE_REPORTS, DESK

    def event_log() -> PublishedLog:
        return releases.live.resources.press.open().event_log.log

    @contextmanager
    def in_desk() -> Iterator[Desk]:
        with releases.of_turn() as here:
            yield here.desk

    reporter = Reporter(lambda: Sources.of(settings), lambda: releases.live.catalogue)
    executor = ActionExecutor()
    executor.register_package("actions.actions")
    apps = {
        "webhook": webhook_app(
            executor,
            lambda: releases.live.health(),
            settings.action_address,
            settings.actions_secret,
            settings.action_bytes,
            settings.action_seconds,
            releases,
            inside={
                CONSOLE_LOG: console_entries_app(event_log),
                DESK: DeskRoutes(in_desk).app(),
                CONSOLE_REPORTS: reports_app(reporter),
            },
        ),
        "callbacks": callbacks,
        "metrics": metrics_app(settings.actions_metrics_host, lambda: look(releases.live)),
    }
    return [Listener(apps[name], taken) for name, taken in sockets.items()]
