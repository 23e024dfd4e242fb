"""Spans: a piece of work with a name, a time and a place in its trace.

The span of now is in a context variable, so log lines and calls of others find it without being
told. Names and attributes follow OpenTelemetry's conventions. Nothing of a citizen may be in them:
no words, no number, no id that WhatsApp gave, no address with values in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, Literal, Protocol

from nlu.trace.context import HEADER, TraceContext

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attributes = Mapping[str, Any]
"""Names of the conventions or `seva.*`; values are texts, numbers or truths, None is left out."""


class Recorded(Protocol):
    """What a recorder keeps of a span until it ends."""

    context: TraceContext

    def set_attribute(self, name: str, value: Any) -> None:
        """One more attribute."""

    def rename(self, name: str) -> None:
        """Another name."""

    def end(self, error: str) -> None:
        """The end of the work; `error` is the kind of error that ended it, empty for none."""


class Recorder(Protocol):
    """Records spans; `nlu.trace.export` has the one."""

    def begin(
        self, name: str, kind: Kind, parent: TraceContext | None, links: Sequence[TraceContext]
    ) -> Recorded:
        """A span that begins now, below `parent` or in a new trace."""


class Span:
    """A piece of work under way."""

    def __init__(self, context: TraceContext, recorded: Recorded | None = None) -> None:
        self.context = context
        self._recorded, self._error = recorded, ""

    def set_attribute(self, name: str, value: Any) -> None:
        """One more attribute; none where the value is None."""
        if self._recorded is not None and value is not None:
            self._recorded.set_attribute(name, value)

    def rename(self, name: str) -> None:
        """Gives it a name that was not known at its beginning."""
        if self._recorded is not None:
            self._recorded.rename(name)

    def fail(self, error: str) -> None:
        """Marks it as failed; the first word counts. `error` is a kind of error, such as a class or
        a status, never its message, which may quote a citizen."""
        self._error = self._error or error

    def end(self) -> None:
        """The work is over."""
        if self._recorded is not None:
            self._recorded.end(self._error)


class _New:
    """In place of a parent: the span begins a trace."""


NEW = _New()
_NOW: ContextVar[Span | None] = ContextVar("span", default=None)
_RECORDER: list[Recorder] = []
"""The recorder of this process, while it exports spans."""


def current() -> Span | None:
    """The span of the work that is done here and now."""
    return _NOW.get()


def carried() -> str | None:
    """The `traceparent` of the span of now: what a store keeps of it. None outside of spans."""
    now = _NOW.get()
    return str(now.context) if now is not None else None


def headers() -> dict[str, str]:
    """The HTTP header that takes the trace to another process; none outside of spans."""
    now = carried()
    return {HEADER: now} if now is not None else {}


def set_attribute(name: str, value: Any) -> None:
    """One more attribute of the span of now, if there is one."""
    now = _NOW.get()
    if now is not None:
        now.set_attribute(name, value)


@contextmanager
def span(
    name: str,
    kind: Kind = "internal",
    attributes: Attributes | None = None,
    *,
    parent: TraceContext | _New | None = None,
    links: Sequence[TraceContext] = (),
) -> Iterator[Span]:
    """The block as a span below `parent`, or below the span of now. With `NEW`, or where there is
    neither, it begins a trace. An error that leaves the block is recorded by its class alone."""
    above: TraceContext | None
    if isinstance(parent, _New):
        above = None
    else:
        now = _NOW.get()
        above = parent or (now.context if now else None)
    one = _begin(name, kind, above, links)
    for key, value in (attributes or {}).items():
        one.set_attribute(key, value)
    with _as_now(one):
        try:
            yield one
        except BaseException as error:
            one.fail(type(error).__name__)
            raise
        finally:
            one.end()


@contextmanager
def quiet(parent: TraceContext | None = None) -> Iterator[Span]:
    """The same for work that nobody looks at in traces, such as health checks: never recorded."""
    with _as_now(Span(parent.below() if parent else TraceContext.begin())) as one:
        yield one


def record_with(recorder: Recorder | None) -> None:
    """Spans that begin from now on are recorded, or are not any more."""
    _RECORDER[:] = [recorder] if recorder is not None else []


def _begin(
    name: str, kind: Kind, above: TraceContext | None, links: Sequence[TraceContext]
) -> Span:
    for recorder in _RECORDER:
        recorded = recorder.begin(name, kind, above, links)
        return Span(recorded.context, recorded)
    return Span(above.below() if above else TraceContext.begin())


@contextmanager
def _as_now(one: Span) -> Iterator[Span]:
    token = _NOW.set(one)
    try:
        yield one
    finally:
        _NOW.reset(token)
