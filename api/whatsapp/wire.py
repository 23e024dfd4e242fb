"""Outgoing messages as the JSON that the Cloud API takes."""

from __future__ import annotations

import regex

from api.inbox.port import Parcel
from api.whatsapp.outgoing import Outgoing, Template

_PHONE = regex.compile(r"[0-9]+")


def recipient(citizen: str) -> dict[str, str]:
    """A phone number goes in `to`, a business-scoped user id in `recipient`."""
    field = "to" if _PHONE.fullmatch(citizen) else "recipient"
    return {"recipient_type": "individual", field: citizen}


def message_body(parcel: Parcel, media_id: str | None = None) -> dict:
    """The body of `POST /{phone_number_id}/messages`."""
    kind, content = _content(parcel.message, media_id)
    return {
        "messaging_product": "whatsapp",
        **recipient(parcel.citizen),
        "type": kind,
        kind: content,
        "biz_opaque_callback_data": parcel.tracker,
    }


def typing_body(message_id: str) -> dict:
    """Read receipt and typing indicator in one call."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }


def _content(message: Outgoing, media_id: str | None) -> tuple[str, dict]:
    if message.kind == "text":
        return "text", {"body": message.text, "preview_url": False}
    if message.template is not None:
        return "template", _template(message.template)
    if message.kind == "document":
        content = {"id": media_id, "filename": message.filename, "caption": message.text}
        return "document", content
    if message.kind == "voice":
        return "audio", {"id": media_id, "voice": True}
    if message.kind == "buttons":
        action: dict = {
            "buttons": [
                {"type": "reply", "reply": {"id": option.id, "title": option.title}}
                for option in message.options
            ]
        }
        kind = "button"
    else:
        rows = []
        for option in message.options:
            row = {"id": option.id, "title": option.title}
            rows.append(row | ({"description": option.description} if option.description else {}))
        action = {
            "button": message.button,
            "sections": [{"title": message.button, "rows": rows}],
        }
        kind = "list"
    return "interactive", {"type": kind, "body": {"text": message.text}, "action": action}


def _template(template: Template) -> dict:
    parameters = [{"type": "text", "text": text} for text in template.parameters]
    return {
        "name": template.name,
        "language": {"code": template.language},
        "components": [{"type": "body", "parameters": parameters}],
    }
