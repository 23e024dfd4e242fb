"""What anybody may know of a document by its id: whether it counts, and its proof in the log."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from actions.documents.ledger import Ledger
from actions.documents.registry import Registry
from actions.transparency.folder import LogError
from actions.transparency.note import NoteError
from actions.transparency.tiles import TileError
from nlu.log import get_logger
from nlu.records import read_record

_log = get_logger(__name__)


def status(registry: Registry, ledger: Ledger, document_id: str) -> dict[str, Any]:
    """The answer of `GET /c/<id>/status`; no personal data.

    A document that is not in the log yet was given to nobody, and is unknown.
    """
    document = registry.by_id(document_id)
    if document is None or document.state == "pending":
        nothing = dict.fromkeys(("changed_at", "reason", "replaced_by", "log"))
        return {"id": document_id, "state": "unknown", **nothing}
    return {
        "id": document.id,
        "state": document.state,
        "changed_at": document.changed_at,
        "reason": document.reason and revocations().get(document.reason),
        "replaced_by": document.replaced_by,
        "log": _proof(registry, ledger, document.id),
    }


@lru_cache(maxsize=1)
def revocations() -> Mapping[str, Mapping[str, str]]:
    """Reasons for revoking: code -> words."""
    file = Path(__file__).with_name("revocations.yml")
    found: Mapping[str, Mapping[str, str]] = read_record(file, dict[str, dict[str, str]])
    return found


def _proof(registry: Registry, ledger: Ledger, document_id: str) -> dict[str, Any] | None:
    """None where the log cannot prove it: who asks then says that the log was not checked."""
    logged = registry.logged(document_id)
    if logged is None:
        return None
    try:
        receipt = ledger.receipt(logged.index)
    except (OSError, LogError, NoteError, TileError, IndexError) as error:
        _log.error("log_cannot_prove", index=logged.index, error=str(error))
        return None
    return {
        "index": receipt.index,
        "leaf": logged.leaf.hex(),
        "size": receipt.size,
        "proof": [node.hex() for node in receipt.proof],
        "checkpoint": receipt.checkpoint,
        "salt": logged.salt.hex(),
    }
