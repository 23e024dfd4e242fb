"""What becomes of replies that WhatsApp does not take at once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import pytest

from api.dispatcher import Dispatcher
from api.inbox.store import StoredInbox
from api.metrics import WorkerMetrics
from api.phrases import PhraseBook
from api.whatsapp.outgoing import Draft, Outgoing
from api.whatsapp.sender import (
    DocumentUnavailable,
    SendFailed,
    SendInDoubt,
    VoiceUnavailable,
)
from nlu.turn import Reply
from tests.inbox.worker_fakes import (
    PHRASES,
    POLICY,
    Clock,
    FakeEngine,
    FakeWhatsApp,
    make_worker,
    message,
)


class Bench:
    def __init__(self, store: StoredInbox, clock: Clock) -> None:
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
def bench(store: StoredInbox, clock: Clock) -> Bench:
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
    assert await bench.run(wait=POLICY.retry.send.give_up_after + 1) == []
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


class Doubtful:
    """Replies whose sends stay in doubt, beside others that WhatsApp takes; it tells statuses at
    the times that it is told to."""

    def __init__(self, store: StoredInbox, clock: Clock) -> None:
        self.store, self.clock = store, clock
        self.whatsapp, self.metrics = FakeWhatsApp(), WorkerMetrics()
        self.told = 1.0
        self.delivery = Dispatcher(
            store.outbox,
            self.whatsapp,
            PhraseBook(PHRASES, "te"),
            POLICY,
            self.metrics,
            doubt_s=30,
            told_at=self.told_at,
            clock=clock,
        )
        self.sends: list[float] = []

    async def told_at(self) -> float:
        return self.told

    async def tell(self, text: str, citizen: str, *, taken: bool) -> None:
        await self.store.put([message(len(citizen), citizen=citizen)])
        (claim,) = await self.store.claim("w")
        await self.store.ack(claim, [Draft(Outgoing("text", text))])
        await self.go(taken=taken)

    async def go(self, seconds: float = 0, *, taken: bool = False) -> None:
        """What is due within the next seconds, one step of 10 s after the other."""
        until = self.clock.now + seconds
        while True:
            for parcel in await self.store.outbox.claim("w", 5):
                self.whatsapp.troubles = [] if taken else [SendInDoubt("HTTP 502")]
                await self.delivery.send(parcel)
                if not taken and not self.whatsapp.troubles:
                    self.sends.append(self.clock.now)
            if self.clock.now >= until:
                return
            self.clock.now += 10

    def count(self, outcome: str) -> float:
        return self.metrics.sends.labels(outcome)._value.get()


@pytest.fixture
def doubtful(store: StoredInbox, clock: Clock) -> Doubtful:
    return Doubtful(store, clock)


async def test_doubtful_sends_come_to_an_end(
    doubtful: Doubtful, caplog: pytest.LogCaptureFixture
) -> None:
    """They went on for as long as the answer was a 502: 400 times in 16 days."""
    await doubtful.tell("a", "IN.1", taken=False)
    await doubtful.go(POLICY.retry.doubt.give_up_after + 600)
    waits = [later - earlier for earlier, later in pairwise(doubtful.sends)]
    assert 5 < len(doubtful.sends) < 100
    assert waits == sorted(waits) and waits[0] < waits[-1]
    assert doubtful.count("given_up") == 1 and "reply_given_up" in caplog.text
    assert (await doubtful.store.depth()).outgoing == 0


async def test_nothing_is_repeated_while_whatsapp_tells_nothing(doubtful: Doubtful) -> None:
    """It took another message and told nothing of it: its webhook is down, so it tells nothing of
    this one either, which may have been taken."""
    await doubtful.tell("b", "IN.22", taken=True)
    doubtful.clock.now += 60
    await doubtful.tell("a", "IN.1", taken=False)
    await doubtful.go(600)
    assert len(doubtful.sends) == 1 and doubtful.count("doubt_waits") > 1
    doubtful.told = doubtful.clock.now  # it tells again, but not of this one
    await doubtful.go(300)
    assert len(doubtful.sends) == 2


async def test_a_silent_whatsapp_does_not_hold_up_a_citizen_for_long(doubtful: Doubtful) -> None:
    await doubtful.tell("b", "IN.22", taken=True)
    doubtful.clock.now += 60
    await doubtful.tell("a", "IN.1", taken=False)
    await doubtful.go(POLICY.retry.doubt.silent_give_up_after + 300)
    assert len(doubtful.sends) == 1 and doubtful.count("given_up") == 1


async def test_who_never_told_anything_is_not_silent(doubtful: Doubtful) -> None:
    """Statuses may not be subscribed to: then the reply is repeated rather than lost."""
    doubtful.told = 0.0
    await doubtful.tell("b", "IN.22", taken=True)
    doubtful.clock.now += 60
    await doubtful.tell("a", "IN.1", taken=False)
    await doubtful.go(600)
    assert len(doubtful.sends) > 2


@pytest.mark.parametrize("doubt_s", [10, 30, 300])
async def test_a_send_ends_before_its_lease(doubtful: Doubtful, doubt_s: float) -> None:
    delivery = Dispatcher(
        doubtful.store.outbox,
        doubtful.whatsapp,
        PhraseBook(PHRASES, "te"),
        POLICY,
        doubtful.metrics,
        doubt_s=doubt_s,
    )
    assert delivery._longest < 2 * doubt_s and delivery._longest <= POLICY.deadlines.send
