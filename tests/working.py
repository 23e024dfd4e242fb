"""A worker that takes turns, in a thread with a loop and connections of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.conversations.sender import ChannelSender
from api.dispatcher import Dispatcher
from api.inbox.open import open_inbox
from api.metrics import WorkerMetrics
from api.phrases import PhraseBook
from api.ports import Transcriber
from api.turn import MessageReader, Turns
from api.whatsapp.client import WhatsAppClient
from api.whatsapp.policy import load_policy
from api.worker import Worker
from nlu.catalogue import shared_catalogue
from nlu.settings.settings import Settings
from tests.inbox.worker_fakes import FakeEngine


@contextmanager
def working(
    settings: Settings, engine: FakeEngine, transcriber: Transcriber | None = None
) -> Iterator[None]:
    """Real inbox, outbox and client; `engine` says what comes back."""
    stop = threading.Event()
    worker = threading.Thread(
        target=lambda: asyncio.run(take_turns(settings, engine, transcriber, stop))
    )
    worker.start()
    try:
        yield
    finally:
        stop.set()
        worker.join(10)
    assert not worker.is_alive()


async def take_turns(
    settings: Settings, engine: FakeEngine, transcriber: Transcriber | None, stop: threading.Event
) -> None:
    policy = load_policy(settings.data_dir / "whatsapp.yml")
    phrases = PhraseBook(shared_catalogue(settings.data_dir).phrases, "te")
    inbox, metrics = open_inbox(settings, policy), WorkerMetrics()
    whatsapp = WhatsAppClient(settings, policy)
    sender = ChannelSender(whatsapp)
    reader = MessageReader(inbox, sender, transcriber, max_chars=4096, max_audio_bytes=1 << 20)
    worker = Worker(
        inbox,
        inbox.outbox,
        Turns(engine, reader, inbox, phrases, policy),
        Dispatcher(inbox.outbox, sender, phrases, policy, metrics, doubt_s=5),
        sender,
        policy,
        metrics,
        name_citizen=lambda lane: "someone",
        lease_s=settings.lease_seconds,
    )
    stopped = asyncio.Event()
    turns = asyncio.create_task(worker.run(stopped))
    while not stop.is_set():
        await asyncio.sleep(0.02)
    stopped.set()
    await turns
    await whatsapp.close()
    await inbox.close()
