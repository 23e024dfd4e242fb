"""Spans of this process, kept in memory."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from nlu.trace.export import OpenTelemetryRecorder
from nlu.trace.span import record_with


@pytest.fixture
def recorded() -> Iterator[InMemorySpanExporter]:
    """The spans that ended, in the order of their ends."""
    kept = InMemorySpanExporter()
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(kept))
    record_with(OpenTelemetryRecorder(provider))
    yield kept
    record_with(None)
