"""What becomes of replies that WhatsApp does not take at once."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from api.inbox.sqlite import SqliteInbox
from api.whatsapp.sender import (
    DocumentUnavailable,
    SendFailed,
    SendInDoubt,
    VoiceUnavailable,
)
from nlu.reply import Reply
from tests.inbox.worker_fakes import POLICY, Clock, FakeEngine, FakeWhatsApp, make_worker, message


class Bench:
    def __init__(self, store: SqliteInbox, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.engine, self.whatsapp = FakeEngine(), FakeWhatsApp()

    async def run(self, *texts: str, wait: float = 0) -> list[str]:
        self.clock.now += wait
        number = len(self.engine.heard)
        await self.store.put(
            [message(number + n, text, phone="91984") for n, text in enumerate(texts)]
        )
        await make_worker(self.store, self.engine, self.whatsapp, self.clock).drain()
        return self.whatsapp.texts()


@pytest.fixture
def bench(store: SqliteInbox, clock: Clock) -> Bench:
    return Bench(store, clock)


@pytest.mark.parametrize(("action", "wait"), [("retry", 2), ("wait", 4), ("alert", 300)])
async def test_refusal_is_tried_again_after_its_wait(
    bench: Bench, action: str, wait: float
) -> None:
    bench.whatsapp.troubles = [SendFailed(action, 1)]
    assert await bench.run("a", "b") == []
    assert await bench.run(wait=wait - 1) == []
    assert await bench.run(wait=1) == ["echo a", "echo b"]


async def test_other_citizens_do_not_wait(bench: Bench) -> None:
    bench.whatsapp.troubles = [SendFailed("wait", 131056)]
    await bench.store.put([message(1, "a"), message(2, "b", citizen="IN.2")])
    assert len(await bench.run()) == 1


async def test_retry_after_of_whatsapp_counts(bench: Bench) -> None:
    bench.whatsapp.troubles = [SendFailed("retry", 130429, retry_after=30)]
    await bench.run("a")
    assert await bench.run(wait=29) == []
    assert await bench.run(wait=1) == ["echo a"]


async def test_final_refusal_ends_it(bench: Bench) -> None:
    bench.whatsapp.troubles = [SendFailed("final", 131026)]
    assert await bench.run("a", "b") == ["echo b"]


async def test_closed_window_opens_with_the_next_message(bench: Bench) -> None:
    bench.whatsapp.troubles = [SendFailed("park", 131047)]
    assert await bench.run("a") == []
    assert await bench.run(wait=86400) == []
    assert await bench.run("b", wait=3600) == ["echo a", "echo b"]


async def test_old_reply_is_given_up(bench: Bench) -> None:
    bench.whatsapp.troubles = [SendFailed("retry", 131016)] * 2
    await bench.run("a")
    assert await bench.run(wait=POLICY.send_give_up_after + 1) == []
    assert await bench.run(wait=9999) == []
    assert (await bench.store.depth()).outgoing == 0


async def test_phone_number_is_tried_once(bench: Bench) -> None:
    bench.whatsapp.troubles = [SendFailed("phone", 131062)]
    assert await bench.run("a") == ["echo a"]
    assert bench.whatsapp.taken[0][1] == "91984"
    bench.whatsapp.troubles = [SendFailed("phone", 131062)] * 2
    assert await bench.run("b") == ["echo a"]


async def test_doubt_waits_for_a_status(bench: Bench) -> None:
    bench.whatsapp.troubles = [SendInDoubt("ReadTimeout")]
    assert await bench.run("a") == []
    assert await bench.run(wait=29) == []
    assert await bench.run(wait=1) == ["echo a"]


@dataclass(frozen=True)
class File:
    url: str = "http://127.0.0.1/x"
    filename: str = "x.pdf"


@dataclass(frozen=True)
class FileReply(Reply):
    document: File | None = File()  # type: ignore[assignment]


async def test_citizen_is_told_of_a_document_that_cannot_be_had(bench: Bench) -> None:
    bench.engine.answer = lambda text: [FileReply("ready")]
    bench.whatsapp.troubles = [DocumentUnavailable()] * 3
    await bench.run("a")
    await bench.run(wait=10)
    assert await bench.run(wait=10) == ["te:document_failed"]


async def test_a_voice_note_that_cannot_be_made_is_left_out(bench: Bench) -> None:
    """Its words were sent as text before; what comes after it goes on."""
    bench.whatsapp.troubles = [VoiceUnavailable()]
    assert await bench.run("a") == []
    assert await bench.run("b") == ["echo b"]
    assert await bench.run(wait=3600) == ["echo b"]
