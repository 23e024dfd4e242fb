"""Right action, the headline measure of understanding: did Seva do what the message asked for?

It is right to open the service that was meant, to answer talk as the talk that was meant, and to
refuse what no service does. A question back is not right, nor is a refusal of what a service does.
So a model that asks or refuses more often does not look better than it is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True)
class Talk:
    """What is no service: `conversation` are the intents of talk, `elsewhere` those of them about
    what is done elsewhere, which count as out of scope."""

    conversation: frozenset[str]
    elsewhere: frozenset[str] = frozenset()

    @classmethod
    def of(cls, catalogue: Any) -> Talk:
        """That of a catalogue."""
        talk = catalogue.conversation
        return cls(frozenset(talk), frozenset(n for n, one in talk.items() if one.elsewhere))

    def group(self, intent: str) -> str:
        """`out_of_scope`, `conversation` or `service`."""
        if intent == OUT_OF_SCOPE or intent in self.elsewhere:
            return OUT_OF_SCOPE
        return "conversation" if intent in self.conversation else "service"

    def right(self, meant: str, kind: str, options: Sequence[str], top: str) -> bool:
        """Whether the decision `kind`, with the services in `options`, is the right action for a
        message that means `meant`; `top` is the intent that the model ranks first."""
        group = self.group(meant)
        if group == OUT_OF_SCOPE:
            return kind == OUT_OF_SCOPE
        if group == "conversation":
            return kind == "conversation" and top == meant
        return kind == "route" and list(options[:1]) == [meant]


def right_share(row: Mapping[str, Any]) -> float:
    """The share of right actions in a row of scores by key or by service. Rows of before it was
    counted tell it too: how often it acted, times how often that was right."""
    counted = row.get("right_action")
    return float(row["route_rate"] * row["route_precision"] if counted is None else counted)


def worst_key(metrics: Mapping[str, Any]) -> tuple[str, float]:
    """The key with the lowest share of right actions, and that share; ("", 0.0) without scores."""
    shares = {key: right_share(row) for key, row in metrics.get("by_key", {}).items()}
    return min(shares.items(), key=lambda pair: pair[1], default=("", 0.0))
