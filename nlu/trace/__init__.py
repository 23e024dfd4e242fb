"""Traces: where a piece of work belongs, from the webhook to the department and back.

Ids are made and carried here whether or not anything is exported. `export` loads OpenTelemetry
where a collector is named, and nothing of it where none is.
"""

from nlu.trace.context import HEADER, TraceContext, link_to
from nlu.trace.span import NEW, Span, carried, current, headers, quiet, set_attribute, span

__all__ = [
    "HEADER",
    "NEW",
    "Span",
    "TraceContext",
    "carried",
    "current",
    "headers",
    "link_to",
    "quiet",
    "set_attribute",
    "span",
]
