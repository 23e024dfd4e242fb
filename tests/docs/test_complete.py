"""What exists is documented: commands, configuration, import rules, slot types, faults.

Metrics, alerts and run-books are held against each other in `tests/operations`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
import typer
from typer.core import TyperGroup

from actions.departments.result import Reason
from actions.payments.payment import MOVES
from actions.sandbox.faults import Mode
from nlu.catalogue import shared_catalogue
from nlu.cli import app
from nlu.fast_yaml import load_yaml
from nlu.slots.kind import kinds
from tests.docs.pages import ROOT, pages, prose, text


def commands(group: Any, before: str = "") -> Iterator[str]:
    """Every command as it is typed after `seva`, groups left out. Typer's groups are not click's:
    it brings a click of its own."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, f"{before}{name} ")
        else:
            yield before + name


COMMANDS = list(commands(typer.main.get_command(app)))


def quoted(page: str) -> set[str]:
    """Everything in backticks on a page, outside fenced blocks."""
    return set(re.findall(r"`([^`\n]+)`", prose(ROOT / page)))


def keys(value: Any) -> Iterator[str]:
    """Every key of a YAML tree."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from keys(inner)


def test_every_command_is_explained() -> None:
    written = "\n".join(page.read_text("utf-8") for page in pages())
    missing = [name for name in COMMANDS if not re.search(rf"seva {name}\b", written)]
    assert not missing


def unknown(typed: str) -> bool:
    """Whether words after `seva` are neither a command, with or without what it is given, nor a
    group alone."""
    is_command = any(f"{typed} ".startswith(f"{name} ") for name in COMMANDS)
    return not is_command and not any(name.startswith(f"{typed} ") for name in COMMANDS)


def test_commands_in_the_documentation_exist() -> None:
    named = set()
    for page in pages():
        named |= set(
            re.findall(
                r"(?:^\$ |^|`|& )seva ([a-z][a-z-]+(?: [a-z][a-z-]+)*)",
                page.read_text("utf-8"),
                re.M,
            )
        )
    assert {"inbox hold", "documents keys rotate"} <= named
    assert {typed for typed in named if unknown(typed)} == set()


def test_commands_of_groups_are_seen() -> None:
    assert {"inbox hold", "keys rotate", "documents keys rotate"} <= set(COMMANDS)
    assert not {"inbox", "keys", "documents keys"} & set(COMMANDS)
    assert [t for t in ("inbox", "check", "check this", "inbox gone", "gone") if unknown(t)] == [
        "inbox gone",
        "gone",
    ]


@pytest.mark.parametrize(
    "file, page",
    [
        ("config.yml", "docs/understanding.md"),
        ("data/dialogue.yml", "docs/dialogue.md"),
    ],
)
def test_every_key_is_explained(file: str, page: str) -> None:
    assert set(keys(load_yaml(text(file)))) - quoted(page) == set()


def test_defaults_of_departments_are_explained() -> None:
    defaults = load_yaml(text("data/departments/defaults.yml"))
    assert set(defaults) - quoted("docs/departments.md") == set()


def test_faults_and_reasons_are_explained() -> None:
    assert {*get_args(Mode), *get_args(Reason)} - quoted("docs/departments.md") == set()


def test_every_move_of_a_payment_is_drawn() -> None:
    drawn = re.findall(r"^    (\w+) --> (\w+)$", text("docs/payments.md"), re.M)
    assert set(drawn) == {(before, after) for before in MOVES for after in MOVES[before]}


def test_slot_types_are_explained_and_used() -> None:
    catalogue = shared_catalogue(ROOT / "data")
    page = text("docs/catalogue.md")
    rows = dict(re.findall(r"^\| (`.*) \| (\w+) \|$", page, re.M))
    written = {name: kind for names, kind in rows.items() for name in re.findall(r"`(\w+)`", names)}
    there = {name: slot_type.kind for name, slot_type in catalogue.slot_types.items()}
    assert {name: written.get(name) for name in there} == there
    assert set(kinds()) - quoted("docs/catalogue.md") == set()
    used = {slot.type.name for s in catalogue.services.values() for slot in s.slots}
    waiting = page.partition("Types that no service asks for yet")[2].partition("\n\n")[0]
    assert set(there) - used == set(re.findall(r"`(\w+)`", waiting))


def test_phrases_are_said_or_known_to_be_planned() -> None:
    code = "\n".join(
        path.read_text("utf-8")
        for folder in ("actions", "api", "nlu")
        for path in (ROOT / folder).rglob("*.py")
    )
    phrases = shared_catalogue(ROOT / "data").phrases
    silent = {name for name in phrases if not re.search(rf"[\"']{name}[\"']", code)}
    page = prose(ROOT / "docs" / "dialogue.md")
    planned = page.partition("## Sentences written, but not said yet")[2].partition("\n## ")[0]
    assert silent == set(re.findall(r"`(\w+)`", planned))


def test_settings_in_the_documentation_exist() -> None:
    known = set(re.findall(r"`(SEVA_\w+)`", text("docs/settings.md")))
    for page in pages():
        named = set(re.findall(r"\bSEVA_[A-Z0-9_]+\b", page.read_text("utf-8")))
        assert named - known == set(), page


def test_the_readme_has_the_two_commands() -> None:
    makefile = Path(ROOT / "Makefile").read_text("utf-8")
    for target in re.findall(r"^make (\w+)", text("README.md"), re.M):
        assert re.search(rf"^{target}:", makefile, re.M), target
    assert "make demo" in text("README.md") and "make test" in text("README.md")
