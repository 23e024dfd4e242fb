"""Refuses outgoing messages as Meta would: required fields, lengths, counts, unique ids."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from api.demo.simulator.errors import MetaError
from api.demo.simulator.rules import Rules

MEDIA_TYPES = ("audio", "document", "image", "sticker", "video")
_BROKEN = re.compile(r"[\n\r\t]| {5}")
_Check = Callable[[dict[str, Any], Rules], None]


def check_message(body: dict[str, Any], rules: Rules) -> str:
    """The type of a valid message; raises `MetaError` for anything else."""
    if body.get("messaging_product") != "whatsapp":
        raise MetaError(100, "The parameter messaging_product is required.")
    if not body.get("to") and not body.get("recipient"):
        raise MetaError(100, "The parameter to is required.")
    tracker = body.get("biz_opaque_callback_data")
    if tracker is not None:
        _length(tracker, "biz_opaque_callback_data", rules.limits["tracker"])
    kind = body.get("type", "text")
    check = _CHECKS.get(kind)
    if check is None:
        raise MetaError(100, f"Param type must be one of {{{', '.join(sorted(_CHECKS))}}}.")
    content = body.get(kind)
    if not isinstance(content, dict):
        raise MetaError(100, f"The parameter {kind} is required.")
    check(content, rules)
    return str(kind)


def _text(content: dict[str, Any], rules: Rules) -> None:
    text = content.get("body")
    if not isinstance(text, str) or not text.strip():
        raise MetaError(100, "The parameter text['body'] is required.")
    longest = rules.limits["text"]
    if len(text) > longest:
        raise MetaError(100, f"Param text['body'] must be at most {longest} characters long.")


def _media(content: dict[str, Any], rules: Rules) -> None:
    has_id, has_link = bool(content.get("id")), bool(content.get("link"))
    if has_id == has_link:
        raise MetaError(100, "Exactly one of the parameters id and link is required.")
    if has_link and not re.match(r"https?://", str(content["link"])):
        raise MetaError(131009, "Param link is not a valid URL.")
    if "caption" in content:
        _length(content["caption"], "caption", rules.limits["caption"])
    if "filename" in content:
        _length(content["filename"], "filename", rules.limits["filename"])


def _reaction(content: dict[str, Any], rules: Rules) -> None:
    if not isinstance(content.get("message_id"), str):
        raise MetaError(131008, "The parameter reaction['message_id'] is required.")
    if not isinstance(content.get("emoji", ""), str):
        raise MetaError(131009, "Param reaction['emoji'] must be a string.")


def _location(content: dict[str, Any], rules: Rules) -> None:
    for name in ("latitude", "longitude"):
        try:
            float(content[name])
        except (KeyError, TypeError, ValueError):
            raise MetaError(131009, f"Param location['{name}'] is not valid.") from None


def _contacts(content: dict[str, Any], rules: Rules) -> None:
    raise MetaError(131009, "The simulator takes no contact cards.")


def _template(content: dict[str, Any], rules: Rules) -> None:
    name = content.get("name")
    language = (content.get("language") or {}).get("code")
    bodies = rules.templates.get(str(name), {})
    if language not in bodies:
        raise MetaError(132001, f"template name ({name}) does not exist in {language}")
    expected = len(set(re.findall(r"\{\{(\d+)\}\}", bodies[language])))
    values = template_parameters(content)
    given = len(values)
    if any(_BROKEN.search(value) or not value.strip() for value in values):
        raise MetaError(
            132018,
            "Param text cannot be empty, or have new-line/tab characters or more than 4 "
            "consecutive spaces",
        )
    if expected != given:
        raise MetaError(
            132000,
            f"body: number of localizable_params ({given}) does not match the expected number "
            f"of params ({expected})",
        )


def template_parameters(content: dict[str, Any]) -> list[str]:
    """Texts that fill the places of a template's body."""
    for component in content.get("components") or []:
        if component.get("type") == "body":
            return [str(value.get("text", "")) for value in component.get("parameters") or []]
    return []


