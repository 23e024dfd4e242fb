"""What `seva report` does: no server is needed, only the tables."""

from __future__ import annotations

import sys
from pathlib import Path

from actions.reports.app import Reporter, month_before
from actions.reports.csv_file import report_csv
from actions.reports.figures import Sources
from actions.reports.pdf import report_pdf
from nlu.catalogue import shared_catalogue
from nlu.paths import data_folder
from nlu.settings.settings import ActionsSettings


def report_command(
    settings: ActionsSettings, out: Path, month: str, language: str, department: str
) -> int:
    """Writes the file; the exit code."""
    if out.suffix not in (".pdf", ".csv"):
        print(f"{out}: the name must end in .pdf or .csv", file=sys.stderr)
        return 2
    try:
        catalogue = shared_catalogue(data_folder())
        reporter = Reporter(lambda: Sources.of(settings), lambda: catalogue)
        asked = {
            "period": month or month_before(reporter.now.date()),
            "language": language,
            "department": department,
        }
        found = reporter.report(asked)
        content = report_csv(found) if out.suffix == ".csv" else report_pdf(found, reporter.now)
        out.write_bytes(content)
    except (OSError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{out}: {found.subtitle}")
    return 0
