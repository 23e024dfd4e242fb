"""A delivery is never read further than its sender may write."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from actions.departments.definition import load_departments
from actions.departments.delivery import Delivery, Verdict, delivery_route
from actions.departments.directory import DepartmentDirectory

DATA = Path(__file__).resolve().parents[2] / "data" / "departments"
PIECE = b"x" * 65536


class Endless:
    """A body without an end; `read` counts what was taken of it."""

    def __init__(self) -> None:
        self.read = 0

    async def pieces(self) -> AsyncIterator[bytes]:
        while self.read < 1 << 26:
            self.read += len(PIECE)
            yield PIECE


@pytest.mark.parametrize(("sender", "status"), [("energy", 413), ("nobody", 404)])
async def test_endless_body_is_not_read_to_its_end(sender: str, status: int) -> None:
    departments = DepartmentDirectory(load_departments(DATA, {}))
    reached: list[Delivery] = []

    async def receive(name: str, delivery: Delivery) -> Verdict:
        reached.append(delivery)
        return "unknown_department"

    app = Starlette(routes=[delivery_route("/callbacks/{sender}", departments, receive)])
    body = Endless()
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://seva") as client:
        answer = await client.post(f"/callbacks/{sender}", content=body.pieces())
    assert answer.status_code == status
    assert body.read <= (1 << 20) + len(PIECE)
    assert [one.body for one in reached] == ([b""] if sender == "nobody" else [])
