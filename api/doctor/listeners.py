"""Checks of `seva serve` and `seva worker` as they run: who listens, and what they tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from nlu.doctor import Deployment, Finding, NotLooked, check
from nlu.doctor.local_server import LocalServer

_LIVE, _READY = "/health/live", "/health/ready"
_DRAINING = "/problems/draining"
_STATUS, _BEAT = "status", "silence_s"
"""Words of their answers by which they are known."""


@check(
    "serve",
    "`seva serve` answers, with its model",
    "its port taken by a stranger, no `seva serve` while others run, no model loaded",
    "serve",
)
def serve(here: Deployment) -> Iterator[Finding]:
    """The public listener: WhatsApp comes here."""
    now = here.settings
    server = here.server(now.serve_host, now.serve_port)
    state = server.state(_LIVE, key=_STATUS)
    if state == "absent":
        if not (here.runs("worker") or here.runs("actions")):
            raise NotLooked("no process of Seva runs")
        yield Finding(
            "critical",
            f"`seva serve` does not listen at {server}, although other processes run",
            "WhatsApp's deliveries are not taken; it repeats them for a week",
            "start `seva serve`; its first lines say what is wrong",
        )
    elif state == "stranger":
        yield _stranger(server, "SEVA_SERVE_PORT", "`seva serve`")
    elif state == "silent":
        yield _silent(server, "`seva serve`")
    else:
        answer = server.ask(_READY)
        if answer is not None and answer.body.get("type") == _DRAINING:
            raise NotLooked("it is about to stop, as it was asked to")
        if answer is None or answer.status != 200:
            yield Finding(
                "critical",
                f"`seva serve` at {server} is not ready",
                "it has no model, or cannot read the inbox: messages wait, `/parse` answers 503",
                "see the check `internal-listener`, and `seva models`",
            )


@check(
    "internal-listener",
    "the internal listener takes news",
    "its port taken, none beside `seva serve`, or a promoted model that does not load",
    "serve",
)
def internal_listener(here: Deployment) -> Iterator[Finding]:
    """It says why `seva serve` is not ready, and takes news for citizens."""
    now = here.settings
    if not now.internal_port:
        raise NotLooked("SEVA_INTERNAL_PORT is 0")
    server = here.server(now.internal_host, now.internal_port)
    state = server.state(_LIVE, key=_STATUS)
    if state == "absent":
        if here.server(now.serve_host, now.serve_port).state(_LIVE, key=_STATUS) != "ours":
            raise NotLooked("`seva serve` does not run")
        yield Finding(
            "trouble",
            f"nobody listens at {server}, although `seva serve` runs",
            "late answers, receipts and refunds are not told to citizens",
            "start `seva serve` again with the SEVA_INTERNAL_PORT that is set here",
        )
    elif state == "stranger":
        yield _stranger(server, "SEVA_INTERNAL_PORT", "`seva serve`")
    elif state == "silent":
        yield _silent(server, "`seva serve`")
    else:
        answer = server.ask(_READY)
        body: Mapping[str, Any] = answer.body if answer else {}
        for part, what in body.get("checks", {}).items():
            if what != "ok":
                yield _unready(str(part), str(what), "critical")
        for part, what in body.get("troubles", {}).items():
            yield _unready(str(part), str(what), "trouble")


def _unready(part: str, what: str, severity: Any) -> Finding:
    goes_on = "it goes on with the one it had: what was promoted is not live"
    return Finding(
        severity,
        f"`seva serve` has trouble with its {part}: {what.splitlines()[0]}",
        goes_on if severity == "trouble" else "no text is understood: messages wait",
        "`seva models`, `seva promote ID` or `seva rollback`"
        if part == "model"
        else "see the checks `database` and `disk-space`",
    )


@check(
    "worker",
    "`seva worker` answers messages",
    "no worker while others run, one whose loop hangs, one that waits for something of ours",
    "worker",
)
def worker(here: Deployment) -> Iterator[Finding]:
    """It tells of its own troubles at the port of its metrics."""
    now = here.settings
    server = here.server(now.worker_metrics_host, now.worker_metrics_port)
    state = server.state(_LIVE, key=_BEAT) if now.worker_metrics_port else "absent"
    if state == "stranger":
        yield _stranger(server, "SEVA_WORKER_METRICS_PORT", "`seva worker`")
    elif state == "silent":
        yield _silent(server, "`seva worker`")
    elif state == "absent" and any(one.role == "worker" for one in here.ours()):
        if not now.worker_metrics_port:
            raise NotLooked("SEVA_WORKER_METRICS_PORT is 0, so the worker tells nothing")
        yield Finding(
            "trouble",
            f"a worker runs, but none listens at {server}",
            "nobody is told when it hangs or waits",
            "start it again with the SEVA_WORKER_METRICS_PORT that is set here",
        )
    elif state == "absent":
        if not (here.runs("serve") or here.runs("actions")):
            raise NotLooked("no process of Seva runs")
        yield Finding(
            "critical",
            "no `seva worker` runs, although other processes do",
            "messages are taken, and nobody answers them",
            "start `seva worker`; its first lines say what is wrong",
        )
    else:
        yield from _of_worker(server)


def _of_worker(server: LocalServer) -> Iterator[Finding]:
    live, ready = server.ask(_LIVE), server.ask(_READY)
    if live is not None and live.status != 200:
        yield Finding(
            "critical",
            f"the worker hangs: no sign of it for {live.body.get(_BEAT, 0):.0f} s",
            "it answers nobody, and keeps what it has in hand",
            "start it again: what it had is given to another one",
        )
    troubles: Mapping[str, Any] = ready.body.get("troubles", {}) if ready else {}
    for name, one in troubles.items():
        yield Finding(
            "critical" if one.get("stops") else "trouble",
            f"the worker has waited {one.get('for_s', 0):.0f} s for {one.get('what', name)} "
            f"({name})",
            "messages wait meanwhile" if one.get("stops") else "part of the messages wait",
            "see the other findings; `outage_began` in its log names what is away",
        )


def _stranger(server: LocalServer, setting: str, who: str) -> Finding:
    return Finding(
        "critical",
        f"something else than {who} listens at {server}",
        f"{who} cannot start, or others talk to a stranger in its place",
        f"end it (`ss -ltnp` names it), or set {setting} to a free port",
    )


def _silent(server: LocalServer, who: str) -> Finding:
    return Finding(
        "critical",
        f"{server} takes connections and does not answer in {server.seconds:g} s",
        f"{who} hangs, or the machine has no time for it",
        f"start {who} again; see the checks `cores` and `memory`",
    )
