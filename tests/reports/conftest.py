"""Tables with a month of counts, payments and hand-overs, on both engines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from actions.citizens import handover
from actions.citizens.counted import bucket
from actions.payments import ledger
from actions.payments.ledger import PAYMENTS
from actions.reports.app import Reporter
from actions.reports.figures import Sources
from nlu.catalogue import Catalogue, shared_catalogue
from nlu.daily_counts import FILE, DailyCounts, Key, day_number
from nlu.storage.tables import open_tables

DATA = Path(__file__).resolve().parents[2] / "data"
INDIA = ZoneInfo("Asia/Kolkata")
TODAY = date(2026, 11, 30)
NOW = datetime(2026, 11, 30, 18, 0, tzinfo=INDIA).timestamp()
BILL = ("energy", "electricity_bill_view")
FAULT = ("energy", "electricity_supply_failure_complaint")
INCOME = ("revenue", "income_certificate")
LANGUAGES = {"te": 60, "te-Latn": 40, "hi": 20, "hi-Latn": 9, "en": 30}


@dataclass
class Town:
    """What is kept, and who reports on it."""

    sources: Sources
    catalogue: Catalogue
    reporter: Reporter

    def add(self, what: str, times: int, day: date = TODAY, **about: str) -> None:
        seconds = int(about.get("kind") or 0) * times if what in ("done", "waited") else 0
        self.sources.counts.add({Key(what, day_number(day), **about): (times, seconds)})

    def pay(self, state: str, paise: int, number: int, department: str = "energy") -> None:
        row = {
            "id": f"{state}{number}", "bill": f"bill{state}{number}", "department": department,
            "operation": "pay", "gateway": "sandbox", "order_id": f"o{state}{number}",
            "paise": paise, "state": state, "opened_at": NOW, "changed_at": NOW, "due_at": None,
            "tries": 0, "told": "", "receipt": "", "alarm": "", "private": "x", "version": 0,
        }  # fmt: skip
        with self.sources.payments.begin() as db:
            db.execute(PAYMENTS.insert().values(**row))

    def wait(self, number: str, opened: float) -> None:
        row = {"number": number, "request": number, "opened": opened, "closed": False, "told": "x"}
        with self.sources.handovers.begin() as db:
            db.execute(handover.TABLES.head.tables["handover"].insert().values(**row))

    def month(self) -> None:
        """A usual month."""
        for language, times in LANGUAGES.items():
            self.add("messages", times, department="energy", language=language, kind="written")
        self.add("messages", 12, department="energy", language="te", kind="spoken")
        self.add("messages", 80, department="energy", kind="tapped")
        for (department, service), times in {BILL: 70, FAULT: 25, INCOME: 30}.items():
            where = {"department": department, "service": service}
            early = date(2026, 11, 20)
            self.add("begun", times, **where)
            self.add("begun", 6, early, **where)
            self.add("done", times - 10, kind=bucket(100), **where)
            self.add("begun_in", times, department=department, district="guntur")
            self.add("begun_in", 6, early, department=department, district="nellore")
            self.add("done_in", times - 10, department=department, district="guntur")
            self.add("unhappy", 7, kind="clarified", **where)
        self.add("unhappy", 3, kind="dead")
        self.add("handed_over", 9, kind="asked_for", department=BILL[0], service=BILL[1])
        self.add("waited", 8, kind=bucket(3000), department=BILL[0], service=BILL[1])
        self.add("answers", 90, kind="ok", department="energy")
        self.add("answers", 11, kind="unavailable", department="energy")
        self.add("answers", 2, kind="rejected", department="energy")
        for number in range(8):
            self.pay("booked", 100_050, number)
        for number in range(6):
            self.pay("refunded", 20_000, number)
        self.wait("000001", NOW - 7200)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return shared_catalogue(DATA)


@pytest.fixture()
def town(tmp_path: Path, url_of: Callable[[Path], str], catalogue: Catalogue) -> Town:
    sources = Sources(
        DailyCounts(url_of(tmp_path / FILE)),
        open_tables(url_of(tmp_path / "journal.sqlite"), ledger.TABLES),
        open_tables(url_of(tmp_path / "handover.sqlite"), handover.TABLES),
        INDIA,
    )
    reporter = Reporter(lambda: sources, lambda: catalogue, lambda: NOW)
    return Town(sources, catalogue, reporter)


def statements(sources: Sources) -> list[str]:
    """Collects what the databases are asked from now on."""
    found: list[str] = []
    for engine in (sources.counts.engine, sources.payments, sources.handovers):
        sa.event.listen(
            engine,
            "before_cursor_execute",
            lambda _c, _cur, sql, *_: found.append(sql),
        )
    return found
