"""The worker is killed at every seam: every message is answered exactly once, in order."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.inbox.worker_fakes import (
    POLICY,
    Bomb,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    Killed,
    make_worker,
    message,
    open_store,
)

MESSAGES = [
    message(1, "a"),
    message(2, "b"),
    message(3, "c", citizen="IN.2"),
    message(4, "d"),
]


SEAMS = 55  # more than four messages pass


async def live_through(
    folder: Path, kills: list[int], *, statuses: bool = True
) -> tuple[FakeWhatsApp, list[str | None], bool]:
    """Delivers the messages; process n dies at the seam `kills[n]`, the last one lives. What
    WhatsApp took, the trackers at the end, and whether anything died."""
    trackers: list[str | None] = []
    clock, engine, whatsapp = Clock(), FakeEngine(), FakeWhatsApp()
    exploded = False
    for at in [*kills, None]:
        store = open_store(folder / "inbox.sqlite", clock)
        await store.put(MESSAGES)  # WhatsApp delivers again whenever it is unsure
        if statuses:
            await store.put([], whatsapp.statuses())
        for _ in range(8):
            try:
                bomb = Bomb(at)
                await make_worker(store, engine, whatsapp, clock, bomb=bomb).drain()
            except Killed:
                exploded = True
                break
            clock.now += 20  # waits and leases run out
        await asyncio.sleep(0)
        lanes = (MESSAGES[0].lane, MESSAGES[2].lane)
        trackers = [await store.tracker(lane) for lane in lanes]
        await store.close()
        clock.now += 61
    return whatsapp, trackers, exploded


def check(whatsapp: FakeWhatsApp, trackers: list[str | None]) -> None:
    texts = whatsapp.texts()
    assert sorted(texts) == ["echo a", "echo b", "echo c", "echo d"]
    assert [t for t in texts if t != "echo c"] == ["echo a", "echo b", "echo d"]
    assert trackers == ["3", "1"]  # a turn that was cut short has left no trace


async def test_undisturbed(tmp_path: Path) -> None:
    whatsapp, trackers, exploded = await live_through(tmp_path, [])
    assert not exploded
    check(whatsapp, trackers)


@pytest.mark.parametrize("at", range(1, SEAMS))
async def test_killed_once_at_each_seam(tmp_path: Path, at: int) -> None:
    whatsapp, trackers, _ = await live_through(tmp_path, [at])
    check(whatsapp, trackers)


@pytest.mark.parametrize("pair", [(n, m) for n in range(2, SEAMS, 6) for m in range(1, 40, 5)])
async def test_killed_twice(tmp_path: Path, pair: tuple[int, int]) -> None:
    whatsapp, trackers, _ = await live_through(tmp_path, list(pair))
    check(whatsapp, trackers)


async def test_every_seam_was_reached(tmp_path: Path) -> None:
    clock, bomb = Clock(), Bomb()
    store = open_store(tmp_path / "inbox.sqlite", clock)
    await store.put(MESSAGES)
    await make_worker(store, FakeEngine(), FakeWhatsApp(), clock, bomb=bomb).drain()
    await store.close()
    assert set(bomb.passed) >= {
        f"{when} {step}"
        for when in ("before", "after")
        for step in ("claim", "turn", "ack", "send", "sent")
    }
    assert len(bomb.passed) < SEAMS


async def test_message_that_kills_every_worker_is_given_up(tmp_path: Path) -> None:
    clock, engine, whatsapp = Clock(), FakeEngine(), FakeWhatsApp()
    store = open_store(tmp_path / "inbox.sqlite", clock)
    await store.put([message(1, "poison"), message(2, "b")])
    for _ in range(POLICY.retry.turn.deaths + 1):
        with pytest.raises(Killed):
            await make_worker(store, engine, whatsapp, clock, bomb=Bomb(3)).drain()
        clock.now += 61
    await make_worker(store, engine, whatsapp, clock).drain()
    await store.close()
    assert whatsapp.texts() == ["te:internal_error", "echo b"]


async def test_doubtful_send_without_any_status_is_sent_again(tmp_path: Path) -> None:
    """Nothing is lost when WhatsApp stays silent; the price is at most one repetition."""
    most = 0
    for at in range(1, SEAMS, 2):
        folder = tmp_path / str(at)
        folder.mkdir()
        whatsapp, _, _ = await live_through(folder, [at], statuses=False)
        assert {f"echo {text}" for text in "abcd"} == set(whatsapp.texts())
        most = max(most, len(whatsapp.texts()))
    assert most > 4
