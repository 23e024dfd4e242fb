"""What a check is, and what it finds: the port between the doctor and all that it looks at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from nlu.doctor.deployment import Deployment
    from nlu.settings import Role

Severity = Literal["critical", "trouble", "notice"]
"""`critical`: citizens get no answer, or what they told is lost or open. `trouble`: something does
not work, or soon will not. `notice`: to know; alone it is no failure."""
SEVERITIES: tuple[Severity, ...] = get_args(Severity)


@dataclass(frozen=True)
class Finding:
    """One trouble, in three short sentences. Never a secret, a number of a citizen, or a URL's
    path: what is printed may be pasted anywhere."""

    severity: Severity
    what: str
    why: str
    mend: str


class NotLooked(Exception):
    """A check cannot look now; the message says why, and that is no trouble by itself."""


Look = Callable[["Deployment"], Iterable[Finding]]


@dataclass(frozen=True)
class Check:
    """One look at a deployment. No finding means that `well` is true."""

    name: str
    well: str
    """What is so when nothing is wrong; a line of the table in docs/running.md."""
    finds: str
    """What it finds, for that table."""
    roles: Sequence[Role]
    """Who is concerned; none means every role."""
    look: Look


def check(name: str, well: str, finds: str, *roles: Role) -> Callable[[Look], Check]:
    """Makes a check of a function that yields findings, or raises NotLooked."""

    def made(look: Look) -> Check:
        return Check(name, well, finds, roles, look)

    return made
