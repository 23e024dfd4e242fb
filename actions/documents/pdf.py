"""Renders a one-page certificate in Telugu, Hindi and English as PDF."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import yaml
from fpdf import FPDF

Words = Mapping[str, str]

_FONTS = Path(__file__).parent / "fonts"
_FORMS = Path(__file__).parent / "forms"
_LATIN, _TELUGU, _DEVANAGARI = "NotoSans", "NotoSansTelugu", "NotoSansDevanagari"
_LANGUAGES = ("te", "hi", "en")
_INK, _FAINT, _ACCENT = (28, 33, 40), (96, 103, 112), (11, 92, 74)
_MARGIN = 20.0  # mm, as are all lengths below
_LABEL_WIDTH = 70.0


@dataclass(frozen=True)
class Form:
    """The fixed words of a kind of document (`forms/<name>.yml`)."""

    issuer: Words
    title: Words
    labels: Mapping[str, Words]
    note: Words


def load_form(name: str) -> Form:
    """The form of that name."""
    raw = yaml.safe_load((_FORMS / f"{name}.yml").read_text(encoding="utf-8"))
    return Form(raw["issuer"], raw["title"], raw["labels"], raw["note"])


def render_pdf(form: Form, values: Mapping[str, str]) -> bytes:
    """The document with one row per label of `form`, taking its value from `values`."""
    pdf = _sheet(form.title["en"])
    for language in _LANGUAGES:
        _line(pdf, form.issuer[language], size=11, colour=_FAINT)
    pdf.ln(5)
    for language in _LANGUAGES:
        _line(pdf, form.title[language], size=19, colour=_ACCENT, bold=True)
    pdf.ln(6)
    for name, label in form.labels.items():
        _row(pdf, label, values[name])
    pdf.ln(8)
    for language in _LANGUAGES:
        _line(pdf, form.note[language], size=9.5, colour=_FAINT)
    return bytes(pdf.output())


def _sheet(title: str) -> FPDF:
    pdf = FPDF(format="A4")
    pdf.set_title(title)
    pdf.set_lang("te-IN")
    pdf.set_margins(_MARGIN, _MARGIN)
    for family in (_LATIN, _TELUGU, _DEVANAGARI):
        pdf.add_font(family, "", _FONTS / f"{family}-Regular.ttf")
        pdf.add_font(family, "B", _FONTS / f"{family}-Bold.ttf")
    pdf.set_fallback_fonts([_TELUGU, _DEVANAGARI], exact_match=True)
    pdf.set_text_shaping(True)  # off by default, and then conjuncts fall apart
    pdf.add_page()
    pdf.set_draw_color(*_ACCENT)
    pdf.set_line_width(0.8)
    pdf.rect(10, 10, pdf.w - 20, pdf.h - 20)
    return pdf


def _line(
    pdf: FPDF, text: str, *, size: float, colour: tuple[int, int, int], bold: bool = False
) -> None:
    """A centred line, wrapped where it is too long."""
    pdf.set_font(_LATIN, "B" if bold else "", size)
    pdf.set_text_color(*colour)
    with _real_text(pdf, text):
        pdf.multi_cell(0, size * 0.56, text, align="C", new_x="LMARGIN", new_y="NEXT")


def _row(pdf: FPDF, label: Words, value: str) -> None:
    """The label in three languages at the left, the value beside it, a rule below."""
    top = pdf.get_y()
    pdf.set_text_color(*_FAINT)
    pdf.set_font(_LATIN, "", 9.5)
    for language in _LANGUAGES:
        with _real_text(pdf, label[language]):
            pdf.cell(_LABEL_WIDTH, 5.2, label[language], new_x="LMARGIN", new_y="NEXT")
    bottom = pdf.get_y()
    pdf.set_xy(_MARGIN + _LABEL_WIDTH, top + 3.5)
    pdf.set_text_color(*_INK)
    pdf.set_font(_LATIN, "B", 13)
    with _real_text(pdf, value):
        pdf.multi_cell(0, 7.5, value, align="L", new_x="LMARGIN", new_y="NEXT")
    bottom = max(bottom, pdf.get_y()) + 1.5
    pdf.set_draw_color(214, 219, 225)
    pdf.set_line_width(0.2)
    pdf.line(_MARGIN, bottom, pdf.w - _MARGIN, bottom)
    pdf.set_xy(_MARGIN, bottom + 1.5)


@contextmanager
def _real_text(pdf: FPDF, text: str) -> Iterator[None]:
    """Say what the glyphs mean, so that copying, searching and reading aloud give the real text.

    Shaped glyphs alone come out as rubbish; fpdf2 has no public call for ActualText.
    """
    # fpdf2 2.8.9 switches to a fallback font within q ... Q and then believes it is still set.
    pdf.current_font_is_set_on_page = False
    code = text.encode("utf-16-be").hex().upper()
    pdf._out(f"/Span <</ActualText <FEFF{code}>>> BDC")
    yield
    pdf._out("EMC")
