"""The action server: rasa-sdk on loopback."""

from __future__ import annotations


def actions_command(host: str, port: int) -> None:
    """Serves `actions.actions` until SIGTERM or Ctrl-C."""
    import asyncio
    import signal

    from rasa_sdk.endpoint import create_app

    from actions.context import context

    context()  # a broken catalogue is reported at the start and not in a citizen's turn
    app = create_app("actions.actions")

    async def serve() -> None:
        server = await app.create_server(
            host=host, port=port, return_asyncio_server=True, access_log=False
        )
        await server.startup()
        loop = asyncio.get_running_loop()
        stopped = asyncio.Event()
        for sign in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(sign, stopped.set)
        await stopped.wait()
        server.close()
        await server.wait_closed()

    asyncio.run(serve())
