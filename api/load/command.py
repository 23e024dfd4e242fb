"""The body of `seva load`."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from api.load.outcome import is_right, outcome, percentiles
from api.load.page import tables, write_page
from api.load.plan import Manner, Plan, load_manner, looks_real
from api.load.plots import milliseconds
from api.load.run import Driver, NotThisWay, Run, listen
from api.load.words import words_of
from nlu.catalogue import load_catalogue
from nlu.settings.settings import WEBHOOK_PATH, Settings, reached

_LATELY = 10.0  # seconds that the live table looks back
_BEHIND = 50.0  # milliseconds, p99, by which this process may be late before it says so


def load_command(
    settings: Settings,
    plan: Plan,
    *,
    webhook: str,
    host: str,
    port: int,
    page: Path,
    no_real_citizens: bool,
    as_json: bool,
) -> int:
    """Drives a deployment; the exit code: 0, 1 where something went wrong, 2 for what cannot be."""
    manner = load_manner()
    at = f"http://{reached(settings.serve_host)}:{settings.serve_port}{WEBHOOK_PATH}"
    webhook = webhook or at
    plan, why_not = checked(plan, manner)
    real = "" if no_real_citizens else looks_real(webhook, settings.env)
    if real:
        why_not = (
            f"{real}: it may serve real citizens, and this would write to them and fill their "
            "departments' books. Add --no-real-citizens if you know that it does not"
        )
    if why_not:
        print(why_not, file=sys.stderr)
        return 2
    catalogue = load_catalogue(settings.data_dir)
    try:
        words = words_of(catalogue, plan.keys)
        listener = listen(host, port)
    except OSError as error:
        print(f"cannot listen on {host}:{port} ({error.strerror}): see --listen", file=sys.stderr)
        return 2
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    driver = Driver(plan, manner, words, webhook, settings, listener)
    try:
        run = asyncio.run(_driven(driver))
    except NotThisWay as error:
        print(error, file=sys.stderr)
        return 1
    found = outcome(run, webhook)
    write_page(page, found)
    if as_json:
        print(json.dumps(found, ensure_ascii=False))
    else:
        console = Console()
        console.print(tables(found))
        console.print(f"The page: {page}", highlight=False)
    if found["late_ms"] and found["late_ms"]["p99"] > _BEHIND:
        print(
            "this process itself was late: give it a machine of its own, or a lower --rate",
            file=sys.stderr,
        )
    return 0 if is_right(found) else 1


def checked(plan: Plan, manner: Manner) -> tuple[Plan, str]:
    """The plan with what was left open, and why it cannot be; empty where it can."""
    unknown = [key for key in plan.keys if key not in manner.keys]
    if unknown:
        return plan, f"no such language: {', '.join(unknown)}; there are {', '.join(manner.keys)}"
    keys = plan.keys or tuple(manner.keys)
    least = plan.least_citizens(manner)
    citizens = plan.citizens or max(20, 2 * least)
    plan = Plan(**{**vars(plan), "keys": keys, "citizens": citizens})
    if citizens < least:
        return plan, (
            f"{citizens} citizens are too few: Seva answers {manner.most.minute} messages a minute "
            f"of each and {manner.most.hour} an hour, so give --citizens {least} or more"
        )
    if plan.ramp >= plan.seconds:
        return plan, "the ramp is as long as the run: no message would be counted"
    return plan, ""


async def _driven(driver: Driver) -> Run:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    console = Console(stderr=True)
    if not console.is_terminal:
        return await driver.drive(stop, lambda run: None)
    with Live(console=console, transient=True, auto_refresh=False) as live:
        return await driver.drive(stop, lambda run: live.update(_progress(run), refresh=True))


def _progress(run: Run) -> Table:
    """What the last seconds were like."""
    table = Table(title="Ctrl-C ends it with the numbers so far", title_justify="left")
    for name in (
        "time",
        "sent",
        "taken",
        "answered",
        "waiting",
        "refused",
        "200 p95",
        "answer p95",
    ):
        table.add_column(name, justify="right")
    if not run.began:
        table.add_row("waiting for the first answer", *[""] * 7)
        return table
    now, sent = run.now(), list(run.ledger.sent.values())
    answered = sum(one.answered is not None for one in sent)
    taken = [
        one.accepted - one.due for one in sent if one.accepted and one.accepted > now - _LATELY
    ]
    told = [one.answered - one.due for one in sent if one.answered and one.answered > now - _LATELY]
    table.add_row(
        f"{now:.0f} of {run.plan.seconds:g} s",
        str(len(sent)),
        str(run.ledger.accepted),
        str(answered),
        str(len(sent) - answered),
        str(sum(run.ledger.refused.values())),
        *(_p95(times) for times in (taken, told)),
    )
    return table


def _p95(times: Sequence[float]) -> str:
    return milliseconds(percentiles(times)["p95"]) if times else "-"
