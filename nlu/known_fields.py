"""Two versions of Seva side by side: each reads what it knows of what the other wrote.

A newer version may add a key with a default to a record that is kept, or that goes from one process
to another. The older one goes on as if the key were not there (docs/migrations.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any


def known_fields(record: type[Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What `told` has of the fields of a dataclass; keys that the dataclass lacks are left out."""
    return {one.name: told[one.name] for one in fields(record) if one.name in told}
