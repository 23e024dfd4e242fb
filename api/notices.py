"""News for a citizen who has not asked just now: read from JSON, rendered for WhatsApp."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import regex

from api.inbox.port import News
from api.phrases import PhraseBook
from api.problems import Problem
from api.whatsapp.outgoing import told_along
from api.whatsapp.policy import WhatsAppPolicy
from api.whatsapp.render import as_template, render
from nlu.text.script import is_blank
from nlu.turn import Button, Document, Link, Notice, Reply

_ID = regex.compile(r"[A-Za-z0-9._:-]{1,128}")
_URL = regex.compile(r"https?://\S{1,2000}")
_MEMBERS = {"id", "citizen", "language", "about", "text", "buttons", "document", "link", "talk"}


def as_news(notice: Notice, phrases: PhraseBook, policy: WhatsAppPolicy) -> News:
    """The notice as messages, and as a template for a citizen who has been silent too long."""
    heading = f"*{notice.about}*"  # a text that begins with its heading gets no second one
    headed = notice.text.startswith(heading)
    text = notice.text
    if not headed and not notice.talk:
        text = phrases.headed(notice.about, notice.text, notice.language)
    drafts = render(
        [Reply(text, notice.buttons, document=notice.document, link=notice.link)],
        inbox_id=notice.id,
        words=phrases.for_rendering(notice.language),
        limits=policy.limits,
    )
    drafts = told_along(drafts, notice.citizen, notice.language)
    rest = notice.text.removeprefix(heading).lstrip(" :\n") or notice.text
    found = as_template(notice.about, rest, notice.language, policy.template)
    template, says_all = found or (None, False)
    whole = says_all and not notice.buttons and notice.document is None and notice.link is None
    return News(notice.id, notice.citizen, drafts, template, whole, notice.talk)


def read_notice(data: Mapping[str, Any], languages: Collection[str]) -> Notice:
    """The notice in a JSON object. Raises the problem `invalid-request`."""
    unknown = sorted(set(data) - _MEMBERS)
    if unknown:
        raise Problem("invalid-request", f"`{unknown[0][:40]}` is not a member of a notice.")
    notice = Notice(
        id=_text(data, "id"),
        citizen=_text(data, "citizen"),
        language=_text(data, "language"),
        about=_text(data, "about"),
        text=_text(data, "text"),
        buttons=_buttons(data.get("buttons")),
        document=_document(data.get("document")),
        link=_link(data.get("link")),
        talk=data.get("talk", False),
    )
    if not isinstance(notice.talk, bool):
        raise Problem("invalid-request", "`talk` must be true or false.")
    if not _ID.fullmatch(notice.id):
        raise Problem("invalid-request", "`id` must be 1 to 128 letters, digits or one of `._:-`.")
    if notice.language not in languages:
        raise Problem("invalid-request", f"`language` must be one of {', '.join(languages)}.")
    return notice


def _text(data: Mapping[str, Any], name: str, of: str = "") -> str:
    value = data.get(name)
    if not isinstance(value, str) or is_blank(value):
        raise Problem("invalid-request", f"`{of}{name}` must be a string that is not blank.")
    return value.encode("utf-8", "replace").decode("utf-8")


def _buttons(value: Any) -> tuple[Button, ...]:
    found = [] if value is None else value
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Problem("invalid-request", "`buttons` must be a list of objects.")
    return tuple(
        Button(
            _text(one, "title", "buttons/"),
            _text(one, "payload", "buttons/"),
            _text(one, "description", "buttons/") if one.get("description") else None,
        )
        for one in found
    )


def _link(value: Any) -> Link | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Problem("invalid-request", "`link` must be an object or null.")
    url = _text(value, "url", "link/")
    if not _URL.fullmatch(url):
        raise Problem("invalid-request", "`link/url` must be an http or https address.")
    return Link(_text(value, "title", "link/"), url)


def _document(value: Any) -> Document | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Problem("invalid-request", "`document` must be an object or null.")
    url = _text(value, "url", "document/")
    if not _URL.fullmatch(url):
        raise Problem("invalid-request", "`document/url` must be an http or https address.")
    return Document(url, _text(value, "filename", "document/"))
