"""Writes the kinds of slots into docs/catalogue.md and into the schema that editors read."""

from __future__ import annotations

import json
import re
from pathlib import Path

from nlu.slots.kind import Kind, kinds

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "catalogue.md"
SCHEMA = ROOT / "nlu" / "catalogue" / "schemas" / "slot_types.json"
_TABLE = re.compile(r"(?<=<!-- kinds -->\n).*?(?=\n\n)", re.DOTALL)
_NOTES = {
    "accepts": "media types",
    "checksum": "`verhoeff`",
    "choices": "`value`, `title`, `forms`",
    "longest": "characters; else as in `data/lexicon/names.yml`",
    "unit": "an entry of `data/lexicon/units.yml`",
    "when": "`past`, `future`, `any`",
}


def page(text: str) -> str:
    """`docs/catalogue.md` with the table of kinds as they are."""
    rows = "\n".join(_row(kind) for _, kind in sorted(kinds().items()))
    table = f"| kind | reads | its own keys |\n|---|---|---|\n{rows}"
    return _TABLE.sub(lambda _: table, text)


def _row(kind: Kind) -> str:
    keys = [f"{_key(key)}, must be there" for key in kind.needs] + [_key(k) for k in kind.allows]
    return f"| `{kind.name}` | {kind.reads} | {'; '.join(keys) or '-'} |"


def _key(key: str) -> str:
    return f"`{key}` ({_NOTES[key]})" if key in _NOTES else f"`{key}`"


def schema(text: str) -> str:
    """`slot_types.json` with the kinds as they are."""
    loaded = json.loads(text)
    type_of = loaded["properties"]["types"]["additionalProperties"]
    type_of["properties"]["kind"]["enum"] = sorted(kinds())
    return json.dumps(loaded, ensure_ascii=False, indent=2) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
    SCHEMA.write_text(schema(SCHEMA.read_text("utf-8")), "utf-8")
