"""The JSON schemas that editors use agree with the data."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

import nlu.catalogue

SCHEMAS = Path(nlu.catalogue.__file__).parent / "schemas"
DATA = Path(__file__).resolve().parents[2] / "data"
KINDS = {
    "service": "services/*/*.yml",
    "conversation": "conversation/**/*.yml",
    "department": "departments/*.yml",
    "slot_types": "slot_types.yml",
    "gazetteer": "gazetteers/*.yml",
    "phrases": "phrases.yml",
    "languages": "languages.yml",
}


def validator(kind: str) -> jsonschema.Draft7Validator:
    """Validator of one schema, which may refer to the files beside it."""
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text("utf-8"))
    resolver = jsonschema.RefResolver(f"{SCHEMAS.as_uri()}/{kind}.json", schema)
    return jsonschema.Draft7Validator(schema, resolver=resolver)


def files() -> Iterator[tuple[str, Path]]:
    """Every data file with its schema."""
    for kind, pattern in KINDS.items():
        for file in sorted(DATA.glob(pattern)):
            if file.name != "defaults.yml":
                yield kind, file


@pytest.mark.parametrize(("kind", "file"), list(files()), ids=lambda p: getattr(p, "name", p))
def test_data_fits_its_schema(kind: str, file: Path) -> None:
    """What `seva check` accepts, the editor accepts too."""
    loaded = yaml.load(file.read_text("utf-8"), Loader=yaml.CSafeLoader)
    errors = [
        f"{'/'.join(map(str, e.path))}: {e.message}" for e in validator(kind).iter_errors(loaded)
    ]
    assert errors == []


@pytest.mark.parametrize("kind", [*KINDS, "words"])
def test_schema_is_itself_valid(kind: str) -> None:
    """Draft 7."""
    jsonschema.Draft7Validator.check_schema(json.loads((SCHEMAS / f"{kind}.json").read_text()))


@pytest.mark.parametrize("kind", KINDS)
def test_every_property_is_described(kind: str) -> None:
    """The descriptions are what the data team reads in the editor."""
    schema = json.loads((SCHEMAS / f"{kind}.json").read_text("utf-8"))
    properties: dict[str, Any] = schema["properties"]
    assert [name for name, value in properties.items() if "description" not in value] in (
        [],
        ["places"],
    )
