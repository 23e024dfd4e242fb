"""Makes WhatsApp's messages of the dialogue's replies, and the template of news.

Texts that follow each other become one message, because WhatsApp limits the messages to a citizen.
A link becomes a message with a button of its own. Up to three short options become buttons, up to
ten become a list, and more become a list with a row `more`. Options with long titles become
numbered lines; the citizen types the number.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import regex

from api.whatsapp.outgoing import Choice, Draft, Option, Outgoing, Template
from api.whatsapp.policy import Limits, TemplateRules
from nlu.text import mask
from nlu.text.script import cut_at, shortened
from nlu.turn import Button, Link, Reply

MORE = "more:"
_BREAKS = ("\n\n", "\n", "। ", ". ", "? ", "! ", " ")
_BREAK = regex.compile(r"\s*[\n\r\t\v\f\u0085\u2028\u2029]\s*")
_SPACES = regex.compile(r"\p{Zs}+")


@dataclass(frozen=True)
class RenderWords:
    """The words that rendering itself needs, in the citizen's language."""

    choose_one: str
    choose_button: str
    more: str
    document_caption: str


def render(
    replies: Sequence[Reply], *, inbox_id: str, words: RenderWords, limits: Limits
) -> list[Draft]:
    """The messages for `replies`. Ids of options depend only on `inbox_id` and the order."""
    return _Renderer(inbox_id, words, limits).drafts(replies)


def read_aloud(drafts: Sequence[Draft], longest: int) -> str:
    """The words that a voice reads: the texts, up to `longest` code points, and all options."""
    texts = "\n".join(draft.message.text for draft in drafts)
    said = split_text(texts, longest)[:1]
    return "\n".join([*said, *(o.title for draft in drafts for o in draft.message.options)])


def more_buttons(payload: str) -> tuple[Button, ...]:
    """The options of the next page, behind a row `more`."""
    rows = json.loads(payload[len(MORE) :])
    return tuple(Button(title, payload, about) for payload, title, about in rows)


