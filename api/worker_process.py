"""Puts a worker together from the settings and runs it."""

from __future__ import annotations

import asyncio
from typing import Any

from api.canary import CanaryEngine, TurnReleases, serving_engines
from api.conversations.sender import ChannelSender
from api.dispatcher import Dispatcher
from api.heartbeat import HealthServer, Heartbeat
from api.inbox.open import open_inbox
from api.live_engine import LiveEngine
from api.metrics import WorkerMetrics
from api.review.pick import Pick
from api.shadow.feed import Feed
from api.turn import MessageReader, Turns
from api.whatsapp.client import WhatsAppClient
from api.whatsapp.pace import Pace
from api.whatsapp.policy import load_policy
from api.worker import Worker
from nlu.daily_counts import FILE as COUNTS
from nlu.daily_counts import DailyCounts, Tally
from nlu.log import citizen_hash, get_logger
from nlu.settings.settings import WorkerSettings
from nlu.speech.pool import HearingPool
from nlu.speech.speaker import Speaker
from nlu.speech.synthesis import SynthesisError

log = get_logger(__name__)


def _speaker(settings: WorkerSettings) -> Speaker | None:
    """Voices for replies, where they are switched on; a missing one is told and left out."""
    if not settings.spoken_replies:
        return None
    try:
        speaker = Speaker()
    except SynthesisError as error:
        raise ValueError(str(error)) from error
    for language, why in speaker.missing.items():
        log.error("voice_missing", language=language, error=why)
    return speaker


def hearing_pool(settings: WorkerSettings, waiting: int) -> HearingPool | None:
    """Who hears voice notes; None for a worker that takes none."""
    if settings.worker_only == "text":
        return None
    return HearingPool(settings.hearing_processes, waiting)


async def run_worker(settings: WorkerSettings, stop: asyncio.Event) -> None:
    """Works until `stop` is set. Raises OSError or ValueError if it cannot begin."""
    engine, canary = serving_engines(settings, dialogue=True)
    releases = TurnReleases(engine, canary)
    policy = load_policy(engine.catalogue().root / "whatsapp.yml")
    phrases = engine.phrases
    keepers: list[asyncio.Task[Any]] = []
    inbox = open_inbox(settings, policy)
    speaker = _speaker(settings)
    whatsapp = WhatsAppClient(settings, policy, speaker=speaker, pace=Pace.of(settings))
    sender = ChannelSender(whatsapp)
    metrics = WorkerMetrics()
    tally = Tally(lambda: DailyCounts(settings.table_url(COUNTS)), settings.zone)
    heartbeat = Heartbeat(settings.hang_seconds, only=settings.worker_only)
    voices = settings.hearing_processes + 1  # one is answered while the next is heard
    pool = hearing_pool(settings, waiting=voices)
    reader = MessageReader(
        inbox,
        sender,
        pool,
        max_chars=settings.max_text_chars,
        max_audio_bytes=settings.max_audio_bytes,
    )
    feed = None
    if settings.shadow_percent and settings.keep_review_days:  # differences are read there
        feed = Feed(settings.shadow_percent, inbox.candidate)
    worker = Worker(
        inbox,
        inbox.outbox,
        Turns(
            engine,
            reader,
            inbox,
            phrases,
            policy,
            spoken=speaker.languages if speaker else frozenset(),
            one_release=releases.one_release,
            pick=Pick.of(settings.review_percent) if settings.keep_review_days else None,
            feed=feed,
        ),
        Dispatcher(
            inbox.outbox,
            sender,
            phrases,
            policy,
            metrics,
            doubt_s=settings.doubt_seconds,
            told_at=inbox.told_at,
            clock=inbox.now,
        ),
        sender,
        policy,
        metrics,
        name_citizen=citizen_hash(settings.log_key or settings.whatsapp_app_secret),
        concurrency=settings.worker_concurrency,
        voices=voices,
        only=settings.worker_only,
        lease_s=settings.lease_seconds,
        shutdown_s=settings.shutdown_seconds,
        keep_s=settings.keep_days * 86400,
        idle_s=settings.keep_trackers_days * 86400,
        review_s=settings.keep_review_days * 86400,
        heartbeat=heartbeat,
        tally=tally,
        model_of=releases.model_of,
    )
    metrics.vitals.ask(lambda: heartbeat.is_ready)
    health: HealthServer | None = None
    if settings.worker_metrics_port:
        at = settings.worker_metrics_host, settings.worker_metrics_port
        health = HealthServer(heartbeat, metrics.registry, *at)
    try:
        keepers.append(asyncio.create_task(_watch(engine, canary, heartbeat, metrics)))
        keepers.append(asyncio.create_task(engine.keep()))
        keepers.append(asyncio.create_task(canary.keep()))
        keepers.append(asyncio.create_task(tally.keep()))
        if feed is not None:
            keepers.append(asyncio.create_task(feed.keep()))
        while not engine.is_ready and not stop.is_set():  # messages wait rather than fail
            await asyncio.sleep(0.2)
        log.info("worker_started", only=settings.worker_only or None)
        await worker.run(stop)
    finally:
        for keeper in keepers:
            keeper.cancel()
        if health is not None:
            health.close()
        if pool is not None:
            await pool.close()
        await engine.close()
        await whatsapp.close()
        await inbox.close()
        await asyncio.to_thread(tally.flush)
        log.info("worker_stopped")


async def _watch(
    engine: LiveEngine, canary: CanaryEngine, heartbeat: Heartbeat, metrics: WorkerMetrics
) -> None:
    """Beats while the model loads, and tells what is wrong with it, or with the canary."""
    while True:
        heartbeat.trouble("model", engine.trouble, stops=not engine.is_ready)
        heartbeat.trouble("canary", canary.trouble, stops=False)
        heartbeat.beat()
        metrics.vitals.show_model(engine.release.model_id if engine.release else "")
        metrics.show_canary(canary.wanted, answers=canary.percent > 0)
        await asyncio.sleep(0.5)
