"""What a process is spared while it loads a release."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlu.live import Live
from nlu.paths import folder_in_use, reading
from nlu.registry import DATA, Release
from nlu.release_load import beside_turns, in_own_thread


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Nothing is left changed."""
    assert gc.isenabled()
    before = sys.getswitchinterval()
    yield
    assert gc.isenabled() and sys.getswitchinterval() == before


def is_spared() -> bool:
    return not gc.isenabled() and sys.getswitchinterval() < 0.001


@pytest.mark.parametrize("failure", [None, ValueError("broken")])
async def test_a_load_runs_without_the_collector_and_lets_others_in(
    failure: Exception | None,
) -> None:
    """Also one that fails; afterwards all is as it was."""
    seen: list[bool] = []

    async def load(release: Release) -> str:
        seen.append(await in_own_thread(is_spared))
        if failure:
            raise failure
        return release.id

    live = Live(lambda: Release(Path("m1"), Path("m1") / DATA), load)
    await live.look()
    assert seen == [True] and bool(live.trouble) == bool(failure)


def test_loads_may_overlap() -> None:
    with beside_turns():
        with beside_turns():
            assert is_spared()
        assert is_spared()


async def test_work_in_its_thread_reads_the_data_of_who_began_it(tmp_path: Path) -> None:
    with reading(tmp_path):
        assert await in_own_thread(folder_in_use) == tmp_path
    with pytest.raises(ZeroDivisionError):
        await in_own_thread(lambda: 1 / 0)


def test_a_loop_ends_though_the_work_does_not(request: pytest.FixtureRequest) -> None:
    """`asyncio.run` waits for the threads of its executor, and for no others."""
    begun, never = threading.Event(), threading.Event()
    request.addfinalizer(never.set)

    def work() -> None:
        begun.set()
        never.wait()

    async def main() -> None:
        task = asyncio.create_task(in_own_thread(work))
        await asyncio.to_thread(begun.wait)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(main())
    assert not never.is_set()
