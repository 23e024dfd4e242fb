"""What `seva serve` and `seva worker` run."""

from __future__ import annotations

import asyncio
import signal
import sys


def serve_command(host: str | None = None, port: int | None = None) -> int:
    """Serves HTTP until it is stopped; the exit code."""
    import uvicorn

    from api.app import create_app
    from api.log import configure_logging
    from api.settings import Settings

    settings = Settings()
    configure_logging(settings.log_level)
    try:
        app = create_app(settings)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    uvicorn.run(
        app,
        host=host or settings.serve_host,
        port=port or settings.serve_port,
        loop="uvloop",
        http="httptools",
        ws="none",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=int(settings.shutdown_seconds) + 1,
    )
    return 0


def worker_command() -> int:
    """Answers messages until SIGTERM or Ctrl-C; the exit code."""
    from api.log import configure_logging
    from api.settings import Settings

    settings = Settings()
    configure_logging(settings.log_level)

    async def work() -> None:
        from api.worker_process import run_worker

        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        await run_worker(settings, stop)

    try:
        asyncio.run(work())
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0
