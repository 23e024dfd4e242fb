"""Checks of `seva actions` as it runs, and of the ports that it needs."""

from __future__ import annotations

from collections.abc import Iterator

from nlu.action_address import HEALTH, authorization
from nlu.doctor import Deployment, Finding, NotLooked, check


@check(
    "action-server",
    "`seva actions` answers where the worker calls it",
    "nobody at the socket while others run, a file where the socket should be, another secret, "
    "stores that cannot be read",
    "actions",
)
def action_server(here: Deployment) -> Iterator[Finding]:
    """Each turn needs it: without it every message waits."""
    server = here.action_server
    if server is None:
        raise NotLooked("SEVA_ACTION_SERVER_URL is no address")
    at = server.socket
    if not server.listens:
        if at is not None and at.exists() and not at.is_socket():
            yield Finding(
                "critical",
                f"{at} is no socket",
                "`seva actions` cannot listen there, and every message waits",
                "move the file away, or name another socket in SEVA_ACTION_SERVER_URL",
            )
        elif here.runs("worker") or here.runs("serve"):
            left = ", which a killed one left behind" if at is not None and at.is_socket() else ""
            yield Finding(
                "critical",
                f"nobody listens at {server}{left}, although other processes run",
                "every message waits until `seva actions` is there",
                "start `seva actions`, as the same user and with the same SEVA_VAR_DIR",
            )
        else:
            raise NotLooked("no process of Seva runs")
        return
    answer = server.ask(HEALTH)
    if answer is None or "status" not in answer.body:
        yield Finding(
            "critical",
            f"what listens at {server} does not answer as `seva actions` does",
            "every message waits",
            "start `seva actions` again; if something else listens, set SEVA_ACTION_SERVER_URL",
        )
        return
    stores = sorted(set(answer.body) - {"status"})
    if stores:
        yield Finding(
            "critical",
            f"the action server cannot read its stores: {', '.join(stores)}",
            "every message waits",
            "see the checks `sealed-records`, `journal`, `file-owners` and `disk-space`",
        )
    asked = server.ask(f"{HEALTH}?action=", authorization(here.settings.actions_secret))
    if asked is not None and asked.status == 401:
        yield Finding(
            "critical",
            f"the action server at {server} does not accept SEVA_ACTIONS_SECRET",
            "a worker with this secret gets no turn done: every message waits",
            "set the same SEVA_ACTIONS_SECRET for `seva actions` and `seva worker`",
        )


@check(
    "action-ports",
    "ports of callbacks and metrics are free for `seva actions`",
    "a stranger at `SEVA_CALLBACKS_PORT` or `SEVA_ACTIONS_METRICS_PORT`",
    "actions",
)
def action_ports(here: Deployment) -> Iterator[Finding]:
    """It refuses to start where one is taken."""
    if here.runs("actions"):
        return
    now = here.settings
    for name in ("callbacks", "actions_metrics"):
        host, port = getattr(now, f"{name}_host"), getattr(now, f"{name}_port")
        if port and here.server(host, port).listens:
            yield Finding(
                "critical",
                f"something listens at {host}:{port}, and `seva actions` does not run",
                "`seva actions` does not start while its port is taken",
                f"end it (`ss -ltnp` names it), or set SEVA_{name.upper()}_PORT",
            )
