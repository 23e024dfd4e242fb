"""Certificates as people hand them in: photographed, forwarded, as PDF, before a camera."""

from __future__ import annotations

import io
from pathlib import Path

import segno
from PIL import Image, ImageDraw, ImageFilter

QR_SHARE = 0.3
"""Width of the QR code as a share of the sheet's."""


def qr_image(text: str, width: int) -> Image.Image:
    buffer = io.BytesIO()
    segno.make(text, error="m").save(buffer, kind="png", border=4, scale=8)
    return Image.open(buffer).convert("L").resize((width, width), Image.Resampling.LANCZOS)


def photo(text: str | None, folder: Path, *, more: str | None = None, width: int = 1200) -> Path:
    """An A4 sheet as WhatsApp forwards it: turned a little, blurred a little, JPEG at 55."""
    sheet = Image.new("L", (width, int(width * 1.414)), 245)
    brush = ImageDraw.Draw(sheet)
    for row in range(20):
        brush.text((100, 120 + row * 40), f"line {row} of the certificate " * 4, fill=40)
    for at, code in enumerate(code for code in (text, more) if code):
        square = qr_image(code, int(width * QR_SHARE))
        sheet.paste(square, (int(width * (0.6 - 0.5 * at)), int(width * 1.0)))
    sheet = sheet.rotate(2, fillcolor=120).filter(ImageFilter.GaussianBlur(0.8))
    path = folder / "forwarded.jpg"
    sheet.save(path, quality=55)
    return path


def pdf(text: str, folder: Path) -> Path:
    """Two pages; the code is on the second."""
    from fpdf import FPDF

    document = FPDF(format="A4")
    document.set_font("helvetica", size=14)
    document.add_page()
    document.cell(text="A letter that goes with it")
    document.add_page()
    document.cell(text="Certificate")
    document.image(qr_image(text, 900), x=120, y=200, w=50)
    path = folder / "certificate.pdf"
    document.output(str(path))
    return path


def video(text: str, folder: Path) -> Path:
    """A still video for Chromium's fake camera (YUV4MPEG2, 4:2:0, grey)."""
    width, height = 1280, 720
    frame = Image.new("L", (width, height), 200)
    square = qr_image(text, 560)
    frame.paste(square, (360, 80))
    grey = bytes([128]) * (width * height // 2)
    path = folder / "camera.y4m"
    header = f"YUV4MPEG2 W{width} H{height} F10:1 Ip A1:1 C420\n".encode()
    path.write_bytes(header + (b"FRAME\n" + frame.tobytes() + grey) * 5)
    return path
