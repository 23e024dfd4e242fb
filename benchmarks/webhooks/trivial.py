"""A server that reads a request, does nothing and says 200: what it takes is the sender's limit.

`python -m benchmarks.webhooks.trivial PORT`
"""

from __future__ import annotations

import asyncio
import sys

import uvloop

_ANSWER = b'HTTP/1.1 200 OK\r\ncontent-length: 15\r\n\r\n{"status":"ok"}'
_LINE = 1 << 22


async def _answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            lines = head.split(b"\r\n")
            length = next((int(one[15:]) for one in lines if one.startswith(b"content-length:")), 0)
            await reader.readexactly(length)
            writer.write(_ANSWER)
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()


async def _serve(port: int) -> None:
    server = await asyncio.start_server(_answer, "127.0.0.1", port, limit=_LINE)
    await server.serve_forever()


if __name__ == "__main__":
    loop = uvloop.new_event_loop()
    loop.run_until_complete(_serve(int(sys.argv[1])))
