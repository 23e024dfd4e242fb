"""What a call to a department comes to: an outcome, or a reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

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
]


@dataclass(frozen=True)
class Document:
    """A file of the department to send along; the host of `url` was checked."""

    url: str
    filename: str


@dataclass(frozen=True)
class OperationResult:
    """The answer to one `Connector.execute`; never an exception."""

    outcome: str
    fields: dict[str, str] = field(default_factory=dict)
    document: Document | None = None
    elapsed_ms: int = 0
    reason: Reason | None = None
    """Why the outcome is `unavailable`; for logs and operators, not for citizens."""
    attempts: int = 0

    @property
    def available(self) -> bool:
        """Whether the department gave an answer that its YAML maps."""
        return self.outcome != UNAVAILABLE


class CallFailed(Exception):
    """Carries a reason from the depth of a call to `Connector.execute`, and no further.

    `detail` must never hold values of the request or of the answer: it goes to the log.
    """

    def __init__(
        self,
        reason: Reason,
        detail: str = "",
        *,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail
        self.status = status
        self.retry_after = retry_after
