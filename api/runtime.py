"""What the routes of one application share."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from starlette.requests import Request

from api.api_keys import ApiKeys
from api.inbox.port import Inbox
from api.log import describe, get_logger
from api.metrics import Metrics
from api.ports import Engine, Transcriber
from api.problems import Problem
from api.settings import Settings
from api.whatsapp.policy import WhatsAppPolicy
from nlu.catalogue import Catalogue

log = get_logger(__name__)


@dataclass
class Runtime:
    """Made by `create_app`; `inbox` is there once the application has started."""

    settings: Settings
    policy: WhatsAppPolicy
    catalogue: Catalogue
    engine: Engine
    keys: ApiKeys
    metrics: Metrics
    transcriber: Transcriber | None = None
    inbox: Inbox | None = None
    _loading: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def speech(self) -> Transcriber:
        """The transcriber, loaded when it is first needed: most servers never hear a voice."""
        async with self._loading:
            if self.transcriber is None:
                try:
                    self.transcriber = await asyncio.to_thread(_load_transcriber)
                except Exception as error:
                    log.error("speech_not_loaded", error=describe(error))
                    raise Problem("speech-not-ready") from None
        return self.transcriber


def runtime(request: Request) -> Runtime:
    """The runtime of the application that serves the request."""
    found: Runtime = request.app.state.runtime
    return found


def _load_transcriber() -> Transcriber:
    from nlu.speech.transcriber import Transcriber as Whisper

    return Whisper.load()