class _Renderer:
    def __init__(self, inbox_id: str, words: RenderWords, limits: Limits) -> None:
        self.inbox_id, self.words, self.limits = inbox_id, words, limits
        self._count = 0

    def drafts(self, replies: Sequence[Reply]) -> list[Draft]:
        drafts: list[Draft] = []
        pending = ""
        for reply in replies:
            text = reply.text.strip()
            if reply.document is not None:
                drafts += self._texts(pending)
                pending = ""
                fits = not reply.buttons and 0 < len(text) <= self.limits.caption
                caption = text if fits else self.words.document_caption
                document = reply.document
                drafts.append(
                    Draft(
                        Outgoing(
                            "document",
                            caption,
                            document_url=document.url,
                            filename=document.filename,
                        )
                    )
                )
                text = "" if fits else text
            joined = "\n\n".join(part for part in (pending, text) if part)
            if reply.link is not None:
                drafts += self._link(joined, reply.link)
                joined = ""
            if reply.buttons:
                drafts += self._options(joined, reply.buttons, reply.button_label)
                pending = ""
            else:
                pending = joined
        return drafts + self._texts(pending)

    def _texts(self, text: str) -> list[Draft]:
        return [Draft(Outgoing("text", part)) for part in split_text(text, self.limits.text)]

    def _link(self, text: str, link: Link) -> list[Draft]:
        """A message with a button that opens an address."""
        *before, body = split_text(text, self.limits.button_body) or [link.title]
        drafts = [Draft(Outgoing("text", part)) for part in before]
        title = shortened(link.title, self.limits.button_title)
        return [*drafts, Draft(Outgoing("link", body, button=title, link_url=link.url))]

    def _options(self, text: str, buttons: Sequence[Button], label: str | None) -> list[Draft]:
        limits = self.limits
        text = text or self.words.choose_one
        longest = max(len(button.title) for button in buttons)
        if longest > limits.row_title:
            return self._numbered(text, buttons)
        few = len({button.title for button in buttons}) == len(buttons) <= limits.buttons
        if few and longest <= limits.button_title and len(text) <= limits.button_body:
            return [self._interactive("buttons", text, buttons)]
        *before, body = split_text(text, limits.list_body)
        drafts = [Draft(Outgoing("text", part)) for part in before]
        if not label or len(label) > limits.list_button:
            label = self.words.choose_button
        return [*drafts, self._interactive("list", body, buttons, label)]

    def _interactive(
        self, kind: str, text: str, buttons: Sequence[Button], label: str = ""
    ) -> Draft:
        shown, rest = list(buttons), []
        if kind == "list" and len(shown) > self.limits.rows:
            shown, rest = shown[: self.limits.rows - 1], shown[self.limits.rows - 1 :]
        choices = [Choice(self._id(), button.payload, button.title) for button in shown]
        details = [button.description or "" for button in shown]
        if rest:
            later = [[button.payload, button.title, button.description] for button in rest]
            payload = MORE + json.dumps(later, ensure_ascii=False)
            choices.append(Choice(self._id(), payload, self.words.more))
            details.append("")
        options = tuple(
            Option(choice.id, choice.title, self._detail(detail) if kind == "list" else "")
            for choice, detail in zip(choices, details, strict=True)
        )
        return Draft(Outgoing(kind, text, options, label), tuple(choices))

    def _numbered(self, text: str, buttons: Sequence[Button]) -> list[Draft]:
        lines = [f"{number}. {button.title}" for number, button in enumerate(buttons, 1)]
        choices = tuple(
            Choice(self._id(), button.payload, button.title, number)
            for number, button in enumerate(buttons, 1)
        )
        parts = split_text(text + "\n\n" + "\n".join(lines), self.limits.text)
        drafts = [Draft(Outgoing("text", part)) for part in parts]
        return [*drafts[:-1], Draft(drafts[-1].message, choices)]

    def _detail(self, text: str) -> str:
        """The second line of a row. A long one is cut at a word and marked, as it only helps."""
        longest = self.limits.row_description
        if len(text) <= longest:
            return text
        return next(split_parts(text, longest - 1)).rstrip() + "…"

    def _id(self) -> str:
        self._count += 1
        mark = f"{self.inbox_id}:{self._count}".encode()
        return hashlib.blake2b(mark, digest_size=12).hexdigest()


def split_text(text: str, longest: int) -> list[str]:
    """Cuts `text` into parts of at most `longest` code points, between paragraphs if possible."""
    return [part for part in (part.strip() for part in split_parts(text, longest)) if part]


def split_parts(text: str, longest: int) -> Iterator[str]:
    """The parts before stripping. There is at least one; it may be empty."""
    while len(text) > longest:
        cut = _cut(text, longest)
        yield text[:cut]
        text = text[cut:]
    yield text


def as_template(
    about: str, text: str, language: str, rules: TemplateRules
) -> tuple[Outgoing, bool] | None:
    """The template of news, and whether it holds all of `text`.

    None if there is no template for the language. Aadhaar and phone numbers are masked, because a
    template is shown on locked screens and kept longer.
    """
    code = rules.languages.get(language)
    if code is None:
        return None
    subject, _ = parameter(about, rules.about, rules.spaces)
    news, whole = parameter(text, rules.text, rules.spaces)
    template = Template(rules.name, code, (subject, news))
    return Outgoing("template", f"{subject}: {news}", template=template), whole


def parameter(text: str, longest: int, spaces: int) -> tuple[str, bool]:
    """`text` as WhatsApp accepts it in a template, and whether it is complete."""
    masked = mask(text, phones=True)
    line = _BREAK.sub(" ", masked.strip())
    line = _SPACES.sub(lambda run: run.group()[:spaces], line)
    if len(line) <= longest:
        return line, masked == text
    return split_text(line, longest - 1)[0] + "…", False


def _cut(text: str, longest: int) -> int:
    """The place for a cut: after the best break in the second half, never inside a syllable."""
    for mark in _BREAKS:
        found = text.rfind(mark, longest // 2, longest)
        if found > 0:
            return found + len(mark)
    return cut_at(text, longest)
