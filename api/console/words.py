"""The words of the pages: a file for the frame and for each area, each key in each language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from nlu.fast_yaml import load_yaml


class MissingWords(ValueError):
    """Some words lack a language. The message has a line for each."""


class Words:
    """Words by key and language."""

    def __init__(self, files: Iterable[tuple[str, Path]]) -> None:
        """Files by the area whose name goes before their keys; that of the frame names the
        languages. Raises MissingWords."""
        self._by_key: dict[str, Mapping[str, str]] = {}
        self.languages: Mapping[str, str] = {}
        wrong = []
        for area, file in files:
            raw: dict[str, Any] = load_yaml(file.read_text("utf-8")) or {}
            self.languages = raw.pop("languages", None) or self.languages
            for key, told in raw.items():
                lacking = [one for one in self.languages if not (told or {}).get(one)]
                wrong += [f"{file}: `{key}` has no `{one}`" for one in lacking]
                self._by_key[f"{area}.{key}"] = told
        if wrong:
            raise MissingWords("\n".join(wrong))
        self.default = next(iter(self.languages))

    def __contains__(self, key: str) -> bool:
        return key in self._by_key

    def say(self, key: str, language: str, values: Mapping[str, object]) -> str:
        """The words of a key, with values in braces filled in. Raises KeyError."""
        told = self._by_key[key][language]
        return told.format_map(values) if values else told
