"""Tasks beside the action server: begun, begun again after a failure, stopped."""

from __future__ import annotations

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from actions.citizens.handover import TABLES
from actions.server.background import Background, Workplace, forget_old
from nlu.settings import WrongEnvironment
from nlu.settings.settings import ActionsSettings
from nlu.storage.tables import IN_MEMORY, open_tables

PLACE: Any = None


async def test_tasks_run_until_they_are_stopped() -> None:
    seen: list[str] = []

    async def task(_: Workplace) -> None:
        try:
            seen.append("begun")
            await asyncio.Event().wait()
        finally:
            seen.append("over")

    background = Background(PLACE, (task, task))
    await background.start()
    await asyncio.sleep(0)
    assert seen == ["begun"] * 2
    await background.stop()
    assert seen == ["begun"] * 2 + ["over"] * 2


async def test_task_that_breaks_is_begun_again_and_others_go_on() -> None:
    tries, done = 0, asyncio.Event()

    async def breaks(_: Workplace) -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            done.set()
        raise OSError("disk full")

    async def works(_: Workplace) -> None:
        await done.wait()

    background = Background(PLACE, (breaks, works), again=0)
    await background.start()
    await asyncio.wait_for(done.wait(), 5)
    await background.stop()


async def test_what_is_over_is_forgotten(tmp_path: Path) -> None:
    forgotten: dict[str, float] = {}
    done = asyncio.Event()

    def forget_handovers(before: float) -> tuple[int, int]:
        forgotten["handovers"] = before
        loop.call_soon_threadsafe(done.set)
        return 2, 1

    loop = asyncio.get_running_loop()
    stores = SimpleNamespace(
        profiles=SimpleNamespace(forget=lambda before: forgotten.update(profiles=before)),
        handovers=SimpleNamespace(forget=forget_handovers, engine=open_tables(IN_MEMORY, TABLES)),
        usage=SimpleNamespace(forget=lambda before: forgotten.update(usage=before)),
    )
    journal = SimpleNamespace(forget=lambda before: forgotten.update(journal=before))
    ledger = SimpleNamespace(forget=lambda before: forgotten.update(ledger=before))
    here = SimpleNamespace(
        stores=stores,
        settings=SimpleNamespace(welcome=SimpleNamespace(days=1500 / 86400)),
        departments=SimpleNamespace(journal=journal),
        cashier=SimpleNamespace(lifecycle=SimpleNamespace(ledger=ledger)),
    )
    days = {"profiles": 1000, "handovers": 10, "writes": 2000, "payments": 3000}
    settings = ActionsSettings(
        var_dir=tmp_path,
        **{f"keep_{what}_days": seconds / 86400 for what, seconds in days.items()},
    )
    place: Any = SimpleNamespace(here=here, settings=settings)
    task = asyncio.create_task(forget_old(place))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    order = ["ledger", "journal", "usage", "profiles", "handovers"]
    assert sorted(forgotten, key=forgotten.__getitem__) == order


def test_settings_are_read_from_the_environment() -> None:
    found = ActionsSettings.read(
        {"SEVA_CALLBACKS_PORT": "0", "SEVA_NOTICES_URL": "http://x/notices"}
    )
    assert (found.callbacks_port, found.notices_address) == (0, "http://x/notices")
    assert found.kept("profiles") == 365 * 86400
    with pytest.raises(WrongEnvironment, match="SEVA_SETTLE_SECONDS: value is not a valid float"):
        ActionsSettings.read({"SEVA_SETTLE_SECONDS": "soon"})


def test_notices_go_to_the_internal_listener() -> None:
    assert ActionsSettings.read({}).notices_address == "http://127.0.0.1:8783/notices"
    moved = ActionsSettings.read({"SEVA_INTERNAL_PORT": "1005"})
    assert moved.notices_address == "http://127.0.0.1:1005/notices"
