"""The objects that all routes of an application share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from api.api_keys import ApiKeys
from api.canary import CanaryEngine, Engines
from api.conversations.long_poll import LongPolls
from api.drain import Drain
from api.inbox.port import Inbox
from api.metrics import ServeMetrics
from api.phrases import PhraseBook
from api.ports import Engine, Transcriber
from api.whatsapp.policy import WhatsAppPolicy
from nlu.catalogue import Catalogue
from nlu.settings.settings import ServeSettings


@dataclass
class Runtime:
    """The shared objects. `create_app` makes them; `inbox` is set when the application starts."""

    settings: ServeSettings
    policy: WhatsAppPolicy
    read_catalogue: Callable[[], Catalogue]
    engine: Engine
    keys: ApiKeys
    phrases: PhraseBook
    metrics: ServeMetrics
    transcriber: Transcriber
    inbox: Inbox | None = None
    canary: CanaryEngine | None = None
    clock: Callable[[], float] = time.time
    drain: Drain = field(default_factory=Drain)
    long_polls: LongPolls = field(init=False)

    def __post_init__(self) -> None:
        self.long_polls = LongPolls(
            self.settings.conversation_waiting,
            lambda: self.drain.closes,
            self.metrics.long_polls.track_inprogress,
        )

    @property
    def engines(self) -> Engines:
        """Those that may answer a call."""
        return Engines(self.engine, self.canary, self.canary.percent if self.canary else 0.0)

    @property
    def catalogue(self) -> Catalogue:
        """Of the live release."""
        return self.read_catalogue()


def runtime(request: Request) -> Runtime:
    """The runtime of the application that serves the request."""
    found: Runtime = request.app.state.runtime
    return found
