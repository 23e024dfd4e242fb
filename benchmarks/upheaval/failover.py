"""The server that takes writes is lost for good, and its replica takes its place."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping

import sqlalchemy as sa

from benchmarks.upheaval.database import Node
from benchmarks.upheaval.supervisor import Supervisor

_LOOK_EVERY_S = 0.1


async def failed_over(supervisor: Supervisor, databases: Mapping[str, Node]) -> float:
    """Seconds from the loss until there is a replica again, for which commits wait. Raises
    RuntimeError where the replica does not take its place."""
    loop = asyncio.get_running_loop()
    lost, heir = await _roles(databases)
    began = time.monotonic()
    supervisor.hold(lost)
    databases[lost].put_away()
    await loop.run_in_executor(None, databases[heir].promote)
    supervisor.release(lost)  # without data it follows the other
    await _roles(databases)
    return time.monotonic() - began


async def _roles(databases: Mapping[str, Node]) -> tuple[str, str]:
    """The names of the server that takes writes and of its replica, once both answer."""
    loop = asyncio.get_running_loop()
    while True:
        follows: dict[bool | None, str] = {}
        for name, node in databases.items():
            follows[await loop.run_in_executor(None, _follows, node)] = name
        if follows.keys() == {False, True}:
            return follows[False], follows[True]
        await asyncio.sleep(_LOOK_EVERY_S)


def _follows(node: Node) -> bool | None:
    """None while it does not answer."""
    if not node.has_data or not node.answers:
        return None
    try:
        return node.follows
    except sa.exc.OperationalError:  # it dies just now
        return None
