"""Prints a document: a certificate or a receipt in Telugu, Hindi and English, with its QR code.

`Sheet` is an A4 page on which all three scripts are shaped correctly, and from which a reader can
copy the text.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import segno
from fpdf import FPDF
from PIL import Image

from actions.documents.credential import Link, grouped
from actions.documents.form import Form, Words
from actions.documents.printed_text import (
    DEVANAGARI,
    FAMILIES,
    FONTS,
    LATIN,
    TELUGU,
    amount_in_words,
    day,
    in_order,
    local_time,
    printed_words,
)

Colour = tuple[int, int, int]
INK, FAINT, ACCENT, RULE, TINT = (
    *((28, 33, 40), (88, 95, 104), (11, 92, 74), (214, 219, 225)),
    (238, 246, 243),
)
MARGIN = 20.0  # all lengths are in mm
_FRAME = 10.0
_LINE = 0.5
"""Height of a line for each point of its size. Telugu needs much room below the line."""
_LABEL_WIDTH = 78.0
_VALUE_AT = MARGIN + _LABEL_WIDTH + 3
_QR_WIDTH = 62.0
"""It includes the quiet zone. WhatsApp shows a page 1600 pixels wide, so a module has about 4."""
_QUIET = 4
"""Width of the white zone around the code, in modules (ISO/IEC 18004)."""
_MODULE_PIXELS = 8
_CHECK_HEIGHT = 80.0
_FACT_HEIGHT = 9.6


class Sheet(FPDF):
    """A document of framed pages. It begins with an empty one; `room_for` adds more."""

    def __init__(self, title: str, made_at: datetime.datetime) -> None:
        super().__init__(format="A4")
        self.set_title(title)
        self.set_lang("te-IN")
        self.set_creation_date(made_at)  # the same document gives the same bytes
        self.set_margins(MARGIN, MARGIN - 3)
        self.set_auto_page_break(False)  # a page break inside a text would split its ActualText
        for family in FAMILIES:
            self.add_font(family, "", FONTS / f"{family}-Regular.ttf")
            self.add_font(family, "B", FONTS / f"{family}-Bold.ttf")
        self.set_fallback_fonts([TELUGU, DEVANAGARI], exact_match=True)
        self.set_text_shaping(True)  # without shaping, conjuncts are printed as single letters
        self.add_page()

    def header(self) -> None:
        """Draws the frame of a page."""
        self.set_draw_color(*ACCENT)
        for inset, width in ((_FRAME, 0.9), (_FRAME + 1.5, 0.25)):
            self.set_line_width(width)
            self.rect(inset, inset, self.w - 2 * inset, self.h - 2 * inset)

    def line_of(
        self,
        text: str,
        size: float,
        colour: Colour = INK,
        *,
        bold: bool = False,
        align: str = "L",
        width: float = 0,
    ) -> None:
        """Writes text from here, wrapped at `width` (0: the margin).

        The next line begins below it.
        """
        self.set_font(LATIN, "B" if bold else "", size)
        self.set_text_color(*colour)
        left = self.get_x()
        with self._real_text(text):
            self.multi_cell(width, size * _LINE, text, align=align, new_x="LEFT", new_y="NEXT")
        self.set_x(left)

    def height_of(self, text: str, size: float, width: float = 0, *, bold: bool = False) -> float:
        """The height that `line_of` would need from here."""
        self.set_font(LATIN, "B" if bold else "", size)
        height = self.multi_cell(width, size * _LINE, text, dry_run=True, output="HEIGHT")
        assert isinstance(height, float)
        return height

    def rule(self, y: float) -> None:
        """Draws a thin line from margin to margin."""
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.line(MARGIN, y, self.w - MARGIN, y)

    def room_for(self, height: float) -> None:
        """Begins the next page if less than `height` is left."""
        if self.get_y() + height > self.h - MARGIN:
            self.add_page()

    @contextmanager
    def _real_text(self, text: str) -> Iterator[None]:
        """Marks the glyphs with their text, so that a reader can copy, search and read it aloud.

        Shaped glyphs alone are copied as nonsense. fpdf2 has no public call for ActualText.
        """
        # fpdf2 2.8.9 switches to a fallback font within q ... Q and then assumes that it is set.
        self.current_font_is_set_on_page = False
        code = text.encode("utf-16-be").hex().upper()
        self._out(f"/Span <</ActualText <FEFF{code}>>> BDC")
        yield
        self._out("EMC")


@dataclass(frozen=True)
class Printout:
    """All that is printed on one document. Times are Unix seconds."""

    form: Form
    values: Mapping[str, str]
    """The values as `Form.printed` gave them."""
    link: Link
    issued_at: int
    expires_at: int | None


def render_pdf(document: Printout) -> bytes:
    """The PDF of a document. The same document gives the same bytes."""
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


def qr_picture(content: str) -> Image.Image:
    """A QR code of error correction M or better with its quiet zone, one bit a pixel."""
    code = segno.make_qr(content, error="m")
    rows = [[0 if dark else 255 for dark in row] for row in code.matrix_iter(border=_QUIET)]
    side = len(rows)
    picture = Image.frombytes("L", (side, side), bytes(pixel for row in rows for pixel in row))
    grown = (side * _MODULE_PIXELS, side * _MODULE_PIXELS)
    return picture.resize(grown, Image.Resampling.NEAREST).convert("1")


def _head(sheet: Sheet, form: Form) -> None:
    for number, text in enumerate(in_order(form.issuer)):
        sheet.line_of(text, 12 if number == 0 else 10, FAINT, bold=number == 0, align="C")
    sheet.ln(4)
    for number, text in enumerate(in_order(form.title)):
        sheet.line_of(text, 22 if number == 0 else 15, ACCENT, bold=True, align="C")
    sheet.ln(5)


def _amount(sheet: Sheet, form: Form, values: Mapping[str, str]) -> None:
    """Prints the amount of a receipt in a tinted box: large figures, then words."""
    assert form.amount is not None  # `load_form` has checked it
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
    """Prints a label, its value beside it, and a line below; all three are on the same page."""
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
    """Prints the QR code, beside it how to check the document, and below it the form's note."""
    facts = list(_facts(document))
    height = _CHECK_HEIGHT + _FACT_HEIGHT * max(0, len(facts) - 3)
    sheet.room_for(height)
    top = sheet.h - MARGIN - height  # at the foot of the page, where people look for it
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
