"""Who may make which model live, from a page. The terminal is the operator's, and freer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from api.console.accounts import Account
from api.console.models.records import Registry
from nlu.training.gate import Verdict

Obstacle = Literal["", "live", "own", "no_verdict", "failed", "forbidden"]


def obstacle(
    account: Account,
    model: str,
    lineage: Mapping[str, str],
    registry: Registry,
    verdict: Verdict | None,
) -> Obstacle:
    """What stands in the way of this account promoting this model; empty for nothing. `verdict` is
    the one against the model that is live now."""
    if not account.may("models.promote"):
        return "forbidden"
    if registry.live == model:
        return "live"
    if trained_by(account, lineage):
        return "own"
    if registry.live is None:
        return ""
    if verdict is None:
        return "no_verdict"
    return "" if verdict.passed else "failed"


def trained_by(account: Account, lineage: Mapping[str, str]) -> bool:
    """Whether this account trained a model, or a person of its name did on a terminal."""
    if lineage.get("account"):
        return lineage["account"] == account.id
    author = lineage.get("author", "")
    return bool(author) and _folded(author) == _folded(account.name)


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
