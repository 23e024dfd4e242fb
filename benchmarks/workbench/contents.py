"""What lies in the tables of an office after months: messages for review on cards, decisions on
them, requests at the desk, counts of days, an audit, change proposals, models.

Rows are what Seva's own code would have left, sealed as it seals them, and written at once.
"""

from __future__ import annotations

import json
import random
import secrets
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from actions.citizens import counted
from actions.citizens.handover import FILE as DESK
from actions.citizens.handover import GENERAL, Handovers
from actions.citizens.handover_tables import HANDOVERS
from actions.citizens.handover_talk import CITIZEN, OFFICER, citizens_hash
from actions.dialogue.steps import Handover
from api.console.schema import AUDIT, FILE, TABLES
from api.review.decision import NEW, Decision, one
from api.review.item import Item
from api.review.open import open_review
from api.review.state import DISPUTED, DONE, HANDED, OPEN, SECOND
from api.review.table import priority
from benchmarks.workbench.messages import Message
from benchmarks.workbench.place import Person, Workbench
from nlu.catalogue import Catalogue
from nlu.changes.document import Document
from nlu.changes.proposal import Author, Change, NewContent
from nlu.changes.workshop import open_workshop
from nlu.daily_counts import COUNTS as COUNTS_TABLE
from nlu.daily_counts import FILE as COUNTS
from nlu.daily_counts import UNHAPPY, DailyCounts, Key, day_number
from nlu.registry import LIVE, MANIFEST
from nlu.storage.sealing import keyed_hash, seal
from nlu.storage.tables import open_engine, open_tables

ON_A_CARD = 5
"""Messages that are almost the same, in the middle."""
REQUESTS, DEEDS, DAYS, PROPOSALS, MODELS = 5_000, 100_000, 90, 30, 30
_STATES = {OPEN: 0.58, SECOND: 0.02, DISPUTED: 0.01, DONE: 0.19, HANDED: 0.2}
"""Shares of the cards."""
_ROWS = 5_000
_DAY = 86_400.0
_NEAR = 3
_TALKED, _ENTRIES = 300, 12
Tell = Callable[[str], None]


