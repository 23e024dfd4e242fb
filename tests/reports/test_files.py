"""CSV that is no formula, and a PDF whose text is what was printed, in three languages."""

from __future__ import annotations

import asyncio
import csv
import io
import subprocess
import threading
from pathlib import Path

import httpx
import pytest
from starlette.testclient import TestClient

from actions.reports import app
from actions.reports.app import month_before, reports_app
from actions.reports.command import report_command
from actions.reports.csv_file import harmless, report_csv, table_csv
from actions.reports.pdf import report_pdf
from actions.reports.table import Column, Shown, Table
from nlu.settings.settings import ActionsSettings
from tests.documents.paper import copied_text
from tests.reports.conftest import TODAY, Town

SAID = {
    "te": ["పౌరుల అభ్యర్థనల నివేదిక", "విద్యుత్ శాఖ", "మొదలైన అభ్యర్థనలు", "శ్రీ పొట్టి శ్రీరాములు నెల్లూరు"],
    "hi": ["नागरिकों के अनुरोधों की रिपोर्ट", "बिजली विभाग", "शुरू हुए अनुरोध", "ज़िले के अनुसार"],
    "en": ["Report on citizens' requests", "Electricity", "Requests begun", "Guntur"],
}


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize("first", ["=", "+", "-", "@", "\t", "\r", "\n", "＝"])
def test_no_cell_is_taken_for_a_formula(first: str) -> None:
    evil = f"{first}cmd|' /C calc'!A0"
    table = Table("x", "x", evil, [Column(evil)], [(evil, [Shown(evil)])], (evil, [Shown(evil)]))
    cells = [cell for row in read(table_csv(table)) for cell in row]
    assert cells == [f"'{evil}"] * 6
    assert harmless("1,200") == "1,200"


def test_numbers_are_numbers_and_hidden_ones_are_words() -> None:
    rows = [
        ("a", [Shown("12,34,567", 1234567.0)]),
        ("b", [Shown("<5")]),
        ("c", [Shown("−3.2", -3.2)]),
    ]
    content = table_csv(Table("x", "x", "name", [Column("n")], rows))
    assert content.startswith(b"\xef\xbb\xbf")
    assert read(content) == [["name", "n"], ["a", "1234567"], ["b", "<5"], ["c", "-3.2"]]


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_all_tables_in_one_file(town: Town, language: str) -> None:
    town.month()
    report = town.reporter.report({"period": "2026-11", "language": language})
    rows = read(report_csv(report))
    for table in report.tables:
        assert [table.title] in rows
    assert all(len(row) <= 7 for row in rows)


@pytest.mark.slow
@pytest.mark.parametrize("language", SAID)
def test_the_printed_text_can_be_read_back(town: Town, language: str, tmp_path: Path) -> None:
    town.month()
    report = town.reporter.report({"period": "2026-11", "language": language})
    content = report_pdf(report, town.reporter.now)
    assert content == report_pdf(report, town.reporter.now)
    text = " ".join(copied_text(content))
    for words in SAID[language]:
        assert words in text, text
    assert "1,200" in text and "<5" in text
    (tmp_path / "report.pdf").write_bytes(content)
    shown = subprocess.run(
        ["pdfinfo", str(tmp_path / "report.pdf")], capture_output=True, text=True, check=True
    )
    assert "Pages:" in shown.stdout


def test_the_department_side_answers_over_http(town: Town) -> None:
    town.month()
    with TestClient(reports_app(town.reporter)) as client:
        asked = {"period": "2026-11", "language": "en"}
        found = client.get("/", params=asked).json()
        assert found["first"] == "2026-11-01"
        assert ["energy", "Electricity"] in found["departments"]
        told = client.get("/table.csv", params={**asked, "table": "languages"})
        assert told.headers["content-type"].startswith("text/csv")
        assert "English" in told.content.decode("utf-8-sig")
        assert client.get("/report.pdf", params=asked).content.startswith(b"%PDF")
        assert len(client.get("/report.csv", params=asked).content) > 1000
        assert client.get("/table.csv", params={**asked, "table": "../x"}).status_code == 404
        assert client.get("/", params={"period": "never"}).status_code == 422


async def test_a_page_does_not_wait_behind_a_pdf(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A PDF takes seconds; the page is there while it is being made."""
    begun, may_end = threading.Event(), threading.Event()

    def slow(*_: object) -> bytes:
        begun.set()
        may_end.wait(60)
        return b"%PDF"

    monkeypatch.setattr(app.pdf, "report_pdf", slow)
    town.month()
    asked = {"period": "2026-11", "language": "en"}
    transport = httpx.ASGITransport(reports_app(town.reporter))
    async with httpx.AsyncClient(transport=transport, base_url="http://reports") as client:
        printing = asyncio.create_task(client.get("/report.pdf", params=asked))
        try:
            await asyncio.to_thread(begun.wait, 60)
            found = await asyncio.wait_for(client.get("/", params=asked), 30)
            assert found.status_code == 200 and not printing.done()
        finally:
            may_end.set()
        assert (await printing).content == b"%PDF"


def test_no_small_number_leaves_the_department_side(town: Town) -> None:
    """What is hidden is not in the JSON either."""
    town.month()
    with TestClient(reports_app(town.reporter)) as client:
        found = client.get("/", params={"period": "2026-11", "language": "en"}).json()
    counts = [
        value
        for table in found["tables"]
        if not table["name"].startswith("drift")
        for _, places in table["rows"]
        for text, value in places
        if value is not None and "%" not in text
    ]
    assert counts and not [value for value in counts if 0 < value < 5]


def test_the_month_before() -> None:
    assert month_before(TODAY) == "2026-10"
    assert month_before(TODAY.replace(year=2027, month=1)) == "2026-12"


def test_the_command_knows_two_kinds_of_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    settings = ActionsSettings.read()
    assert report_command(settings, tmp_path / "report.xls", "2026-11", "te", "") == 2
    assert report_command(settings, tmp_path / "report.csv", "11/2026", "te", "") == 1
    told = capsys.readouterr().err
    assert ".pdf or .csv" in told and "write it as 2026-11" in told
    assert not (tmp_path / "report.csv").exists()
