"""Every phrase that the dialogue names exists, in every language, within its limit."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from nlu.catalogue import Catalogue

ACTIONS = Path(__file__).resolve().parents[2] / "actions"
FILES = [ACTIONS / "actions.py", *sorted((ACTIONS / "dialogue").glob("*.py"))]
DYNAMIC = {"confirm_yes", "confirm_no", "thanks", "nothing_to_cancel", "affirmed_nothing_open"}
DYNAMIC |= {"unavailable_unsure", "unavailable_overdue", "sympathy_loss", "sympathy_anger"}
BUTTONS = (
    *("confirm_yes", "confirm_no", "retry_button", "menu_button", "choose_button", "change_button"),
    *(
        "choose_service_button",
        "back",
        "skip_button",
        "yes_button",
        "no_button",
        "right_button",
        "wrong_button",
    ),
)


def constants(node: ast.expr) -> Iterator[str]:
    """Text constants of an index: "a", or "a" if x else "b"."""
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield part.value


def named_phrases() -> set[str]:
    """`phrases["x"]` and `form.say("x", ...)` in the source."""
    found: set[str] = set()
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Subscript) and _is_phrases(node.value):
                index = node.slice
                if isinstance(index, ast.IfExp):
                    found |= {*constants(index.body), *constants(index.orelse)}
                elif not isinstance(index, ast.Name):
                    found |= set(constants(index))
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "say":
                found |= set(constants(node.args[0]))
    return found


def _is_phrases(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "phrases") or (
        isinstance(node, ast.Attribute) and node.attr == "phrases"
    )


def test_phrases_that_are_named_exist(catalogue: Catalogue) -> None:
    """Found in the source, so that a typo never waits for a citizen."""
    named = named_phrases() | DYNAMIC
    assert {"old_button", "unavailable_saved", "welcome", "help"} <= named
    assert named - set(catalogue.phrases) == set()


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_phrases_are_in_every_language(catalogue: Catalogue, language: str) -> None:
    """And in its script, names of commands aside."""
    from nlu.text import shares

    script = {"te": "Telu", "hi": "Deva", "en": "Latn"}[language]
    for name, words in catalogue.phrases.items():
        text = words[language]
        assert text.strip(), name
        if any(c.isalpha() for c in text.split("{")[0]) and len(text) > 25:
            assert shares(text)[script] > 0.5, name


@pytest.mark.parametrize("language", ["te", "hi", "en"])
@pytest.mark.parametrize("name", BUTTONS)
def test_button_phrases_fit_a_button(catalogue: Catalogue, name: str, language: str) -> None:
    """WhatsApp cuts nothing off: it refuses the message."""
    assert len(catalogue.phrases[name][language]) <= 20