def review_of(
    place: Workbench, messages: Sequence[Message], count: int, readers: Sequence[Person], seed: int
) -> dict[int, int]:
    """Messages on cards, with decisions; cards by state."""
    open_review(place.settings).close()  # makes the tables
    draw, engine = random.Random(seed), open_engine(place.settings.database_url)
    states = draw.choices([*_STATES], [*_STATES.values()], k=max(1, count // ON_A_CARD))
    days = [(date.today() - timedelta(days=number)).isoformat() for number in range(30)]
    labels = sorted({message.intent for message in messages})
    names = [reader.account.id for reader in readers]
    cards, items, near, decisions, handed = [], [], [], [], []
    for number, state in enumerate(states, 1):
        told = messages[number % len(messages)]
        others = [label for label in draw.sample(labels, 4) if label != told.intent]
        first = round(draw.uniform(0.2, 0.7), 4)
        ranking = ((told.intent, first), *((label, 0.05) for label in others))
        payload = Item(told.text, told.key, "clarify", ranking, model="measured").sealed()
        weight, day = 0.7 * (1 - first + 0.05), draw.choice(days)
        cards.append(
            {
                **{"card": number, "sound": f"s{number}", "shown": f"m{number}.0"},
                **{"language": told.key, "topic": told.intent, "count": ON_A_CARD},
                **{"weight": weight, "priority": priority(weight, ON_A_CARD), "twice": 0},
                **{"reasons": json.dumps({"asked": ON_A_CARD}), "state": state, "day": day},
            }
        )
        items += [
            {
                **{"id": f"m{number}.{n}", "card": number, "who": f"w{number * n % 60_000}"},
                **{"day": day, "reason": "asked", "payload": payload},
            }
            for n in range(ON_A_CARD)
        ]
        near += [{"near": f"n{number * n % 90_000}", "card": number} for n in range(1, _NEAR + 1)]
        if state == OPEN:
            continue
        decided = one(told.text, told.intent) if draw.random() < 0.97 else Decision(NEW, name="x")
        again = one(told.text, others[0]) if state == DISPUTED else decided
        for reader, decision in zip(names, (decided, again)[: 1 if state == SECOND else 2]):
            decisions.append(
                {
                    **{"seq": len(decisions) + 1, "card": number, "account": reader},
                    **{"at": time.time(), "part": "reader", "label": decision.label},
                    **{"payload": decision.sealed(), "undone": 0},
                }
            )
            if state == HANDED and reader == names[0]:
                handed.append(
                    {
                        **{"card": number, "decision": len(decisions), "part": 0},
                        **{"proposal": "20260101-000000-0000", "settled": 1},
                    }
                )
    rows = {
        "review_cards": cards,
        "review_items": items,
        "review_near": near,
        "review_decisions": decisions,
        "review_handed": handed,
    }
    for table, some in rows.items():
        _insert(engine, table, some)
    with engine.begin() as db:
        db.execute(
            sa.text(
                "INSERT INTO review_topics (state, language, topic, cards, top) "
                "SELECT state, language, topic, COUNT(*), MAX(priority) FROM review_cards "
                "GROUP BY state, language, topic"
            )
        )
        _counters(db, {"review_cards": "card", "review_decisions": "seq"})
    engine.dispose()
    return dict(Counter(states))


def desk_of(
    place: Workbench, catalogue: Catalogue, messages: Sequence[Message], officer: Person, seed: int
) -> list[str]:
    """Requests for a person, some with a long talk; the numbers of those that talk."""
    draw, handovers = random.Random(seed), Handovers(place.settings.table_url(DESK))
    services, now, rows = sorted(catalogue.services), time.time(), []
    numbers = draw.sample(range(1_000_000), REQUESTS)
    for at, number in enumerate(numbers):
        service, told = draw.choice(services), draw.choice(messages)
        department = catalogue.services[service].department if at % 20 else GENERAL
        citizen, opened = f"109:IN.{at}", now - draw.uniform(0, 60 * _DAY)
        record = Handover(
            **{"request": str(at), "service": service, "values": {"name": "లక్ష్మి"}},
            **{"asked": "name", "attempts": 3, "why": "asked_for", "last": told.text},
            **{"language": "te", "at": opened, "department": department},
        )
        claimed, closed = at < _TALKED, at > REQUESTS * 0.4
        rows.append(
            {
                **{"number": f"{number:06d}", "opened": opened, "closed": closed},
                "request": keyed_hash(f"{citizen}:{at}", "handover"),
                "told": seal({"citizen": citizen, "record": asdict(record)}),
                **{"unreadable_at": None, "mine": citizens_hash(citizen), "entries": 0},
                **{"department": department, "talker": None, "rating": None, "wrote": None},
                "officer": officer.account.id if claimed or closed else None,
                **{"claimed": opened + 60 if claimed else None, "answered": None},
                **{"ended": opened + 900 if closed else None, "reason": None},
            }
        )
    with handovers.engine.begin() as db:
        for some in _slices(rows):
            db.execute(HANDOVERS.insert(), some)
        talked = [row["number"] for row in rows[:_TALKED]]
        for number in talked:
            for entry in range(_ENTRIES):
                kind, who = (OFFICER, officer.account.id) if entry % 2 else (CITIZEN, None)
                said = {"text": draw.choice(messages).text}
                at = now - 600 + entry
                handovers.talk.add(db, str(number), kind, said, at, officer=who)
    handovers.engine.dispose()
    return [str(number) for number in talked]


def counts_of(place: Workbench, catalogue: Catalogue, seed: int) -> int:
    """Counts of the last days; how many rows."""
    draw, counts = random.Random(seed), DailyCounts(place.settings.table_url(COUNTS))
    today, rows = day_number(date.today()), 0
    districts = [f"district-{number}" for number in range(26)]
    for day in range(today - DAYS + 1, today + 1):
        sums: dict[Key, tuple[int, int]] = {}

        def add(what: str, seconds: int = 0, most: int = 400, **about: str) -> None:
            times = draw.randrange(most)
            sums[Key(what, day, **about)] = times, times * seconds  # noqa: B023

        for name, service in catalogue.services.items():
            where = {"department": service.department, "service": name}
            add(counted.BEGUN, **where)
            add(counted.DONE, 200, kind="300", **where)
            add(UNHAPPY, most=20, kind=counted.CLARIFIED, **where)
            add(counted.HANDED_OVER, most=4, kind="asked_for", **where)
        for department in catalogue.departments:
            for key in catalogue.languages.keys:
                add(counted.MESSAGES, 0, 2_000, department=department, language=key, kind="written")
            for district in districts:
                add(counted.BEGUN_IN, department=department, district=district)
                add(counted.DONE_IN, department=department, district=district)
            add(counted.ANSWERS, department=department, kind="ok")
            add(counted.WAITED, 4_000, department=department, kind="14400")
        some = [
            {**asdict(key), "times": times, "seconds": seconds}
            for key, (times, seconds) in sums.items()
        ]
        with counts.engine.begin() as db:
            db.execute(COUNTS_TABLE.insert(), some)
        rows += len(some)
    counts.close()
    return rows


def audit_of(place: Workbench, names: Sequence[str]) -> float:
    """What was done, all of it in the log; a moment in the middle."""
    engine, now = open_tables(place.settings.table_url(FILE), TABLES), time.time()
    acts = ("review.reader", "review.undo", "catalogue.change", "models.promote", "desk.claim")

    def rows() -> Iterator[dict[str, Any]]:
        for at in range(DEEDS):
            about = json.dumps({"card": at, "label": "electricity_bill_view"})
            yield {
                **{"id": secrets.token_hex(16), "at": now - (DEEDS - at) * 60.0, "entry": at},
                **{"account": names[at % len(names)], "act": acts[at % len(acts)], "about": about},
            }

    with engine.begin() as db:
        for some in _slices(rows()):
            db.execute(AUDIT.insert(), some)
    engine.dispose()
    return now - DEEDS * 30.0


def repository(source: Path, folder: Path) -> Path:
    """A copy of the catalogue in a repository of its own, so that proposals are branches there."""
    data = folder / "work" / "data"
    shutil.copytree(source, data, ignore=shutil.ignore_patterns("encoder"))
    for words in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=t", "-c", "user.email=t@x", "commit", "-qm", "the catalogue"),
    ):
        subprocess.run(("git", "-C", str(data.parent), *words), check=True)
    return data


def proposals_of(place: Workbench, data: Path, catalogue: Catalogue) -> list[str]:
    """Change proposals of a sentence each; their names."""
    committer = Author(place.settings.console_name, "console@seva.invalid")
    workshop = open_workshop(data.absolute(), place.settings.var_dir.absolute(), committer)
    found = []
    for number, service in zip(range(PROPOSALS), catalogue.services.values()):
        file = service.file.relative_to(catalogue.root).as_posix()
        content, version = workshop.content(file)
        document = Document(content)
        document.append(("utterances", "en"), f"a sentence heard in the field {number}")
        new = NewContent(file, version, document.content)
        author = Author("Latha", "latha@seva.invalid")
        found.append(workshop.proposals.keep(Change([new], author, "heard in the field")).id)
    return found


def models_of(source: Path, folder: Path) -> tuple[Path, list[str]]:
    """A registry with the live model of another one, and others of its size beside it; none where
    there is none."""
    made = folder / "models"
    made.mkdir()
    live = next(iter(source.glob(f"*/{MANIFEST}")), None)
    if (source / LIVE).exists() or (source / f"{LIVE}.json").exists():
        for path in source.iterdir():
            if not path.name.startswith(".") and path.name != "README.md":
                (made / path.name).symlink_to(path.resolve())
    if live is None:
        return made, []
    told = json.loads(live.read_text("utf-8"))
    names = [live.parent.name]
    for number in range(MODELS):
        name = f"2026010{number % 9 + 1}-0000{number:02d}-{number:08x}"
        (made / name).mkdir()
        for path in live.parent.iterdir():
            if path.name != MANIFEST:
                (made / name / path.name).symlink_to(path.resolve())
        (made / name / MANIFEST).write_text(json.dumps({**told, "id": name}), "utf-8")
        names.append(name)
    return made, names


def _insert(engine: sa.engine.Engine, table: str, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    columns = ", ".join(rows[0])
    values = ", ".join(f":{name}" for name in rows[0])
    sql = sa.text(f"INSERT INTO {table} ({columns}) VALUES ({values}) ON CONFLICT DO NOTHING")
    with engine.begin() as db:
        for some in _slices(rows):
            db.execute(sql, some)


def _counters(db: sa.engine.Connection, tables: dict[str, str]) -> None:
    """Numbers go on behind those that were given, and the planner knows how much there is."""
    for table, column in tables.items():
        if db.dialect.name == "postgresql":
            sequence = f"pg_get_serial_sequence('{table}', '{column}')"
            most = f"(SELECT MAX({column}) FROM {table})"
            db.execute(sa.text(f"SELECT setval({sequence}, {most})"))
    db.execute(sa.text("ANALYZE"))


def _slices(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == _ROWS:
            yield some
            some = []
    if some:
        yield some
