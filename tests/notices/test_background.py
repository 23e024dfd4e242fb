"""Tasks beside the action server: begun, begun again after a failure, stopped."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from actions.background import Background, Workplace, forget_old
from actions.settings import ServerSettings

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


async def test_old_profiles_and_handovers_are_forgotten() -> None:
    forgotten: dict[str, float] = {}
    done = asyncio.Event()

    def forget_handovers(before: float) -> tuple[int, int]:
        forgotten["handovers"] = before
        loop.call_soon_threadsafe(done.set)
        return 2, 1

    loop = asyncio.get_running_loop()
    stores = SimpleNamespace(
        profiles=SimpleNamespace(forget=lambda before: forgotten.update(profiles=before)),
        handovers=SimpleNamespace(forget=forget_handovers),
    )
    settings = ServerSettings(keep_profiles=1000, keep_handovers=10)
    place: Any = SimpleNamespace(here=SimpleNamespace(stores=stores), settings=settings)
    task = asyncio.create_task(forget_old(place))
    await asyncio.wait_for(done.wait(), 5)
    task.cancel()
    assert 980 < forgotten["handovers"] - forgotten["profiles"] < 1000


def test_settings_are_read_from_the_environment() -> None:
    found = ServerSettings.from_environment(
        {"SEVA_CALLBACKS_PORT": "0", "SEVA_NOTICES_URL": "http://x/notices"}
    )
    assert (found.callbacks_port, found.notices_url) == (0, "http://x/notices")
    assert found.keep_profiles == 365 * 86400
    with pytest.raises(ValueError, match="float"):
        ServerSettings.from_environment({"SEVA_SETTLE_SECONDS": "soon"})


def test_defaults_are_those_that_are_documented() -> None:
    from api.settings import Settings

    here, documented = ServerSettings(), Settings(_env_file=None)
    assert here.callbacks_host == documented.callbacks_host
    assert here.callbacks_port == documented.callbacks_port
    assert here.notices_url == documented.notices_url
    assert here.notices_key == documented.notices_key
    assert here.settle_every == documented.settle_seconds
    assert here.keep_writes == documented.keep_writes_days * 86400
    assert here.keep_profiles == documented.keep_profiles_days * 86400
    assert here.keep_handovers == documented.keep_handovers_days * 86400
