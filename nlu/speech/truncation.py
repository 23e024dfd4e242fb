"""Tells a recording that was cut off: FFmpeg plays what is there without a word.

An Ogg file declares no length, but it ends where a page ends (RFC 3533, section 6), whether its
recorder closed the stream or not. A RIFF file declares its bytes. MP4 and Matroska declare their
seconds; MP3 does in a Xing or Info frame. For the rest FFmpeg only estimates, which proves nothing.
"""

from __future__ import annotations

import os
from typing import BinaryIO

_HEAD_BYTES = 8192
_OGG = b"OggS"
_OGG_HEADER_BYTES = 27
_LONGEST_OGG_PAGE = _OGG_HEADER_BYTES + 255 + 255 * 255
_UNKNOWN_RIFF_SIZES = (0, 0xFFFFFFFF)  # written by recorders that stream
_MP3_LENGTHS = (b"Xing", b"Info")


def ends_early(file: BinaryIO, share: float) -> bool:
    """Whether `file` stops inside an Ogg page or holds less than `share` of its RIFF bytes.

    Moves the file's position.
    """
    file.seek(0)
    head = file.read(8)
    size = file.seek(0, os.SEEK_END)
    if head.startswith(_OGG):
        return _inside_a_page(file, size)
    if head.startswith(b"RIFF") and len(head) == 8:
        declared = int.from_bytes(head[4:], "little")
        return declared not in _UNKNOWN_RIFF_SIZES and size < (declared + 8) * share
    return False


def declares_seconds(file: BinaryIO, format_name: str) -> bool:
    """Whether FFmpeg's length of a file of this format was read, not estimated."""
    if format_name == "mp3":
        file.seek(0)
        head = file.read(_HEAD_BYTES)
        return any(mark in head for mark in _MP3_LENGTHS)
    return format_name.startswith(("mov", "matroska"))


def _inside_a_page(file: BinaryIO, size: int) -> bool:
    file.seek(max(0, size - _LONGEST_OGG_PAGE))
    tail = file.read()
    page = tail[tail.rfind(_OGG) :]
    if len(page) < _OGG_HEADER_BYTES:
        return True
    segments = page[_OGG_HEADER_BYTES - 1]
    table = page[_OGG_HEADER_BYTES : _OGG_HEADER_BYTES + segments]
    return len(table) < segments or len(page) < _OGG_HEADER_BYTES + segments + sum(table)
