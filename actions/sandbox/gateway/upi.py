"""UPI intent links and their QR codes (NPCI, UPI Linking Specifications 1.6, section 2)."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import quote, urlencode

import segno


@dataclass(frozen=True)
class Intent:
    """Who is paid how much and for which order; `paise` of an Indian rupee."""

    address: str
    name: str
    paise: int
    order_id: str
    note: str

    def link(self) -> str:
        """`upi://pay?...`, which opens the citizen's own payment app."""
        amount = f"{Decimal(self.paise) / 100:.2f}"
        fields = {
            "pa": self.address,
            "pn": self.name,
            "am": amount,
            "tr": self.order_id,
            "tn": self.note,
            "cu": "INR",
        }
        return f"upi://pay?{urlencode(fields, safe='@', quote_via=quote)}"

    def picture(self) -> str:
        """The link as a QR code: inline SVG."""
        code = segno.make(self.link(), error="m", micro=False)
        return code.svg_inline(scale=4, border=4, dark="#1c2128", light="#ffffff")
