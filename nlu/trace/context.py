"""The name of a span in its trace, as W3C Trace Context writes it: the header `traceparent`."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

HEADER = "traceparent"
_FORM = re.compile(r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?")
_NOT_RECORDED = "00"


@dataclass(frozen=True)
class TraceContext:
    """One span. `flags` tell whether the trace is recorded: `01` if it is."""

    trace_id: str
    span_id: str
    flags: str = _NOT_RECORDED

    @classmethod
    def begin(cls) -> TraceContext:
        """The first span of a new trace."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def read(cls, text: str | None) -> TraceContext | None:
        """The span that a `traceparent` names; None for nothing and for what has not its form."""
        found = _FORM.fullmatch(text.strip()) if text else None
        if found is None:
            return None
        version, trace_id, span_id, flags, more = found.groups()
        known = version != "ff" and not (version == "00" and more)
        if not known or not int(trace_id, 16) or not int(span_id, 16):
            return None
        return cls(trace_id, span_id, flags)

    def below(self) -> TraceContext:
        """A new span in the same trace."""
        return TraceContext(self.trace_id, secrets.token_hex(8), self.flags)

    def __str__(self) -> str:
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


def link_to(*texts: str | None) -> tuple[TraceContext, ...]:
    """The spans that some `traceparent` name, without those that name none."""
    return tuple(found for text in texts if (found := TraceContext.read(text)))
