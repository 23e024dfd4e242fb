"""Tells whether a process still works: its event loop beats, and a thread answers for it.

The thread answers even if the loop hangs in a call or waits for a lock. So the loop writes down the
time of each beat, and the health endpoint says how old the last beat is.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from prometheus_client import CollectorRegistry, make_wsgi_app
from prometheus_client.core import GaugeMetricFamily

from nlu.settings.settings import Only
from nlu.web import may_be_rebound

_EVERY = 0.5  # seconds between two beats
_REMEMBERED = 120  # beats of the last minute; the longest delay among them is shown
_PATIENCE = 10  # seconds in which a request must arrive
_OK, _NOT = "200 OK", "503 Service Unavailable"
_TO_ITSELF = (
    ("X-Content-Type-Options", "nosniff"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
)


@dataclass(frozen=True)
class Trouble:
    """Something is wrong. `stops`: no citizen is answered while it lasts."""

    what: str
    since: float
    stops: bool


class Heartbeat:
    """The beats of an event loop. The loop writes them, any thread may read them."""

    def __init__(
        self, silent_s: float, clock: Callable[[], float] = time.monotonic, *, only: Only = ""
    ) -> None:
        """`silent_s`: seconds without a beat after which the loop counts as hung. `only`: what
        the worker takes, for those who ask."""
        self._silent, self._clock, self._only = silent_s, clock, only
        self._beat = clock()
        self._turn: float | None = None
        self._late: deque[float] = deque(maxlen=_REMEMBERED)
        self._troubles: dict[str, Trouble] = {}

    async def keep(self) -> None:
        """Beats while the process works, and measures the delay of the loop."""
        while True:
            before = self._clock()
            await asyncio.sleep(_EVERY)
            self._late.append(max(0.0, self._clock() - before - _EVERY))
            self.beat()

    def beat(self) -> None:
        """Notes that the loop is alive."""
        self._beat = self._clock()

    def turn(self) -> None:
        """Notes that a turn has ended, with any result."""
        self._turn = self._clock()

    def trouble(self, name: str, what: str, *, stops: bool = True) -> None:
        """Notes what is wrong with the part `name`; an empty `what` ends it.

        Repeated calls do not change its beginning. `what` must not hold words or numbers of
        citizens.
        """
        known = self._troubles.get(name)
        since = known.since if known is not None else self._clock()
        changed = {**self._troubles, name: Trouble(what, since, stops)}
        if not what:
            del changed[name]
        self._troubles = changed  # replaced at once, because a thread may read it now

    @property
    def silence(self) -> float:
        """Seconds since the last beat."""
        return max(0.0, self._clock() - self._beat)

    @property
    def is_alive(self) -> bool:
        """Whether the last beat is recent."""
        return self.silence <= self._silent

    @property
    def is_ready(self) -> bool:
        """Whether citizens are answered."""
        return self.is_alive and not any(one.stops for one in self._troubles.values())

    def as_json(self) -> dict[str, Any]:
        """All facts for the health endpoint. Times are in seconds ago."""
        now = self._clock()
        return {
            "status": "ok" if self.is_ready else "not ready" if self.is_alive else "hung",
            "only": self._only or None,
            "silence_s": round(self.silence, 1),
            "lag_s": round(self._lag(), 3),
            "last_turn_s": round(now - self._turn, 1) if self._turn is not None else None,
            "troubles": {
                name: {"what": one.what, "for_s": round(now - one.since, 1), "stops": one.stops}
                for name, one in self._troubles.items()
            },
        }

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The metrics for a registry of Prometheus."""
        silence = ("seva_loop_silence_seconds", "Time since the event loop's last beat")
        lag = ("seva_loop_lag_seconds", "Longest delay of the event loop in the last minute")
        trouble = ("seva_trouble_seconds", "How long something has been wrong")
        yield GaugeMetricFamily(*silence, value=self.silence)
        yield GaugeMetricFamily(*lag, value=self._lag())
        troubles = GaugeMetricFamily(*trouble, labels=["name"])
        for name, one in self._troubles.items():
            troubles.add_metric([name], self._clock() - one.since)
        yield troubles

    def _lag(self) -> float:
        return max(tuple(self._late), default=0.0)


class HealthServer:
    """Serves `/health/live`, `/health/ready` and `/metrics` in its own thread."""

    def __init__(
        self, heartbeat: Heartbeat, registry: CollectorRegistry, host: str, port: int
    ) -> None:
        """Listens at once. Port 0 means a free port. Raises OSError if the port is taken."""
        self._heartbeat, self._host = heartbeat, host
        registry.register(heartbeat)
        self._metrics = make_wsgi_app(registry)
        self._server = _Server((host, port), _Request)
        self._server.set_app(self._answer)
        self.port = int(self._server.server_port)
        self._thread = threading.Thread(target=self._server.serve_forever, name="health")
        self._thread.daemon = True
        self._thread.start()

    def close(self) -> None:
        """Stops serving."""
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, request: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        def begin(status: str, headers: list[tuple[str, str]], *more: Any) -> Any:
            return start(status, [*headers, *_TO_ITSELF], *more)

        path = request["PATH_INFO"]
        if may_be_rebound(request.get("HTTP_HOST", ""), self._host):
            begin("421 Misdirected Request", [("Content-Length", "0")])
            return []
        if path == "/metrics":
            answer: Iterable[bytes] = self._metrics(request, begin)
            return answer
        well = {
            "/health/live": self._heartbeat.is_alive,
            "/health/ready": self._heartbeat.is_ready,
        }.get(path)
        status = "404 Not Found" if well is None else _OK if well else _NOT
        body = b"" if well is None else json.dumps(self._heartbeat.as_json()).encode()
        begin(status, [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
        return [body]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Request(WSGIRequestHandler):
    timeout = _PATIENCE

    def log_message(self, *args: Any) -> None:
        """Logs nothing, because probes come every few seconds."""
