"""Pages of reports: who may see them, plots beside tables, files, and what goes wrong."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from actions.citizens import handover
from actions.payments import ledger
from actions.reports.app import Reporter, reports_app
from actions.reports.figures import Sources
from api.console.action_server import ServerAway
from api.console.reports.plots import plot
from nlu.action_address import CONSOLE_REPORTS
from nlu.catalogue import shared_catalogue
from nlu.daily_counts import FILE, DailyCounts, Key, day_number
from nlu.storage.tables import file_url, open_tables
from tests.console.conftest import House
from tests.reports.conftest import DATA, INDIA

DAY = date(2026, 11, 30)
QUERY = "/reports?period=month&month=2026-11"


class Server:
    """The console's way to the action server, without a socket between."""

    def __init__(self, client: TestClient) -> None:
        self.client, self.away = client, False

    async def ask(self, method: str, path: str, **more):  # type: ignore[no-untyped-def]
        if self.away:
            raise ServerAway(path)
        return self.client.request(method, path, **more)

    async def close(self) -> None:
        return None


@pytest.fixture()
def counts(tmp_path: Path) -> DailyCounts:
    return DailyCounts(file_url(tmp_path / FILE))


@pytest.fixture()
def server(house: House, tmp_path: Path, counts: DailyCounts) -> Iterator[Server]:
    catalogue = shared_catalogue(DATA)
    sources = Sources(
        counts,
        open_tables(file_url(tmp_path / "journal.sqlite"), ledger.TABLES),
        open_tables(file_url(tmp_path / "handover.sqlite"), handover.TABLES),
        INDIA,
    )
    reporter = Reporter(lambda: sources, lambda: catalogue, house.clock)
    app = Starlette(routes=[Mount(CONSOLE_REPORTS, reports_app(reporter))])
    with TestClient(app) as client:
        found = Server(client)
        house.console.server = found  # type: ignore[assignment]
        yield found


@pytest.fixture()
def filled(counts: DailyCounts, server: Server) -> Server:
    day = day_number(DAY)
    bill, outage = "electricity_bill_view", "electricity_outage_schedule"
    counts.add(
        {
            Key("messages", day, "energy", "", "te", "", "written"): (120, 0),
            Key("messages", day, "energy", "", "hi", "", "spoken"): (3, 0),
            Key("messages", day, "energy", "", "en", "", "written"): (40, 0),
            Key("begun", day, "energy", bill): (90, 0),
            Key("begun", day, "energy", outage): (25, 0),
            Key("answers", day, "<script>alert(1)</script>", "", kind="unavailable"): (9, 0),
        }
    )
    return server


@pytest.mark.parametrize("role", ["reader", "annotator", "editor", "releaser", "auditor"])
def test_who_may_see_reports(house: House, server: Server, role: str) -> None:
    assert house.person("sita", role).get("/reports").status_code == 200


@pytest.mark.parametrize("path", ["", "/report.pdf", "/report.csv", "/table.csv?table=days"])
def test_officers_and_strangers_may_not(house: House, server: Server, path: str) -> None:
    officer = house.person("ravi", "officer", departments=("energy",))
    assert officer.get(f"/reports{path}").status_code == 403
    assert "<h1>" not in house.stranger(follow_redirects=False).get(f"/reports{path}").text


def test_tables_stand_beside_plots_that_the_policy_allows(house: House, filled: Server) -> None:
    page = house.person("sita", "reader").get(QUERY)
    assert page.status_code == 200
    assert page.text.count("<svg") >= 4 and page.text.count("<table>") >= 6
    assert "style=" not in page.text and "<style" not in page.text
    assert 'class="bar"' in page.text
    assert "style-src 'self'" in page.headers["content-security-policy"]
    assert "&lt;5" in page.text  # the three spoken ones
    assert "<script>alert" not in page.text and "&lt;script&gt;alert" in page.text


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_pages_speak_three_languages(house: House, filled: Server, language: str) -> None:
    sita = house.person("sita", "reader")
    sita.send("/language", "/reports", language=language, next="/reports")
    page = sita.get(QUERY).text
    title = {"te": "రోజు వారీగా", "hi": "दिन के अनुसार", "en": "By day"}[language]
    assert f'<html lang="{language}">' in page and title in page


def test_a_form_that_says_nonsense_is_answered_with_words(house: House, server: Server) -> None:
    sita = house.person("sita", "reader")
    for wrong in ("month", "month&month=2026-77", "own", "own&first=x&last=y", "never"):
        page = sita.get(f"/reports?period={wrong}")
        assert page.status_code == 422 and 'role="alert"' in page.text
    assert sita.get("/reports?department=nowhere").status_code == 422


def test_files_are_saved_under_names_of_ours_and_noted(house: House, filled: Server) -> None:
    sita = house.person("sita", "reader")
    told = sita.get("/reports/table.csv?period=month&month=2026-11&table=languages")
    assert told.headers["content-disposition"] == 'attachment; filename="seva-languages.csv"'
    assert told.content.startswith(b"\xef\xbb\xbf") and b"120" in told.content
    assert sita.get("/reports/report.csv?period=month&month=2026-11").status_code == 200
    [*_, deed] = sorted(house.console.audit.latest(10), key=lambda one: one.at)
    assert deed.act == "reports.download" and deed.about["month"] == "2026-11"
    for name in ("../../etc/passwd", "x%0d%0aSet-Cookie:a=b", "nothing_like_it", ""):
        assert sita.get(f"/reports/table.csv?table={name}").status_code == 404


@pytest.mark.slow
def test_the_month_on_paper(house: House, filled: Server) -> None:
    printed = house.person("sita", "reader").get("/reports/report.pdf?period=month&month=2026-11")
    assert printed.headers["content-type"] == "application/pdf"
    assert printed.content.startswith(b"%PDF")


def test_without_the_action_server_the_page_says_so(house: House, server: Server) -> None:
    server.away = True
    assert house.person("sita", "reader").get("/reports").status_code == 503


def test_a_hidden_number_has_no_bar() -> None:
    table = {
        "title": "Languages",
        "plot": "bars",
        "columns": [["Messages", True], ["Share", False]],
        "rows": [["te", [["120", 120], ["75 %", 75]]], ["hi <b>", [["<5", None], ["", None]]]],
    }
    drawn = str(plot(table))
    assert drawn.count('class="bar"') == 1 and "hi" not in drawn
    table["rows"][0][1][0] = ["<5", None]
    assert plot(table) is None


def test_days_are_drawn_from_left_to_right() -> None:
    rows = [[f"{day:02d}.11.2026", [[str(day), day]]] for day in range(1, 31)]
    table = {"title": "<Days>", "plot": "columns", "columns": [["Messages", True]], "rows": rows}
    drawn = str(plot(table))
    lefts = [float(one) for one in re.findall(r'class="bar" x="([\d.]+)"', drawn)]
    assert len(lefts) == 30 and lefts == sorted(lefts)
    assert 'aria-label="&lt;Days&gt;: Messages"' in drawn
