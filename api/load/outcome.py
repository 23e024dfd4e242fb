"""The numbers of a run: what the table, the JSON document and the page all show."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from api.load.ledger import Sent
from api.load.run import Run

SHARES = (50, 90, 95, 99)
_BINS = 120  # points of a curve over time, at most
_CURVE = (*range(0, 90, 5), *range(90, 99), 99, 99.5, 99.9, 99.95, 99.99)
Document = dict[str, Any]


def outcome(run: Run, webhook: str) -> Document:
    """One document. Latencies in milliseconds from when a message was meant to be sent; those of
    the ramp are left out, counts are of all messages."""
    ledger, plan = run.ledger, run.plan
    sent = list(ledger.sent.values())
    counted = [one for one in sent if one.due >= plan.ramp]
    unanswered = len(ledger.open)
    return {
        "started": datetime.fromtimestamp(run.started).astimezone().isoformat("T", "seconds"),
        "webhook": webhook,
        "machine": machine(),
        "plan": {**asdict(plan), "keys": list(plan.keys)},
        "seconds": round(run.seconds, 1),
        "broken_off": run.broken_off,
        "messages": len(sent),
        "per_second": round(len(sent) / run.seconds, 2) if run.seconds else 0.0,
        "accepted": ledger.accepted,
        "answered": sum(one.answered is not None for one in sent),
        "replies": ledger.replies,
        "accept_ms": percentiles([one.accepted - one.due for one in counted if one.accepted]),
        "answer_ms": percentiles([one.answered - one.due for one in counted if one.answered]),
        "late_ms": percentiles(run.late),
        "errors": dict(ledger.refused),
        "not_taken": ledger.untaken,
        "open": unanswered if run.broken_off else 0,
        "lost": 0 if run.broken_off else unanswered,
        "doubled": ledger.doubled,
        "out_of_order": ledger.out_of_order,
        "unsent": ledger.unsent,
        "by_key": _by(counted, "key"),
        "by_act": _by(counted, "act"),
        "over_time": over_time(run),
        "curve": curve(counted),
    }


def is_right(found: Document) -> bool:
    """Whether nothing went wrong, however slow it was."""
    wrong = ("not_taken", "lost", "doubled", "out_of_order", "unsent")
    return not found["errors"] and not any(found[name] for name in wrong)


def percentiles(seconds: Sequence[float]) -> dict[str, float]:
    """Milliseconds by share, with the largest; empty for none."""
    if not seconds:
        return {}
    values = np.percentile(np.array(seconds), [*SHARES, 100]) * 1000
    names = [*(f"p{share}" for share in SHARES), "max"]
    return {name: round(float(value), 1) for name, value in zip(names, values)}


def over_time(run: Run) -> list[Document]:
    """What was sent, taken and answered in each interval, and the answers' times of the messages
    that were due in it; at its end so many waited."""
    sent = list(run.ledger.sent.values())
    moments = [at for one in sent for at in (one.due, one.accepted, one.answered) if at is not None]
    end = max([run.seconds, *moments], default=0.0)
    width = max(1.0, float(math.ceil(end / _BINS)))
    rows = []
    for number in range(math.ceil(end / width)):
        start, till = number * width, (number + 1) * width
        due = [one for one in sent if start <= one.due < till]
        rows.append(
            {
                "from": start,
                "to": till,
                "sent": len(due),
                "accepted": sum(_within(one.accepted, start, till) for one in sent),
                "answered": sum(_within(one.answered, start, till) for one in sent),
                "waiting": sum(
                    one.due < till and (one.answered is None or one.answered >= till)
                    for one in sent
                ),
                "accept_ms": percentiles([one.accepted - one.due for one in due if one.accepted]),
                "answer_ms": percentiles([one.answered - one.due for one in due if one.answered]),
            }
        )
    return rows


def _within(at: float | None, start: float, till: float) -> bool:
    return at is not None and start <= at < till


def curve(counted: Sequence[Sent]) -> dict[str, list[tuple[float, float]]]:
    """(share in percent, milliseconds) of both times; shares that so few messages do not tell are
    left out."""
    return {
        "accept": _curve([one.accepted - one.due for one in counted if one.accepted]),
        "answer": _curve([one.answered - one.due for one in counted if one.answered]),
    }


def _curve(seconds: Sequence[float]) -> list[tuple[float, float]]:
    told = [share for share in _CURVE if len(seconds) * (100 - share) >= 100]
    if not told:
        return []
    values = np.percentile(np.array(seconds), told) * 1000
    return [(float(share), round(float(value), 1)) for share, value in zip(told, values)]


def _by(counted: Sequence[Sent], field: str) -> dict[str, Document]:
    found: dict[str, Document] = {}
    for name in sorted({getattr(one, field) for one in counted}):
        some = [one for one in counted if getattr(one, field) == name]
        times = [one.answered - one.due for one in some if one.answered]
        found[name] = {"messages": len(some), "answer_ms": percentiles(times)}
    return found


def machine() -> Document:
    """Where `seva load` itself ran: the deployment may be elsewhere."""
    text = Path("/proc/cpuinfo").read_text("utf-8")
    names = [line.partition(":")[2].strip() for line in text.splitlines() if "model name" in line]
    return {
        "cpu": names[0] if names else platform.processor(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
    }
