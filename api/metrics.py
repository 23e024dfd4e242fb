"""The metrics of `seva serve`, `seva worker` and `seva shadow` for Prometheus. No label names a
citizen.

Each process has one registry. If several processes serve together (`api.processes`), each answers
with the counts of all. What every metric means stands in `docs/metrics.md`.
"""

from __future__ import annotations

import os
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from api.inbox.port import Depth
from api.processes import COUNTS_FOLDER
from nlu.storage.unreadable import UNREADABLE
from nlu.vital_signs import Footprint, VitalSigns

_FAST = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5)
_TEXT_TO_VOICE = (0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 45, 60)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
_SLOW = (0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 40, 80)


class Metrics:
    """What both roles tell: of themselves, of the store that they share, and what they read."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.vitals = VitalSigns(self.registry)
        self.registry.register(UNREADABLE)
        make: dict[str, Any] = {"registry": self.registry}
        self.decisions = Counter(
            "seva_decisions", "Texts that were understood, by decision", ["kind", "key"], **make
        )
        self._canaries = Gauge(
            "seva_canary_answers",
            "Processes of the role in which the canary answers its share; 0: the live model does",
            ["model"],
            multiprocess_mode="livesum",
            **make,
        )
        self._canary = ""
        make["multiprocess_mode"] = "mostrecent"  # all processes share one store
        self._waiting = Gauge("seva_inbox_waiting", "Messages without an answer", **make)
        self._dead = Gauge("seva_inbox_dead", "Dead letters", **make)
        self._outgoing = Gauge("seva_outbox_waiting", "Replies not yet sent", **make)
        self._oldest = Gauge("seva_inbox_oldest_seconds", "Age of the oldest message", **make)
        self._away = Gauge("seva_databases_away", "Databases of several that are away", **make)

    def exposed(self) -> CollectorRegistry:
        """The registry for `/metrics`: of this process, or the sum of all that serve together."""
        if COUNTS_FOLDER not in os.environ:
            return self.registry
        together = CollectorRegistry()
        MultiProcessCollector(together)
        together.register(Footprint())
        return together

    def show_canary(self, model: str, *, answers: bool) -> None:
        """The model that is set as the canary, empty where none is, and whether it answers."""
        if self._canary not in ("", model):
            self._canaries.labels(self._canary).set(0)
        if model:
            self._canaries.labels(model).set(answers)
        self._canary = model

    def show_depth(self, depth: Depth) -> None:
        """Sets the gauges about the store."""
        self._waiting.set(depth.waiting)
        self._dead.set(depth.dead)
        self._outgoing.set(depth.outgoing)
        self._oldest.set(depth.oldest_s)
        self._away.set(depth.away)


class ShadowMetrics:
    """What `seva shadow` tells: of itself, and of the messages that its candidate understood."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.vitals = VitalSigns(self.registry)
        self.registry.register(UNREADABLE)
        self.compared = Counter(
            "seva_shadow_messages",
            "Messages that the candidate understood",
            ["outcome"],
            registry=self.registry,
        )
        self.waiting = Gauge(
            "seva_shadow_waiting", "Messages that wait for the candidate", registry=self.registry
        )


class ServeMetrics(Metrics):
    """What `seva serve` counts."""

    def __init__(self) -> None:
        super().__init__()
        make: dict[str, Any] = {"registry": self.registry}
        self.requests = Counter("seva_requests", "HTTP answers", ["route", "status"], **make)
        self.parse_seconds = Histogram(
            "seva_parse_seconds", "Time of one /parse", buckets=_FAST, **make
        )
        self.answer_seconds = Histogram(
            "seva_answer_seconds",
            "From request to answer, problems too",
            ["route"],
            buckets=_TEXT_TO_VOICE,
            **make,
        )
        self.batch_texts = Histogram(
            "seva_batch_texts", "Texts in one batch", buckets=_TEXTS, **make
        )
        self.model_decisions = Counter(
            "seva_model_decisions", "Answers by model and decision", ["model", "kind"], **make
        )
        self.understood = Counter(
            "seva_understood", "Texts understood, by model", ["route", "model"], **make
        )
        self.received = Counter(
            "seva_received", "Messages of citizens", ["channel", "kind"], **make
        )
        self.fetched = Counter("seva_fetched", "Replies that a backend has fetched", **make)
        self.long_polls = Gauge(
            "seva_long_polls",
            "Requests that wait for replies",
            multiprocess_mode="livesum",
            **make,
        )
        self.repeated = Counter("seva_repeated", "Messages delivered before", **make)
        self.refused = Counter("seva_refused", "Parts of a delivery not taken", ["reason"], **make)
        self.unreadable = Counter("seva_unreadable", "Parts of a delivery left out", **make)
        self.statuses = Counter("seva_statuses", "Status notices", ["state"], **make)
        self.notices = Counter("seva_notices", "News for citizens", ["outcome"], **make)


class WorkerMetrics(Metrics):
    """What `seva worker` counts. Its event loop adds its own (`api.heartbeat`)."""

    def __init__(self) -> None:
        super().__init__()
        make: dict[str, Any] = {"registry": self.registry}
        self.turns = Counter("seva_turns", "Turns by outcome", ["channel", "outcome"], **make)
        self.turn_seconds = Histogram(
            "seva_turn_seconds", "From claim to outbox", ["voice"], buckets=_SLOW, **make
        )
        self.sends = Counter("seva_sends", "Sends by outcome", ["outcome"], **make)
