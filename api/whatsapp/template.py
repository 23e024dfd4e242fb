"""Fits news into the approved template: one line for what they are about, one for the news."""

from __future__ import annotations

import regex

from api.whatsapp.outgoing import Outgoing, Template
from api.whatsapp.policy import TemplateRules
from api.whatsapp.render import split_text
from nlu.text import mask

_BREAK = regex.compile(r"\s*[\n\r\t\v\f\u0085\u2028\u2029]\s*")
_SPACES = regex.compile(r"\p{Zs}+")


def as_template(
    about: str, text: str, language: str, rules: TemplateRules
) -> tuple[Outgoing, bool] | None:
    """The template and whether it says all of `text`; None where there is none for the language.

    Aadhaar and phone numbers are masked: a template is read on a locked screen, and kept longer.
    """
    code = rules.languages.get(language)
    if code is None:
        return None
    subject, _ = parameter(about, rules.about, rules.spaces)
    news, whole = parameter(text, rules.text, rules.spaces)
    template = Template(rules.name, code, (subject, news))
    return Outgoing("template", f"{subject}: {news}", template=template), whole


def parameter(text: str, longest: int, spaces: int) -> tuple[str, bool]:
    """`text` as WhatsApp takes it in a template, and whether nothing of it was left out."""
    masked = mask(text, phones=True)
    line = _BREAK.sub(" ", masked.strip())
    line = _SPACES.sub(lambda run: run.group()[:spaces], line)
    if len(line) <= longest:
        return line, masked == text
    return split_text(line, longest - 1)[0] + "…", False
