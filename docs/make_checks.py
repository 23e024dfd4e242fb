"""Writes the table of the doctor's checks into docs/running.md."""

from __future__ import annotations

import re
from pathlib import Path

from nlu.doctor.check import Check
from nlu.doctor.examination import all_checks

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "running.md"
_TABLE = re.compile(r"(?<=<!-- checks -->\n).*?(?=\n\n)", re.DOTALL)


def page(text: str) -> str:
    """`docs/running.md` with the table of checks as they are."""
    rows = "\n".join(_row(one) for one in all_checks())
    table = f"| check | finds | looked at for |\n|---|---|---|\n{rows}"
    return _TABLE.sub(lambda _: table, text)


def _row(one: Check) -> str:
    roles = ", ".join(f"`{role}`" for role in one.roles) or "all"
    return f"| `{one.name}` | {one.finds} | {roles} |"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
