"""What the page says and knows: its own words, the forms' labels, the departments' names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from actions.documents.form import FORMS
from actions.documents.short_field import field_names
from nlu.fast_yaml import load_yaml
from nlu.paths import data_folder

SITE = Path(__file__).parent


class MissingWords(ValueError):
    """Words that lack one of the languages; the message names them all."""


def page_data() -> Mapping[str, Any]:
    """All that the browser needs beside code, as JSON. Raises MissingWords."""
    data = data_folder()
    languages = _read(data / "languages.yml")
    named: list[str] = languages["reply_languages"]
    page = _read(SITE / "words.yml")
    require_languages(page, named)
    return {
        "languages": [{"tag": tag, "name": languages["keys"][tag]["name"]} for tag in named],
        "default": languages["default_language"],
        "settings": {
            **_read(SITE / "settings.yml"),
            **_read(SITE.parent / "keys.yml"),
            "field_names": list(field_names()),
        },
        "words": page,
        "forms": {file.stem: _form(_read(file)) for file in sorted((data / FORMS).glob("*.yml"))},
        "departments": dict(_departments(data / "departments")),
    }


def require_languages(words: Any, languages: list[str]) -> None:
    """Raises MissingWords, naming every text that lacks a language."""
    missing = list(_gaps(words, languages, "words.yml"))
    if missing:
        raise MissingWords("\n".join(missing))


def _read(file: Path) -> Any:
    return load_yaml(file.read_text(encoding="utf-8"))


def _form(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: raw[name] for name in ("title", "labels", "note")}


def _departments(folder: Path) -> Iterator[tuple[str, Mapping[str, str]]]:
    for file in sorted(folder.glob("*.yml")):
        raw = _read(file)
        if "department" in raw:  # else the defaults of all
            yield raw["department"], raw["title"]


def _gaps(node: Any, languages: list[str], path: str) -> Iterator[str]:
    """Every leaf is a mapping with all the languages; `tone` and `fields` are no words."""
    if not isinstance(node, Mapping):
        return
    if set(node) & set(languages):
        lacking = [tag for tag in languages if not node.get(tag)]
        if lacking:
            yield f"{path}: no words in {', '.join(lacking)}"
        return
    for name, below in node.items():
        yield from _gaps(below, languages, f"{path}.{name}")
