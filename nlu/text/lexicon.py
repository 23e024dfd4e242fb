"""Word lists of `data/lexicon/`: read once, kept for the process."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]


def lexicon_folder() -> Path:
    """`lexicon/` under SEVA_DATA_DIR, or under the project's own `data/`."""
    data = Path(os.environ.get("SEVA_DATA_DIR") or "data")
    return (data if data.is_absolute() else _ROOT / data) / "lexicon"


@lru_cache(maxsize=32)
def _read(path: Path) -> Any:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return yaml.load(path.read_text("utf-8"), Loader=loader)


def load_lexicon(name: str) -> dict[str, Any]:
    """Content of `data/lexicon/<name>.yml`. Raises FileNotFoundError, yaml.YAMLError."""
    content = _read(lexicon_folder() / f"{name}.yml")
    if not isinstance(content, dict):
        raise TypeError(f"data/lexicon/{name}.yml must be a mapping")
    return content
