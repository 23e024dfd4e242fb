"""A reply as backends get it: what it says and offers, in no messenger's words."""

from __future__ import annotations

from typing import Any

from api.conversations.identity import Conversation
from api.inbox.port import ReadyReply
from api.whatsapp.outgoing import Option, Outgoing


def as_json(ready: ReadyReply, conversation: Conversation) -> dict[str, Any]:
    """One reply. `payload` of an option comes back as `tap`; what it means stays here."""
    message = ready.message
    return {
        "number": ready.number,
        "in_reply_to": conversation.given_id(ready.inbox_id),
        "language": message.language or None,
        "model": message.model or None,
        "text": message.text,
        **_offered(message),
    }


def _offered(message: Outgoing) -> dict[str, Any]:
    if message.kind == "buttons":
        return {"buttons": [_option(one) for one in message.options]}
    if message.kind == "list":
        rows = [_option(one) | {"description": one.description} for one in message.options]
        return {"list": {"title": message.button, "rows": rows}}
    if message.kind == "link":
        return {"link": {"title": message.button, "url": message.link_url}}
    if message.kind == "document":
        return {"document": {"filename": message.filename, "url": message.document_url}}
    return {}


def _option(one: Option) -> dict[str, str]:
    return {"title": one.title, "payload": one.id}
