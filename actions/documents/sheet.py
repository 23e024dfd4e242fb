"""A sheet of A4 on which Telugu, Hindi and English are shaped right and copied out clean."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from contextlib import contextmanager

from fpdf import FPDF

from actions.documents.typeface import DEVANAGARI, FAMILIES, FONTS, LATIN, TELUGU

Colour = tuple[int, int, int]
INK, FAINT, ACCENT, RULE, TINT = (
    *((28, 33, 40), (88, 95, 104), (11, 92, 74), (214, 219, 225)),
    (238, 246, 243),
)
MARGIN = 20.0  # mm, as are all lengths below
_FRAME = 10.0
_LINE = 0.5
"""Height of a line for each point of its size: Telugu reaches far below the line."""


class Sheet(FPDF):
    """An empty framed page; `room_for` goes on to another."""

    def __init__(self, title: str, made_at: datetime.datetime) -> None:
        super().__init__(format="A4")
        self.set_title(title)
        self.set_lang("te-IN")
        self.set_creation_date(made_at)  # so that printing again gives the same bytes
        self.set_margins(MARGIN, MARGIN - 3)
        self.set_auto_page_break(False)  # a break inside a text would tear what it means apart
        for family in FAMILIES:
            self.add_font(family, "", FONTS / f"{family}-Regular.ttf")
            self.add_font(family, "B", FONTS / f"{family}-Bold.ttf")
        self.set_fallback_fonts([TELUGU, DEVANAGARI], exact_match=True)
        self.set_text_shaping(True)  # off by default, and then conjuncts fall apart
        self.add_page()

    def header(self) -> None:
        """The frame of a page."""
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
        """Text from here on, wrapped at `width` (0: the margin); the next line begins below."""
        self.set_font(LATIN, "B" if bold else "", size)
        self.set_text_color(*colour)
        left = self.get_x()
        with self._real_text(text):
            self.multi_cell(width, size * _LINE, text, align=align, new_x="LEFT", new_y="NEXT")
        self.set_x(left)

    def height_of(self, text: str, size: float, width: float = 0, *, bold: bool = False) -> float:
        """How high `line_of` would be from here on."""
        self.set_font(LATIN, "B" if bold else "", size)
        height = self.multi_cell(width, size * _LINE, text, dry_run=True, output="HEIGHT")
        assert isinstance(height, float)
        return height

    def rule(self, y: float) -> None:
        """A thin line from margin to margin."""
        self.set_draw_color(*RULE)
        self.set_line_width(0.2)
        self.line(MARGIN, y, self.w - MARGIN, y)

    def room_for(self, height: float) -> None:
        """Go on to the next page where less than `height` is left."""
        if self.get_y() + height > self.h - MARGIN:
            self.add_page()

    @contextmanager
    def _real_text(self, text: str) -> Iterator[None]:
        """Say what the glyphs mean, so that copying, searching and reading aloud give real text.

        Shaped glyphs alone come out as rubbish; fpdf2 has no public call for ActualText.
        """
        # fpdf2 2.8.9 switches to a fallback font within q ... Q and then believes it is still set.
        self.current_font_is_set_on_page = False
        code = text.encode("utf-16-be").hex().upper()
        self._out(f"/Span <</ActualText <FEFF{code}>>> BDC")
        yield
        self._out("EMC")
