"""`seva benchmark console`: how long the console works on each of its pages, with months of data.

So many messages for review lie on cards, with decisions; 5,000 requests at the desk, counts of 90
days, 100,000 rows of the audit, 30 change proposals in a repository, 30 models beside the live one.
The real console and the real action server run over them, on SQLite or PostgreSQL. Every address
that answers GET is called, with its parameters filled in: once right after the start (cold), then
so many times in an order drawn by lot, one after the other. What is told is the console's own time,
from the request's arrival in the application to the page (`Server-Timing`). The peer of the same
run is `/health`, which reads one row. Exit code 1 where 99 % of the calls of a page take more than
300 ms, or where a page is not given.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import re
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from starlette.routing import Route

from api.console.areas import AREAS
from api.console.roles import roles
from benchmarks.command import Document, machine_line, versions_line
from benchmarks.machine import machine
from benchmarks.stream.steps import Steps
from benchmarks.stream.stream import summary
from benchmarks.upheaval.place import models_folder
from benchmarks.upheaval.stop import until_stopped
from benchmarks.workbench import contents
from benchmarks.workbench.messages import held_out
from benchmarks.workbench.place import ENGINES, Person, Workbench, workbench
from nlu.catalogue import Catalogue, load_catalogue
from nlu.paths import data_folder

WANTED_MS = 300.0
PEER = "/health"
_SERVICE = "electricity_bill_view"
_READY_S, _ROUND_S = 180.0, 2.0
_DOWNLOADED = 3
"""Times that a download is made."""
_DURATION = re.compile(r"app;dur=([\d.]+)")
_FILES = ("/reports/{file}",)
"""Downloads, which are made and not shown: they are told, and not judged."""
_SIGNED_OUT = ("/sign-in", "/invitation/{token}")
"""Pages for somebody without a session; others are led on."""
_NOT_HERE = ("/sign-in/oidc", "/sign-in/oidc/back", "/models/jobs/{job}")
"""Answers that need a provider of accounts, or a training that runs."""


@dataclass
class Filled:
    """What the addresses name."""

    cards: int
    cases: Sequence[str]
    proposals: Sequence[str]
    models: Sequence[str]
    moment: float
    invitation: str


@dataclass
class Called:
    """One address, who calls it, and how long it took, in milliseconds."""

    route: str
    path: str
    browser: httpx.AsyncClient
    cold: float = 0.0
    cold_status: int = 0
    times: list[float] = field(default_factory=list)
    wrong: list[int] = field(default_factory=list)

    @property
    def is_page(self) -> bool:
        """Whether it is judged."""
        return self.route not in _FILES


def addresses(filled: Filled, draw: random.Random) -> dict[str, list[str]]:
    """Every route that answers GET -> some addresses of it."""
    numbers = [draw.randrange(1, filled.cards) for _ in range(3)]
    service = f"/catalogue/services/{_SERVICE}"
    change = f"/catalogue/changes/{filled.proposals[0]}"
    case = f"/desk/{filled.cases[0]}"
    model = f"/models/{filled.models[0]}" if filled.models else ""
    other = filled.models[1] if len(filled.models) > 1 else ""
    found = {
        "/": ["/"],
        "/review": ["/review", "/review?language=te"],
        "/review/card/{number:int}": [f"/review/card/{number}" for number in numbers],
        "/review/services": ["/review/services?find=bill", "/review/services?find=బస్సు"],
        "/review/names": ["/review/names"],
        "/review/why/{number:int}": [f"/review/why/{numbers[0]}"],
        "/review/list": ["/review/list", "/review/list?state=done", "/review/list?state=handed"],
        "/review/disputed": ["/review/disputed"],
        "/review/agreement": ["/review/agreement"],
        "/review/ready": ["/review/ready", f"/review/ready?after={filled.cards // 2}"],
        "/catalogue": ["/catalogue", "/catalogue?q=bill", "/catalogue?page=3"],
        "/catalogue/changes": ["/catalogue/changes"],
        "/catalogue/changes/{id}": [change],
        "/catalogue/changes/{id}/patch": [f"{change}/patch"],
        "/catalogue/services/{name}": [
            *(service, f"{service}?key=hi&part=holdout"),
            f"{service}?proposal={filled.proposals[0]}",
        ],
        "/catalogue/services/{name}/whatsapp/{what}": [f"{service}/whatsapp/replies.ok"],
        "/catalogue/services/{name}/sentences/{part}/{key}": [f"{service}/sentences/utterances/te"],
        "/catalogue/services/{name}/words/{what}": [f"{service}/words/title"],
        "/catalogue/talk": ["/catalogue/talk"],
        "/catalogue/talk/{place}": ["/catalogue/talk/greet", "/catalogue/talk/greet?key=hi"],
        "/catalogue/talk/{place}/sentences/{part}/{key}": [
            "/catalogue/talk/greet/sentences/utterances/te"
        ],
        "/models": ["/models"],
        "/models/train": ["/models/train"],
        "/models/jobs": ["/models/jobs"],
        "/models/compare": [
            f"/models/compare?a={filled.models[0]}&b={other}" if other else "/models/compare"
        ],
        "/models/rollback": ["/models/rollback"],
        "/models/canary": ["/models/canary"],
        "/models/{model}/shadow": [f"{model}/shadow"] if model else [],
        "/models/{model}/canary": [f"/models/{other}/canary"] if other else [],
        "/models/{model}": [model, f"{model}?all=1"] if model else [],
        "/models/{model}/promote": [f"/models/{other}/promote"] if other else [],
        "/reports": [
            *("/reports", "/reports?period=28days", "/reports?period=28days&department=energy"),
        ],
        "/reports/{file}": [
            *("/reports/report.csv", "/reports/table.csv?table=services", "/reports/report.pdf"),
        ],
        "/desk": ["/desk", "/desk?state=mine", "/desk?state=closed", "/desk?state=claimed"],
        "/desk/{number}": [case],
        "/desk/{number}/talk": [f"{case}/talk?since=2"],
        "/accounts": ["/accounts"],
        "/audit": ["/audit", f"/audit?before={filled.moment}"],
        "/sign-in": ["/sign-in"],
        "/invitation/{token}": [f"/invitation/{filled.invitation}"],
    }
    return {route: some for route, some in found.items() if some}


def routes() -> list[str]:
    """Every route of the console that answers GET, but for those that need more than a table."""
    return [
        route.path
        for area in AREAS
        for route in area.routes
        if isinstance(route, Route)
        and "GET" in (route.methods or ())
        and route.path not in _NOT_HERE
    ]


async def fill(
    place: Workbench, given: argparse.Namespace, catalogue: Catalogue, data: Path
) -> tuple[Filled, Person, Document]:
    """Everything that lies in the tables, and somebody who may see all of it."""
    departments = (*catalogue.departments, "general")
    person = place.person("Lakshmi Devi", [*roles()], departments)
    others = [place.person(f"Reader {number}", ["annotator"]) for number in range(2)]
    messages = held_out(catalogue, given.seed)

    def work() -> tuple[dict[int, int], list[str], int, float, list[str]]:
        return (
            contents.review_of(place, messages, given.messages, others, given.seed),
            contents.desk_of(place, catalogue, messages, person, given.seed),
            contents.counts_of(place, catalogue, given.seed),
            contents.audit_of(place, [one.account.name for one in others]),
            contents.proposals_of(place, data, catalogue),
        )

    began = time.perf_counter()
    states, cases, counts, moment, proposals = await asyncio.to_thread(work)
    cards = sum(states.values())
    models = sorted(one.parent.name for one in place.settings.models_dir.glob("*/manifest.json"))
    filled = Filled(cards, cases, proposals, models, moment, place.invitation("Somebody"))
    told = {
        **{"messages": cards * contents.ON_A_CARD, "cards": cards, "requests": contents.REQUESTS},
        **{"counts": counts, "deeds": contents.DEEDS, "proposals": len(proposals)},
        **{"models": len(models), "filled_in_s": round(time.perf_counter() - began, 1)},
    }
    return filled, person, told


async def measured(given: argparse.Namespace, folder: Path, steps: Steps) -> Document:
    """Raises RuntimeError."""
    steps.begin("Copying")
    data = await asyncio.to_thread(contents.repository, data_folder().absolute(), folder)
    catalogue = load_catalogue(data)
    models, _ = contents.models_of(models_folder(), folder)
    async with workbench(folder, given.engine, data, models) as place:
        steps.begin("Filling")
        filled, person, told = await fill(place, given, catalogue, data)
        draw = random.Random(given.seed)
        known = addresses(filled, draw)
        steps.begin("Starting")
        await place.supervisor.start()
        signed_in = _browser(place, {person.cookie: person.session})
        async with signed_in as inside, _browser(place, {}) as outside:
            called = [
                Called(route, path, outside if route in _SIGNED_OUT else inside)
                for route, some in {PEER: [PEER], **known}.items()
                for path in some
            ]
            steps.begin("Cold")
            for one in called:
                one.cold_status, one.cold = await _call(one)
            ready_s = await _ready(called)
            show = steps.begin("Measuring")
            for number in range(given.times):
                show(number / given.times)
                draw.shuffle(called)
                for one in called:
                    if not one.is_page and number >= _DOWNLOADED:
                        continue
                    status, took = await _call(one)
                    one.times.append(took)
                    if status != 200:
                        one.wrong.append(status)
    called.sort(key=lambda one: one.path)
    missed = sorted(set(routes()) - set(known))
    rows = [_row(one) for one in called]
    return {"contents": told, "ready_s": ready_s, "pages": rows, "not_called": missed}


def _browser(place: Workbench, cookies: Mapping[str, str]) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=place.address, cookies=dict(cookies), timeout=60.0, trust_env=False
    )


async def _call(one: Called) -> tuple[int, float]:
    began = time.perf_counter()
    answer = await one.browser.get(one.path)
    took = _DURATION.search(answer.headers.get("server-timing", ""))
    return answer.status_code, float(took[1]) if took else 1000 * (time.perf_counter() - began)


async def _ready(called: Sequence[Called]) -> float:
    """Seconds until every page that said "not yet" is given."""
    began, until = time.perf_counter(), time.perf_counter() + _READY_S
    waiting = [one for one in called if one.cold_status == 503]
    while waiting and time.perf_counter() < until:
        await asyncio.sleep(1)
        waiting = [one for one in waiting if (await _call(one))[0] == 503]
    return round(time.perf_counter() - began, 1)


def _row(one: Called) -> Document:
    found = summary([took / 1000 for took in one.times])
    return {
        **{"route": one.route, "path": one.path, "judged": one.is_page},
        **{"cold_ms": round(one.cold, 1), "cold_status": one.cold_status},
        **{"p50_ms": found["p50_ms"], "p99_ms": found["p99_ms"], "worst_ms": found["longest_ms"]},
        "not_given": one.wrong,
    }


def too_slow(row: Mapping[str, object]) -> bool:
    """Whether a page is not as fast as it must be, or not given."""
    return bool(row["not_given"]) or (bool(row["judged"]) and float(str(row["p99_ms"])) > WANTED_MS)


def lines(found: Document) -> Iterator[str]:
    """The table."""
    told = found["contents"]
    yield f"{found['asked']['engine']}: " + ", ".join(f"{k} {v}" for k, v in told.items())
    yield f"{'ms of the console':64}{'p50':>8}{'p99':>8}{'worst':>8}{'cold':>9}"
    for row in found["pages"]:
        cold = f"{row['cold_ms']:g}" + ("" if row["cold_status"] == 200 else "*")
        note = ""
        if row["not_given"]:
            note = f"  not given: {sorted(set(row['not_given']))}"
        elif too_slow(row):
            note = "  too slow"
        elif not row["judged"]:
            note = "  (a download, not judged)"
        yield (
            f"{row['path'][:63]:64}{row['p50_ms']:>8g}{row['p99_ms']:>8g}{row['worst_ms']:>8g}"
            f"{cold:>9}{note}"
        )
    yield f"* not given at once; all pages are given {found['ready_s']:g} s after the first round"
    if found["not_called"]:
        yield f"not called: {', '.join(found['not_called'])}"
    pages = [row for row in found["pages"] if row["judged"]]
    worst = max(pages, key=lambda row: row["p99_ms"])
    reached = "missed" if any(map(too_slow, found["pages"])) else "reached"
    yield (
        f"slowest p99: {worst['p99_ms']:g} ms, {worst['path']} "
        f"(wanted at most {WANTED_MS:g} ms: {reached})"
    )


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark console`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark console",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--messages", type=int, default=200_000, help="stored for review")
    parser.add_argument("--engine", choices=ENGINES, default="sqlite")
    parser.add_argument(
        "--times", type=int, default=30, help="calls of each page, without the first"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if given.messages < 100 or given.times < 1:
        parser.error("--messages is at least 100 and --times above 0")
    facts = machine()
    try:
        expected = {"Copying": 10, "Filling": given.messages / 1500 + 30, "Starting": 15}
        expected |= {"Cold": 10, "Measuring": given.times * _ROUND_S}
        with (
            tempfile.TemporaryDirectory(prefix="seva-console-") as folder,
            Steps(expected, quiet=given.json) as steps,
        ):
            found = asyncio.run(until_stopped(measured(given, Path(folder), steps)))
    except (RuntimeError, FileNotFoundError) as problem:
        print(problem, file=sys.stderr)
        return 1
    found = {"machine": facts, "asked": vars(given), **found}
    if given.json:
        print(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        print("\n".join([machine_line(facts), versions_line(facts), *lines(found)]))
    return 1 if any(map(too_slow, found["pages"])) else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
