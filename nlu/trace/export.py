"""Sends spans to a collector: OTLP over HTTP, in JSON.

Where it is, and with what headers, certificates and patience it is asked, say OpenTelemetry's own
variables (`OTEL_EXPORTER_OTLP_*`). Without an address no module of OpenTelemetry is imported and no
thread is started.

JSON, because the exporter that writes protobuf needs a later release of it than Rasa 3.6 bears
(docs/tracing.md).
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from nlu.trace.context import TraceContext
from nlu.trace.span import Kind, record_with

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
"""Where the collector is, for all signals or for traces alone."""
_OFF = "OTEL_SDK_DISABLED"
_FLUSH_SECONDS = 2.0
"""A process that stops does not wait longer for a collector."""


def is_wanted(environ: Mapping[str, str] | None = None) -> bool:
    """Whether the environment names a collector."""
    given = os.environ if environ is None else environ
    off = given.get(_OFF, "").strip().lower() == "true"
    return not off and any(given.get(name, "").strip() for name in ENDPOINTS)


@contextmanager
def exported(service: str, ratio: float) -> Iterator[None]:
    """Spans of the block go to the collector, if one is named; what is left goes at the end.

    `service` is the name of this role. `ratio`, 0 to 1, is the share of the traces beginning here
    that is recorded; a trace that began elsewhere is recorded if it is recorded there.
    """
    if not is_wanted():
        yield
        return
    provider = _provider(service, ratio)
    record_with(OpenTelemetryRecorder(provider))
    try:
        yield
    finally:
        record_with(None)
        # A collector that hangs must not keep the process: the SDK would wait half a minute.
        last = threading.Thread(target=provider.shutdown, name="last-spans", daemon=True)
        last.start()
        last.join(_FLUSH_SECONDS)


def _provider(service: str, ratio: float) -> TracerProvider:
    from opentelemetry.exporter.otlp.json.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import SERVICE_NAME, SERVICE_VERSION, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased

    from nlu.version import VERSION

    named = {SERVICE_NAME: service, SERVICE_VERSION: VERSION}
    provider = TracerProvider(
        sampler=ParentBased(TraceIdRatioBased(ratio)),
        resource=Resource.create(named),
        shutdown_on_exit=False,
    )
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return provider


class OpenTelemetryRecorder:
    """Makes spans of OpenTelemetry."""

    def __init__(self, provider: TracerProvider) -> None:
        self._tracer = provider.get_tracer("seva")

    def begin(
        self, name: str, kind: Kind, parent: TraceContext | None, links: Sequence[TraceContext]
    ) -> _Recorded:
        """A span that begins now."""
        from opentelemetry.context import Context
        from opentelemetry.trace import Link, NonRecordingSpan, SpanKind, set_span_in_context

        above = Context()
        if parent is not None:
            remote = kind in ("server", "consumer")
            above = set_span_in_context(NonRecordingSpan(_context(parent, remote)), above)
        linked = [Link(_context(one, True)) for one in links]
        begun = self._tracer.start_span(
            name, above, SpanKind[kind.upper()], links=linked, record_exception=False
        )
        return _Recorded(begun)


class _Recorded:
    """A span of OpenTelemetry; one that is not sampled keeps nothing, and has its ids."""

    def __init__(self, begun: Any) -> None:
        self._span = begun
        told = begun.get_span_context()
        self.context = TraceContext(
            f"{told.trace_id:032x}", f"{told.span_id:016x}", f"{told.trace_flags:02x}"
        )

    def set_attribute(self, name: str, value: Any) -> None:
        """One more attribute."""
        self._span.set_attribute(name, value)

    def rename(self, name: str) -> None:
        """Another name."""
        self._span.update_name(name)

    def end(self, error: str) -> None:
        """The end of the work."""
        if error:
            from opentelemetry.trace import Status, StatusCode

            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))
        self._span.end()


def _context(one: TraceContext, remote: bool) -> Any:
    from opentelemetry.trace import SpanContext, TraceFlags

    flags = TraceFlags(int(one.flags, 16))
    return SpanContext(int(one.trace_id, 16), int(one.span_id, 16), remote, flags)
