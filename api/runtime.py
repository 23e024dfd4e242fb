"""What the routes of one application share."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import Request

from api.api_keys import ApiKeys
from api.inbox.port import Inbox
from api.metrics import Metrics
from api.ports import Engine, Transcriber
from api.whatsapp.policy import WhatsAppPolicy
from api.wording import Wording
from nlu.catalogue import Catalogue
from nlu.settings.settings import ServeSettings


@dataclass
class Runtime:
    """Made by `create_app`; `inbox` is there once the application has started."""

    settings: ServeSettings
    policy: WhatsAppPolicy
    read_catalogue: Callable[[], Catalogue]
    engine: Engine
    keys: ApiKeys
    wording: Wording
    metrics: Metrics
    transcriber: Transcriber
    inbox: Inbox | None = None
    clock: Callable[[], float] = time.time

    @property
    def catalogue(self) -> Catalogue:
        """Of the live release."""
        return self.read_catalogue()


def runtime(request: Request) -> Runtime:
    """The runtime of the application that serves the request."""
    found: Runtime = request.app.state.runtime
    return found
