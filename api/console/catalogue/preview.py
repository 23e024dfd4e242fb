"""How WhatsApp would show a service's words: cut and laid out by the same code that sends them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from api.console.catalogue.shelf import Shelf
from api.phrases import PhraseBook
from api.whatsapp.outgoing import Outgoing
from api.whatsapp.render import render
from nlu.catalogue.model import Catalogue, Service
from nlu.turn import Button, Reply

_ROWS = 4  # services of a department that the list of a menu shows


@dataclass(frozen=True)
class Bubbles:
    """The messages of one language; `length` in code points of the text that was written, `longest`
    that WhatsApp takes in one message, 0 where the list decides."""

    language: str
    messages: Sequence[Outgoing]
    length: int
    longest: int


def preview(
    shelf: Shelf, catalogue: Catalogue, service: Service, what: str, words: Mapping[str, str]
) -> list[Bubbles]:
    """What a citizen sees of `words`, in each language. `what` is the path of the words:
    `replies.ok`, `menu`, `slots.0.ask`."""
    book = PhraseBook(catalogue.phrases, catalogue.languages.default)
    found = []
    for language in catalogue.languages.reply:
        text = words.get(language, "").strip()
        reply = _reply(catalogue, service, what, text, language)
        drafts = render(
            [reply] if reply.text or reply.buttons else [],
            inbox_id="preview",
            words=book.for_rendering(language),
            limits=shelf.policy.limits,
        )
        longest = shelf.policy.limits.text
        found.append(Bubbles(language, [one.message for one in drafts], len(text), longest))
    return found


def _reply(catalogue: Catalogue, service: Service, what: str, text: str, language: str) -> Reply:
    part, _, rest = what.partition(".")
    if part in ("title", "menu", "about"):
        return _menu(catalogue, service, part, text, language)
    if part == "replies":
        others = (catalogue.services.get(name) for name in service.follow_ups.get(rest, ()))
        return Reply(text, tuple(Button(one.menu[language], one.name) for one in others if one))
    if part == "confirm_text":
        names = ("confirm_yes", "confirm_no")
        said = [catalogue.phrases[name][language] for name in names if name in catalogue.phrases]
        return Reply(text, tuple(Button(word, word) for word in said))
    if part == "slots":
        slot = service.slots[int(rest.partition(".")[0])]
        choices = [Button(one.title[language], one.value) for one in slot.type.choices]
        return Reply(text, tuple(choices))
    return Reply(text)


def _menu(catalogue: Catalogue, service: Service, part: str, text: str, language: str) -> Reply:
    """The row of the service in the list of its department, among some others."""
    own = {"menu": service.menu[language], "about": service.about[language], part: text}
    others = [
        Button(one.menu[language], one.name, one.about[language])
        for one in catalogue.services.values()
        if one.department == service.department and one.name != service.name
    ]
    first = Button(own["menu"] or "?", service.name, own["about"])
    head = text if part == "title" else catalogue.departments[service.department].title[language]
    return Reply(head, (first, *others[: _ROWS - 1]))
