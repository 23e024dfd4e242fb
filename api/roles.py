"""What the roles `serve` and `worker` run."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from nlu.catalogue import CatalogueError
from nlu.trace.export import exported

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

    from fastapi import FastAPI

    from nlu.settings.settings import ServeSettings, WorkerSettings

_SERVE, _WORKER = "seva-serve", "seva-worker"
CANNOT_START = 3  # the exit code that uvicorn uses for it
_LAST_STEPS = 5.0  # seconds in which a process that has finished its requests ends


def serve_command(
    settings: ServeSettings,
    host: str | None = None,
    port: int | None = None,
    processes: int | None = None,
) -> int:
    """Serves HTTP until it is stopped; the exit code. What is given wins over the settings;
    `processes` 0 means one per core."""
    from nlu.log import configure_logging

    given = {"serve_host": host, "serve_port": port, "processes": processes}
    settings = settings.but(given)
    configure_logging(settings.log_level)
    count = settings.processes or len(os.sched_getaffinity(0))
    try:
        _check_ports(settings)
        if count > 1:
            return _serve_together(settings, count)
        with exported(_SERVE, settings.traces_ratio):
            return _serve_alone(settings)
    except (OSError, ValueError, CatalogueError) as error:
        print(error, file=sys.stderr)
        return 1


def worker_command(settings: WorkerSettings) -> int:
    """Answers messages until SIGTERM or Ctrl-C; the exit code."""
    from nlu.log import configure_logging

    configure_logging(settings.log_level)

    async def work() -> None:
        from api.worker_process import run_worker

        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        await run_worker(settings, stop)

    try:
        with exported(_WORKER, settings.traces_ratio):
            asyncio.run(work())
    except (OSError, ValueError, CatalogueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _serve_alone(settings: ServeSettings) -> int:
    """In this process. It listens at once, so that webhooks are taken while the model loads."""
    from api.app import create_app

    return serve_app(create_app(settings, internal=_internal(settings)), settings)


def listeners(settings: ServeSettings) -> list[socket.socket]:
    """The public socket, and the internal one unless it is switched off."""
    from api.processes import listen

    internal = _internal(settings)
    return [listen(settings.serve_host, settings.serve_port), *([internal] if internal else [])]


def _internal(settings: ServeSettings) -> socket.socket | None:
    from api.processes import listen

    inside = settings.internal_host, settings.internal_port
    return listen(*inside) if settings.internal_port else None


def serve_app(
    app: FastAPI,
    settings: ServeSettings,
    sock: socket.socket | None = None,
    life: Connection | None = None,
) -> int:
    """Serves an application of `create_app` until SIGTERM or Ctrl-C; the exit code. One of several
    processes is given its socket, and the line to the supervisor."""
    import uvicorn

    from api.drain import DrainingServer
    from api.processes import end_with
    from api.routes.health import is_ready, say_unready

    state = app.state.runtime

    async def tell_supervisor() -> None:
        if life is not None:
            life.send(await is_ready(state))

    config = uvicorn.Config(
        app,
        host=settings.serve_host,
        port=settings.serve_port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=int(settings.shutdown_seconds) + 1,
    )
    server = DrainingServer(
        config,
        settings.drain_seconds,
        state.drain,
        unready=partial(say_unready, state),
        alone=life is None,
        started=tell_supervisor,
    )
    if life is not None:
        end_with(life, server.hand_over)
    with suppress(KeyboardInterrupt):
        server.run([sock] if sock else None)
    return 0 if server.started else CANNOT_START


def _check_ports(settings: ServeSettings) -> None:
    """Raises OSError, which names the variable, where another server has one of the ports."""
    from api.processes import check_free

    for name in ("serve", "internal"):
        host, port = getattr(settings, f"{name}_host"), getattr(settings, f"{name}_port")
        try:
            check_free(host, port)
        except OSError as error:
            why = os.strerror(error.errno or 0)
            variable = f"SEVA_{name.upper()}_PORT"
            raise OSError(f"cannot listen on {host}:{port} ({why}): set {variable}") from error


def _serve_together(settings: ServeSettings, count: int) -> int:
    from api.inbox.open import open_inbox
    from api.live_engine import starting_release
    from api.processes import Processes, share_counts
    from api.whatsapp.policy import load_policy
    from nlu.catalogue import load_catalogue

    release = starting_release(settings)
    load_catalogue(release.data)  # says what is wrong once, not once for each process
    inbox = open_inbox(settings, load_policy(release.data / "whatsapp.yml"))
    asyncio.run(inbox.close())  # the file is there, in WAL mode, before several open it
    share_counts(settings.var_dir / "counts")
    os.environ["SEVA_SERVE_HOST"] = settings.serve_host
    os.environ["SEVA_SERVE_PORT"] = str(settings.serve_port)
    stop_s = settings.drain_seconds + settings.shutdown_seconds + _LAST_STEPS
    return Processes(count, serve_one, partial(listeners, settings), stop_s).run()


def serve_one(load_first: bool, life: Connection, sockets: Sequence[socket.socket]) -> None:
    """One of several processes; its settings are those of the supervisor, by the environment. With
    `load_first` it listens once the model is loaded."""
    from api.app import create_app
    from nlu.log import configure_logging
    from nlu.settings.settings import ServeSettings

    settings = ServeSettings.read()
    configure_logging(settings.log_level)
    public, *internal = sockets
    with exported(_SERVE, settings.traces_ratio):
        inside = internal[0] if internal else None
        app = create_app(settings, load_first=load_first, internal=inside)
        code = serve_app(app, settings, public, life)
    sys.exit(code)