def _interactive(content: dict[str, Any], rules: Rules) -> None:
    kind = content.get("type")
    check = _INTERACTIVE.get(str(kind))
    if check is None:
        raise MetaError(131009, f"Interactive type '{kind}' is not valid.")
    longest = rules.limits["list_body" if kind == "list" else "interactive_body"]
    text = (content.get("body") or {}).get("text")
    if not isinstance(text, str) or not text.strip():
        raise MetaError(131008, "interactive['body'] is required.")
    _length(text, "Body text", longest)
    for part in ("header", "footer"):
        given = content.get(part)
        if isinstance(given, dict) and given.get("type", "text") == "text":
            _length(given.get("text"), f"{part.title()} text", rules.limits[part])
    action = content.get("action")
    if not isinstance(action, dict):
        raise MetaError(131008, "interactive['action'] is required.")
    check(action, rules)


def _buttons(action: dict[str, Any], rules: Rules) -> None:
    buttons = action.get("buttons")
    most = rules.limits["buttons"]
    if not isinstance(buttons, list) or not 1 <= len(buttons) <= most:
        raise MetaError(
            131009, f"Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: {most}"
        )
    replies = [button.get("reply") or {} for button in buttons]
    if any(button.get("type") != "reply" for button in buttons):
        raise MetaError(131009, "Button type invalid. Must be one of: reply")
    for reply in replies:
        _length(reply.get("title"), "Button title", rules.limits["button_title"])
        _length(reply.get("id"), "Button id", rules.limits["button_id"])
    _unique([reply["id"] for reply in replies], "Button id")
    _unique([reply["title"] for reply in replies], "Button title")


def _list(action: dict[str, Any], rules: Rules) -> None:
    limits = rules.limits
    _length(action.get("button"), "Button label", limits["list_button"])
    sections = action.get("sections")
    if not isinstance(sections, list) or not 1 <= len(sections) <= limits["sections"]:
        raise MetaError(
            131009, f"Invalid sections count. Min: 1, Max allowed sections: {limits['sections']}"
        )
    rows: list[dict[str, Any]] = []
    for section in sections:
        if len(sections) > 1 or section.get("title"):
            _length(section.get("title"), "Section title", limits["section_title"])
        if not section.get("rows"):
            raise MetaError(131008, "Section rows are required.")
        rows.extend(section["rows"])
    if len(rows) > limits["rows"]:
        raise MetaError(131009, f"Total row count exceed max allowed count: {limits['rows']}")
    for row in rows:
        _length(row.get("title"), "Row title", limits["row_title"])
        _length(row.get("id"), "Row id", limits["row_id"])
        if "description" in row:
            _length(row["description"], "Row description", limits["row_description"], least=0)
    _unique([row["id"] for row in rows], "Row id")


def _link(action: dict[str, Any], rules: Rules) -> None:
    parameters = action.get("parameters") or {}
    _length(parameters.get("display_text"), "Display text", rules.limits["cta_text"])
    if not re.match(r"https?://", str(parameters.get("url"))):
        raise MetaError(131009, "Param url is not a valid URL.")


def _location_request(action: dict[str, Any], rules: Rules) -> None:
    if action.get("name") != "send_location":
        raise MetaError(131009, "Action name must be send_location.")


def _length(value: Any, name: str, longest: int, *, least: int = 1) -> None:
    if not isinstance(value, str) or not least <= len(value) <= longest:
        raise MetaError(
            131009, f"{name} length invalid. Min length: {least}, Max length: {longest}"
        )


def _unique(values: list[str], name: str) -> None:
    if len(set(values)) != len(values):
        raise MetaError(131009, f"{name} must be unique in one message.")


_CHECKS: dict[str, _Check] = {
    **dict.fromkeys(MEDIA_TYPES, _media),
    "text": _text,
    "reaction": _reaction,
    "location": _location,
    "contacts": _contacts,
    "template": _template,
    "interactive": _interactive,
}
_INTERACTIVE: dict[str, _Check] = {
    "button": _buttons,
    "list": _list,
    "cta_url": _link,
    "location_request_message": _location_request,
}
