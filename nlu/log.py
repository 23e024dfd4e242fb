"""JSON logs of all serving processes, which never carry a citizen's words or number.

Our loggers do not depend on structlog's global configuration, because Rasa uses and changes that;
what Rasa itself logs is reduced to the event's name. `trace` and `span` in a line name the work
that it tells of (`nlu.trace`): one message has the same `trace` in the lines of all roles.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import structlog

from nlu.trace import current

# httpx logs every URL at INFO, and ours carry service and ticket numbers.
logging.getLogger("httpx").setLevel(logging.WARNING)

_OURS = ("api", "actions", "nlu")


class _Line(str):
    """A finished line, told from what other packages log."""


def _line(event: Any, **how: Any) -> _Line:
    return _Line(json.dumps(event, **how))


def _place() -> dict[str, str]:
    """Trace and span of what is done now; nothing outside of them."""
    now = current()
    return {"trace": now.context.trace_id, "span": now.context.span_id} if now else {}


def _placed(_logger: Any, _method: str, event: dict[str, Any]) -> dict[str, Any]:
    return {**event, **_place()}


_PROCESSORS: list[Any] = [
    structlog.stdlib.filter_by_level,
    _placed,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.JSONRenderer(_line, ensure_ascii=False),
]


def get_logger(name: str) -> Any:
    """The logger of one of our modules."""
    return structlog.wrap_logger(
        logging.getLogger(name),
        processors=_PROCESSORS,
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def configure_logging(level: str) -> None:
    """One JSON line an event on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in (*_OURS, "uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.setLevel(level.upper())
        # A server that was started in this process before left its own way of writing.
        logger.handlers.clear()
        logger.propagate = True
    structlog.configure(
        processors=[_event_only, structlog.stdlib.render_to_log_kwargs],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )


def citizen_hash(key: str) -> Callable[[str], str]:
    """A function that gives every citizen the same short name in all logs of one installation."""

    def short(lane: str) -> str:
        return hmac.new(key.encode(), lane.encode(), hashlib.sha256).hexdigest()[:16]

    return short


def describe(error: BaseException) -> str:
    """What kind of error and where; its message is left out, for it may quote a citizen."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{where}"


def _event_only(_logger: Any, _method: str, event: Any) -> Any:
    """Other packages' structured fields may hold a message's text: only the event's name stays."""
    return {"event": str(event.get("event", "")).split("\n", 1)[0][:80]}


class _JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        if isinstance(record.msg, _Line):
            return record.msg
        first, *more = record.getMessage().splitlines() or [""]
        line = {
            "event": first,
            "logger": record.name,
            "level": record.levelname.lower(),
            "timestamp": datetime.now(timezone.utc).isoformat(),
            **_place(),
        }
        if record.exc_info and record.exc_info[1] is not None:
            line["error"] = describe(record.exc_info[1])
        elif more:  # a traceback as text; what it says of the error may quote a citizen
            frame = next((one.strip() for one in reversed(more) if one.startswith("  File ")), "")
            line["error"] = f"{more[-1].partition(':')[0]} at {frame}"
        return json.dumps(line, ensure_ascii=False)
