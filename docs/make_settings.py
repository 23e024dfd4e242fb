"""Writes docs/settings.md from the settings and the departments' files."""

from __future__ import annotations

from pathlib import Path

from nlu.settings.department_variables import department_variables
from nlu.settings.settings import TOOLS, Settings

ROOT = Path(__file__).parents[1]


def settings_markdown(data_dir: Path = ROOT / "data") -> str:
    """The text of `docs/settings.md`, from the settings and the departments' files."""
    lines = [
        "# Settings",
        "",
        "<!-- Written by `python docs/make_settings.py > docs/settings.md`; a test keeps it "
        "true. -->",
        "",
        "Environment variables, read once when a process starts. All have a default that works "
        "for the demo on one machine.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    fields = Settings.__fields__.values()
    documented = {f"SEVA_{field.name.upper()}" for field in fields}
    for field in fields:
        default = "(empty)" if field.default == "" else f"`{field.default}`"
        meaning = field.field_info.description or ""
        lines.append(f"| `SEVA_{field.name.upper()}` | {default} | {meaning} |")
    lines += [
        "",
        "## Departments and gateways",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{one.name}` | `{one.default}` | {one.owner}: {one.meaning} |"
        for one in department_variables(data_dir)
        if one.name not in documented
    ]
    lines += ["", "## Tools and tests", "", "| variable | meaning |", "|---|---|"]
    lines += [f"| `{name}` | {meaning} |" for name, meaning in TOOLS.items()]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(settings_markdown(), end="")
