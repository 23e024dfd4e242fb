"""What a run comes to: a document, a table, and the traces of citizens who were wronged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.upheaval.facts import Facts
from benchmarks.upheaval.judge import KINDS, Verdict
from benchmarks.upheaval.run import Plan, Run

_SHOWN = 20


def document(plan: Plan, run: Run, verdict: Verdict) -> dict[str, Any]:
    """All numbers. `violations` must be zero."""
    facts = run.facts
    waits = [round(float(one), 2) for one in np.percentile(verdict.waits or [0], [50, 95, 100])]
    back = [kill.back - kill.at for kill in facts.kills if kill.back != float("inf")]
    counts = {kind: verdict.count(kind) for kind in KINDS}
    writes = {one.id for one in facts.requests if one.confirmed}
    return {
        "seed": plan.seed,
        "stopped": run.stopped,
        "messages": len(facts.said),
        "acknowledged": sum(one.taken is not None for one in facts.said),
        "replies": len(facts.sends),
        "confirmed_requests": len(writes),
        "writes": len(facts.writes),
        **counts,
        "violations": sum(counts.values()),
        "in_doubt": len(verdict.in_doubt),
        "overtaken_on_the_way": verdict.overtaken,
        "excused_apologies": verdict.excused,
        "news": verdict.news,
        "wait_p50_s": waits[0],
        "wait_p95_s": waits[1],
        "wait_max_s": waits[2],
        "kills": len(facts.kills),
        "kills_by_process": dict(sorted(Counter(kill.process for kill in facts.kills).items())),
        "back_after_p50_s": round(float(np.median(back)), 1) if back else 0.0,
        "failovers_s": [round(one, 1) for one in run.failovers],
        "outages": [
            {"kind": o.kind, "target": o.target, "seconds": round(o.end - o.begin, 1)}
            for o in facts.outages
        ],
        "duration_s": round(run.seconds, 1),
        "processor_s": round(run.cpu_seconds),
        "messages_per_s": round(len(facts.said) / run.seconds, 2) if run.seconds else 0.0,
    }


def lines(document: Mapping[str, Any]) -> Iterator[str]:
    """The table."""
    for name, value in document.items():
        if name in ("machine", "settings", "traces"):
            continue
        if name == "outages":
            value = (
                ", ".join(f"{o['target']} {o['kind']} {o['seconds']} s" for o in value) or "none"
            )
        elif isinstance(value, dict):
            value = ", ".join(f"{key} {count}" for key, count in value.items()) or "none"
        yield f"{name:>22}  {value}"
    if document["in_doubt"]:
        yield ""
        yield (
            "In doubt: sent, and then the sender or WhatsApp was killed before the answer was "
            "known, and no status came in time. Such a message is sent once more rather than lost."
        )
    for path in document.get("traces", ()):
        yield f"trace: {path}"


def write_traces(plan: Plan, run: Run, verdict: Verdict, folder: Path) -> list[str]:
    """A file for each of the first citizens who were wronged."""
    wrong: dict[str, list[str]] = {}
    for one in verdict.violations:
        wrong.setdefault(one.citizen, []).append(f"{one.kind}: {one.what} [{one.message}]")
    paths = []
    for citizen in list(wrong)[:_SHOWN]:
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{plan.seed}-{citizen or 'nobody'}.txt"
        path.write_text("\n".join(_trace(plan, run.facts, citizen, wrong[citizen])), "utf-8")
        paths.append(str(path))
    return paths


def _trace(plan: Plan, facts: Facts, citizen: str, wrong: list[str]) -> Iterator[str]:
    """All that a citizen wrote and got, with what was killed or away meanwhile."""
    yield (
        f"seva benchmark chaos --messages {plan.messages} --kills {plan.kills} "
        f"--outages {plan.outages} --seed {plan.seed}"
        + (f" --postgres {plan.postgres}" if plan.postgres is not None else "")
        + (f" --failover {plan.failovers}" if plan.failovers else "")
        + f"   (citizen {citizen})"
    )
    yield from (f"WRONG {one}" for one in wrong)
    start = min((one.posted for one in facts.said if one.posted), default=0.0)
    rows: list[tuple[float, str]] = []
    for said in facts.said:
        if said.citizen == citizen:
            taken = f"{said.taken - start:.2f}" if said.taken else "never"
            rows.append(
                (
                    said.posted,
                    f">> [{said.act}] {said.text}   ({said.id}, written {said.written}, "
                    f"taken {taken}, delivery {said.delivery}) {said.request}",
                )
            )
    for send in facts.sends:
        if send.citizen == citizen:
            options = " ".join(f"[{one.title}]" for one in send.options)
            text = f"<< {send.text} {options}   ({send.tracker})"
            rows.append((send.at, text.replace("\n", " | ")))
    if rows:
        first, last = min(rows)[0] - 30, max(rows)[0] + 30
        rows += [
            (kill.at, f"-- {kill.process} killed, back after {kill.back - kill.at:.1f} s")
            for kill in facts.kills
            if first <= kill.at <= last
        ]
        for outage in facts.outages:
            if first <= outage.end and outage.begin <= last:
                seconds = outage.end - outage.begin
                rows.append((outage.begin, f"-- {outage.target} {outage.kind} for {seconds:.1f} s"))
    for request in facts.requests:
        if request.citizen == citizen:
            marks = [w.reference for w in facts.writes if w.mark == request.mark]
            yield f"{request.id} {request.service} {dict(request.values)} in the books: {marks}"
    for at, text in sorted(rows):
        yield f"{at - start:9.2f}  {text}"
