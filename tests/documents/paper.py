"""What becomes of a PDF on its way: rendered, sent by WhatsApp, held askew; and its text."""

from __future__ import annotations

import io
import subprocess
from dataclasses import dataclass
from pathlib import Path

import zxingcpp
from PIL import Image, ImageFilter

WHATSAPP_PIXELS = 1600
"""Longest side of the pictures that WhatsApp passes on."""


@dataclass(frozen=True)
class Journey:
    """How a picture suffers."""

    quality: int
    """Of JPEG."""
    blur: float = 0.6
    """Radius in pixels."""
    degrees: float = 2.0


def rendered(pdf: bytes, folder: Path, dpi: int = 150, number: int = 1) -> Image.Image:
    """A page, by default the first."""
    (folder / "page.pdf").write_bytes(pdf)
    page = str(folder / "page")
    command = ["pdftoppm", "-r", str(dpi), "-f", str(number), "-png", "-singlefile"]
    command += [f"{page}.pdf", page]
    subprocess.run(command, check=True)
    return Image.open(f"{page}.png").convert("RGB")


def sent(page: Image.Image, journey: Journey) -> Image.Image:
    """The page as a picture that was forwarded."""
    picture = page.copy()
    picture.thumbnail((WHATSAPP_PIXELS, WHATSAPP_PIXELS), Image.Resampling.LANCZOS)
    picture = picture.rotate(
        journey.degrees, Image.Resampling.BICUBIC, expand=True, fillcolor="white"
    ).filter(ImageFilter.GaussianBlur(journey.blur))
    held = io.BytesIO()
    picture.save(held, "JPEG", quality=journey.quality)
    return Image.open(io.BytesIO(held.getvalue()))


QR = zxingcpp.BarcodeFormat.QRCode
"""Its other formats find a bar code in the lines of a form now and then."""


def scanned(picture: Image.Image) -> list[str]:
    """The texts of the QR codes that ZXing finds."""
    return [found.text for found in zxingcpp.read_barcodes(picture, formats=QR)]


def copied_text(pdf: bytes) -> list[str]:
    """The lines that copying gives, blanks made one."""
    command = ["pdftotext", "-layout", "-", "-"]
    done = subprocess.run(command, input=pdf, capture_output=True, check=True)
    assert done.stderr == b""
    return [" ".join(line.split()) for line in done.stdout.decode().splitlines() if line.strip()]
