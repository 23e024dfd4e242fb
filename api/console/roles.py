"""What each role of the console may do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

from nlu.fast_yaml import load_yaml

OFFICER = "officer"
"""The only role that is for departments."""


@lru_cache(maxsize=1)
def roles() -> Mapping[str, frozenset[str]]:
    """Permissions by role."""
    raw = load_yaml(Path(__file__).with_name("roles.yml").read_text("utf-8"))
    return {role: frozenset(may) for role, may in raw.items()}


def permissions(held: Iterable[str]) -> frozenset[str]:
    """What somebody with these roles may do. A role that is not known (any more) gives nothing."""
    return frozenset().union(*(roles().get(role, frozenset()) for role in held))


def check_roles(held: Iterable[str], departments: Iterable[str], known: Iterable[str]) -> None:
    """Raises ValueError where a role or a department is not known, or one is missing."""
    held, departments = list(held), list(departments)
    if not held:
        raise ValueError(f"an account needs a role: {', '.join(roles())}")
    for role in held:
        if role not in roles():
            raise ValueError(f"there is no role {role!r}: {', '.join(roles())}")
    for department in departments:
        if department not in (known := set(known)):
            raise ValueError(f"there is no department {department!r}: {', '.join(sorted(known))}")
    if OFFICER in held and not departments:
        raise ValueError(f"an {OFFICER} needs a department: --department ID")
