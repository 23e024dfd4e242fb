"""Prints a document: a certificate or a receipt in Telugu, Hindi and English, with its QR code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import segno
from PIL import Image

from actions.documents.amount_words import amount_in_words
from actions.documents.document_id import grouped
from actions.documents.form import Form, Words
from actions.documents.link import Link
from actions.documents.sheet import ACCENT, FAINT, INK, MARGIN, TINT, Sheet
from actions.documents.wording import day, in_order, local_time, printed_words

_LABEL_WIDTH = 78.0  # mm, as are all lengths below
_VALUE_AT = MARGIN + _LABEL_WIDTH + 3
_QR_WIDTH = 62.0
"""With the quiet zone. Wide enough for WhatsApp's 1600 pixels: about 4 of them a module."""
_QUIET = 4
"""Modules of white around the code (ISO/IEC 18004)."""
_MODULE_PIXELS = 8
_CHECK_HEIGHT = 80.0
_FACT_HEIGHT = 9.6


@dataclass(frozen=True)
class Printout:
    """All that is printed on one document; times are Unix seconds."""

    form: Form
    values: Mapping[str, str]
    """As `Form.printed` gave them."""
    link: Link
    issued_at: int
    expires_at: int | None


def render_pdf(document: Printout) -> bytes:
    """The PDF; the same document gives the same bytes."""
    form = document.form
    sheet = Sheet(form.title["en"], local_time(document.issued_at))
    _head(sheet, form)
    if form.layout == "receipt":
        _amount(sheet, form, document.values)
    for name, label in form.labels.items():
        if name != form.amount:
            _row(sheet, label, document.values[name])
    _check(sheet, document)
    return bytes(sheet.output())


def _head(sheet: Sheet, form: Form) -> None:
    for number, text in enumerate(in_order(form.issuer)):
        sheet.line_of(text, 12 if number == 0 else 10, FAINT, bold=number == 0, align="C")
    sheet.ln(4)
    for number, text in enumerate(in_order(form.title)):
        sheet.line_of(text, 22 if number == 0 else 15, ACCENT, bold=True, align="C")
    sheet.ln(5)


def _amount(sheet: Sheet, form: Form, values: Mapping[str, str]) -> None:
    """The amount of a receipt in a tinted box: large figures, then words."""
    assert form.amount is not None  # the checker of forms sees to it
    figures = printed_words()["rupees"].format(amount=values[form.amount])
    said = [amount_in_words(form.rupees(values), tag) for tag in printed_words()["languages"]]
    top, height = sheet.get_y(), 37.5
    sheet.set_fill_color(*TINT)
    sheet.rect(MARGIN, top, sheet.w - 2 * MARGIN, height, style="F")
    sheet.set_xy(MARGIN, top + 3)
    sheet.line_of(" · ".join(in_order(form.labels[form.amount])), 9.5, FAINT, align="C")
    sheet.line_of(figures, 26, ACCENT, bold=True, align="C")
    for text in said:
        sheet.line_of(text, 10, INK, align="C")
    sheet.set_xy(MARGIN, max(top + height, sheet.get_y() + 2) + 3)


def _row(sheet: Sheet, label: Words, value: str) -> None:
    """The label at the left, the value beside it, a rule below; never torn by the page's end."""
    first, *others = in_order(label)
    below = " · ".join(others)
    sheet.set_x(_VALUE_AT)
    value_height = sheet.height_of(value, 13, bold=True) + 1.2
    label_height = sheet.height_of(first, 10.5, _LABEL_WIDTH) + sheet.height_of(
        below, 8.5, _LABEL_WIDTH
    )
    height = max(label_height, value_height) + 1
    sheet.room_for(height)
    top = sheet.get_y()
    sheet.set_x(MARGIN)
    sheet.line_of(first, 10.5, INK, width=_LABEL_WIDTH)
    sheet.line_of(below, 8.5, FAINT, width=_LABEL_WIDTH)
    sheet.set_xy(_VALUE_AT, top + 1.2)
    sheet.line_of(value, 13, INK, bold=True)
    sheet.rule(top + height)
    sheet.set_xy(MARGIN, top + height + 1.3)


def _check(sheet: Sheet, document: Printout) -> None:
    """The QR code, beside it what to do with it, below it the form's note."""
    facts = list(_facts(document))
    height = _CHECK_HEIGHT + _FACT_HEIGHT * max(0, len(facts) - 3)
    sheet.room_for(height)
    top = sheet.h - MARGIN - height  # at the foot of the page, where one looks for it
    code = qr_picture(str(document.link))
    sheet.image(code, MARGIN - 3, top, _QR_WIDTH, _QR_WIDTH, alt_text=document.link.domain)
    sheet.set_xy(MARGIN + _QR_WIDTH, top + 2)
    words = printed_words()
    for text in in_order(words["check"]):
        sheet.line_of(text.format(domain=document.link.domain), 9.5)
        sheet.ln(0.8)
        sheet.set_x(MARGIN + _QR_WIDTH)
    sheet.ln(1)
    for label, value in facts:
        sheet.set_x(MARGIN + _QR_WIDTH)
        sheet.line_of(" · ".join(in_order(words[label])), 8, FAINT)
        sheet.line_of(value, 11, ACCENT, bold=True)
    sheet.set_xy(MARGIN, max(top + _QR_WIDTH, sheet.get_y()) + 2)
    for text in in_order(document.form.note):
        sheet.line_of(text, 8.5, FAINT, align="C")


def _facts(document: Printout) -> Iterator[tuple[str, str]]:
    yield "domain", document.link.domain
    yield "id", grouped(document.link.id)
    yield "issued_at", day(document.issued_at)
    if document.expires_at is not None:
        yield "expires_at", day(document.expires_at)


def qr_picture(content: str) -> Image.Image:
    """A QR code of error correction M or better with its quiet zone, one bit a pixel."""
    code = segno.make_qr(content, error="m")
    rows = [[0 if dark else 255 for dark in row] for row in code.matrix_iter(border=_QUIET)]
    side = len(rows)
    picture = Image.frombytes("L", (side, side), bytes(pixel for row in rows for pixel in row))
    grown = (side * _MODULE_PIXELS, side * _MODULE_PIXELS)
    return picture.resize(grown, Image.Resampling.NEAREST).convert("1")
