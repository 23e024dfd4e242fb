"""What may import what: the contracts hold, and the documents say the same."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import regex
import tomli

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = ROOT / "docs" / "architecture.md"
TABLE = regex.compile(r"<!-- import-contracts -->\n(?:\|.*\n){2}((?:\|.*\n)+)")


def contracts() -> list[dict[str, Any]]:
    """As pyproject.toml has them."""
    project = tomli.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    return project["tool"]["importlinter"]["contracts"]


def pairs(contract: dict[str, Any]) -> set[tuple[str, str]]:
    """(module, what it must not import); `*` is every module outside."""
    if contract["type"] == "protected":
        return {("*", module) for module in contract["protected_modules"]}
    if contract["type"] == "acyclic_siblings":
        return {(ancestor, "a circle of its packages") for ancestor in contract["ancestors"]}
    if contract["type"] == "independence":
        return {(a, b) for a in contract["modules"] for b in contract["modules"] if a != b}
    return {(a, b) for a in contract["source_modules"] for b in contract["forbidden_modules"]}


@pytest.mark.slow
def test_contracts_hold() -> None:
    """import-linter, as `make check` runs it."""
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as l; l()"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-1000:]
    assert "0 broken" in done.stdout


def test_document_says_the_same() -> None:
    """docs/architecture.md lists each pair of the contracts, and no other."""
    found = TABLE.search(DOCUMENT.read_text("utf-8"))
    assert found, "docs/architecture.md has no table under <!-- import-contracts -->"
    documented = set()
    for row in found.group(1).splitlines():
        left, right = row.strip("| ").split(" | ")
        documented |= {
            (a, b)
            for a in regex.findall(r"`(.+?)`", left)
            for b in regex.findall(r"`(.+?)`", right)
        }
    assert documented == {pair for contract in contracts() for pair in pairs(contract)}


@pytest.mark.parametrize("folder", ["text", "catalogue", "slots", "classifier", "encoder"])
def test_heavy_libraries_are_imported_late(folder: str) -> None:
    """Where the light commands pass, torch and the like are imported inside functions only."""
    heavy = {"rasa", "tensorflow", "torch", "transformers", "sentence_transformers", "onnxruntime"}
    for path in (ROOT / "nlu" / folder).rglob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            names = {a.name for a in node.names} if isinstance(node, ast.Import) else set()
            if isinstance(node, ast.ImportFrom):
                names = {node.module or ""}
            assert {name.split(".")[0] for name in names} & heavy == set(), path


@pytest.mark.parametrize("package", ["nlu", "actions", "api"])
def test_no_module_is_a_drawer(package: str) -> None:
    """Nothing is called utils, helpers, common, manager or base (CONTRIBUTING.md)."""
    drawers = {"utils", "helpers", "common", "manager", "base", "misc"}
    named = [path for path in (ROOT / package).rglob("*.py") if path.stem in drawers]
    assert named == []
