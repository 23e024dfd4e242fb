"""Counts and times department calls, in Prometheus and in the log, without personal data."""

from __future__ import annotations

import hashlib

from prometheus_client import Counter, Gauge, Histogram

from actions.departments.result import OperationResult
from nlu.log import get_logger

_LOG = get_logger(__name__)
CALLS = Counter(
    "seva_department_calls_total",
    "Department operations executed, by outcome and, where unavailable, by reason.",
    ["department", "operation", "outcome", "reason"],
)
SECONDS = Histogram(
    "seva_department_call_seconds",
    "Time of a department operation with waiting and retries.",
    ["department", "operation"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 15, 30),
)
BREAKER_OPEN = Gauge(
    "seva_department_breaker_open",
    "1 while calls of the department are spared, 0.5 while one is tried again, else 0.",
    ["department"],
)
_OPEN = {"closed": 0.0, "half-opened": 0.5, "opened": 1.0}


def show_breaker(department: str, state: str) -> None:
    """The state of a department's breaker, from now on."""
    BREAKER_OPEN.labels(department).set(_OPEN.get(state, 0.0))


def record(
    department: str, operation: str, request_id: str, result: OperationResult, detail: str
) -> None:
    """Count one finished call and write its log event; `detail` says what broke."""
    reason = result.reason or ""
    CALLS.labels(department, operation, result.outcome, reason).inc()
    SECONDS.labels(department, operation).observe(result.elapsed_ms / 1000)
    event = {
        "department": department,
        "operation": operation,
        # Request ids may be made of WhatsApp ids, and those hold the phone number.
        "request": hashlib.sha256(request_id.encode()).hexdigest()[:12],
        "outcome": result.outcome,
        "attempts": result.attempts,
        "elapsed_ms": result.elapsed_ms,
    }
    if result.reason is None:
        _LOG.info("department_call", **event)
    else:
        _LOG.warning("department_call", **event, reason=reason, detail=detail)
