"""Writes docs/settings.md from the settings and the departments' files."""

from __future__ import annotations

from pathlib import Path

from nlu.settings.department_variables import department_variables
from nlu.settings.process import variable
from nlu.settings.settings import PROCESSES, TOOLS, Settings, readers

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
        "| variable | default | meaning | read by |",
        "|---|---|---|---|",
    ]
    documented = {variable(name) for name in Settings.__fields__}
    for name, field in sorted(Settings.__fields__.items(), key=lambda entry: _place(entry[0])):
        default = "(empty)" if field.default == "" else f"`{field.default}`"
        meaning, read_by = field.field_info.description or "", _read_by(name)
        lines.append(f"| `{variable(name)}` | {default} | {meaning} | {read_by} |")
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


def _place(name: str) -> tuple[int, str]:
    """What more processes read comes first, then by name."""
    return -len(readers(name)), name


def _read_by(name: str) -> str:
    roles = readers(name)
    return "all" if set(roles) == set(PROCESSES) - {"demo"} else ", ".join(roles)


if __name__ == "__main__":
    print(settings_markdown(), end="")
