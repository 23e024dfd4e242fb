"""What a call to a department comes to: an outcome, or a reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from nlu.turn import Document

UNAVAILABLE = "unavailable"
"""The outcome of every call that did not reach a mapped answer; replies handle it generically."""

Reason = Literal[
    "timeout",  # no answer in time; a write may have happened: ask again with the same request_id
    "connect",  # no connection, or it broke
    "status",  # a status (or problem code) that the department's YAML does not map
    "schema",  # the answer breaks the department's OpenAPI document
    "breaker_open",  # spared: too many failures in a row
    "request",  # our own request does not fit the OpenAPI document; nothing was sent
    "egress",  # the host may not be called from here; nothing was sent
    "auth",  # the department's token server gave no token; nothing was sent
    "journal",  # our own journal of writes cannot be written; nothing was sent
    "unsure",  # a write may have arrived, nobody can be asked, and it is never sent again
    "overdue",  # accepted, but not answered in the time that the YAML gives
    "standstill",  # no answer because our own process stood still
    "document",  # answered, but the document that goes with it cannot be issued now
]


@dataclass(frozen=True)
class Wanted:
    """A document that Seva has yet to issue: its form, a text for each label, a file name."""

    form: str
    values: dict[str, str]
    filename: str | None = None


@dataclass(frozen=True)
class OperationResult:
    """The answer to one `Connector.execute`; never an exception."""

    outcome: str
    fields: dict[str, str] = field(default_factory=dict)
    document: Document | None = None
    elapsed_ms: int = 0
    reason: Reason | None = None
    """Why the outcome is `unavailable`; for logs and operators, not for citizens."""
    in_doubt: bool = False
    """A write without an answer, which may have been carried out all the same."""
    attempts: int = 0
    pending: bool = False
    """Accepted; the answer comes later, to `on_settled`."""
    wanted: Wanted | None = None
    """What is to be issued before the answer is told; then it is `document`."""
    missed: bool = False
    """Somebody may be guessing: no such record for this sender, or a code is wanted or wrong."""

    @property
    def available(self) -> bool:
        """Whether the department gave an answer that its YAML maps."""
        return self.outcome != UNAVAILABLE


class CallFailed(Exception):
    """Carries a reason from the depth of a call to `Connector.execute`, and no further.

    `detail` must never hold values of the request or of the answer: it goes to the log.
    `sent` is false where the request surely never reached the department; `earlier` is set where
    another try of the same write may have.
    """

    earlier = False

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
        sent: bool = True,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
        self.sent = sent and reason not in _NEVER_SENT

    @property
    def may_be_done(self) -> bool:
        """Whether a write that failed so may have been carried out all the same.

        A refusal (4xx) says that it was not; 409 may mean that the first try is still at work.
        """
        refused = self.reason == "status" and self.status is not None and 400 <= self.status < 500
        done = self.sent and not (refused and self.status != _CONFLICT)
        return self.earlier or done


_NEVER_SENT = frozenset({"breaker_open", "request", "egress", "auth", "journal"})
_CONFLICT = 409
