"""The QR code in a picture or a PDF that a citizen sends. Everything stays in memory.

Of a PDF only its pictures are looked at, not the page as it is drawn: the documents that Seva
issues hold their code as one.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import islice

import regex
import zxingcpp
from PIL import Image

PDF = "application/pdf"
_MOST_PIXELS = 40_000_000
_LARGEST = 2400  # pixels of the longer side that are looked at
_MOST_PICTURES = 8
_STREAM = regex.compile(rb">>\s{0,4}stream\r?\n")
_MOST_STREAMS, _LONGEST_TOLD = 5_000, 2_000  # of a PDF, and bytes that tell what one holds


def read_code(content: bytes, mime_type: str) -> str:
    """The text of the first QR code; empty where none can be read, whatever is sent."""
    wanted = zxingcpp.barcode_formats_from_str("QRCode")
    try:
        pictures = _of_pdf(content) if mime_type == PDF else iter([_opened(content)])
        for picture in pictures:
            for found in zxingcpp.read_barcodes(picture, formats=wanted):
                if found.text:
                    return str(found.text)
    except Exception:  # Pillow raises many kinds on hostile files
        return ""
    return ""


def _opened(content: bytes) -> Image.Image:
    """A picture in grey, not larger than what is needed. Raises OSError, ValueError."""
    picture: Image.Image = Image.open(io.BytesIO(content))
    if picture.width * picture.height > _MOST_PIXELS:
        raise ValueError("too many pixels")
    picture = picture.convert("L")
    picture.thumbnail((_LARGEST, _LARGEST))
    return picture


def _of_pdf(content: bytes) -> Iterator[Image.Image]:
    """The first pictures in a PDF, without those in a form that our documents do not use."""
    seen = 0
    for found in islice(_STREAM.finditer(content), _MOST_STREAMS):
        before = content[max(0, found.start() - _LONGEST_TOLD) : found.start()]
        told = before[before.rfind(b" obj") + 1 :]
        length = _number(told, rb"/Length")
        if not regex.search(rb"/Subtype\s*/Image", told) or not length:
            continue
        seen += 1
        if seen > _MOST_PICTURES:
            return
        picture = _picture(told, content[found.end() : found.end() + length])
        if picture is not None:
            yield picture


def _picture(told: bytes, packed: bytes) -> Image.Image | None:
    """A photo, or a fax (CCITT group 4), as which fpdf2 keeps black and white."""
    if b"/DCTDecode" in told:
        return _opened(packed)
    if b"/CCITTFaxDecode" in told and regex.search(rb"/K\s+-1", told):
        return _opened(_tiff(packed, _number(told, rb"/Width"), _number(told, rb"/Height")))
    return None


def _tiff(fax: bytes, width: int, height: int) -> bytes:
    """The fax as a picture file (TIFF 6.0) that Pillow reads. Raises ValueError."""
    if not 0 < width * height <= _MOST_PIXELS:
        raise ValueError("too many pixels")
    group_4, white_is_0 = 4, 0
    facts = {256: width, 257: height, 258: 1, 259: group_4, 262: white_is_0, 277: 1, 278: height}
    offset = 8 + 2 + 12 * (len(facts) + 2) + 4
    tags = sorted({**facts, 273: offset, 279: len(fax)}.items())
    rows = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + rows + bytes(4) + fax


def _number(told: bytes, name: bytes) -> int:
    found = regex.search(name + rb"\s+(\d{1,9})(?!\s+\d+\s+R)", told)
    return int(found[1]) if found else 0
