"""The environment variables that departments and gateways name in their files."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml

from nlu.fast_yaml import load_yaml

Kind = Literal["address", "secret", "switch", "plain"]
_MEANING = {"base_url": "address of the API", "callbacks": "key of the callbacks"}
_KINDS: dict[str, Kind] = {
    **dict.fromkeys(("base_url", "token_url"), "address"),
    **dict.fromkeys(("auth", "key", "secret", "client_secret"), "secret"),
    **dict.fromkeys(("allow_loopback", "allow_private"), "switch"),
}
"""By the word before the mapping; `auth` is a department's short form for its key."""


@dataclass(frozen=True)
class Variable:
    """`{env: NAME, default: VALUE}` in a file of `data/departments` or `data/gateways`."""

    name: str
    default: str
    owner: str
    """Id of the department or gateway; `defaults` where it is said for all."""
    kind: Kind
    meaning: str


def department_variables(data_dir: Path) -> list[Variable]:
    """Those of every file, in the order of the files; a file that cannot be read has none (its
    loader says what is wrong)."""
    found: list[Variable] = []
    for folder in ("departments", "gateways"):
        for file in sorted((data_dir / folder).glob("*.yml")):
            with suppress(OSError):
                found += _of_file(file, file.stat().st_mtime_ns)
    return found


@lru_cache(maxsize=256)
def _of_file(file: Path, _written: int) -> tuple[Variable, ...]:
    """Kept until the file is written again."""
    try:
        content = load_yaml(file.read_text(encoding="utf-8"))
    except (ValueError, yaml.YAMLError):
        return ()
    if not isinstance(content, dict):
        return ()
    return tuple(_in(content, str(content.get("department", file.stem))))


def _in(content: dict[str, Any], owner: str) -> Iterator[Variable]:
    for part, value in content.items():
        for word, entry in _entries(str(part), value):
            yield Variable(
                str(entry["env"]),
                str(entry.get("default", "")),
                owner,
                _KINDS.get(word, "plain"),
                _MEANING.get(str(part), "credential"),
            )


def _entries(word: str, value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every mapping with the name of a variable, at any depth, and the word before it."""
    if isinstance(value, dict):
        if isinstance(value.get("env"), str):
            yield word, value
        else:
            for name, below in value.items():
                yield from _entries(str(name), below)
