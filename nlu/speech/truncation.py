"""Tells an Ogg file that was cut off: FFmpeg plays such a file without a word.

An Ogg file declares no length, but it ends where a page ends (RFC 3533, section 6), whether its
recorder closed the stream or not.
"""

from __future__ import annotations

import os
from typing import BinaryIO

_CAPTURE = b"OggS"
_HEADER_BYTES = 27
_LONGEST_PAGE = _HEADER_BYTES + 255 + 255 * 255


def ends_inside_a_page(file: BinaryIO) -> bool:
    """Whether `file` is Ogg and its last page is incomplete. Moves the file's position."""
    if file.read(len(_CAPTURE)) != _CAPTURE:
        return False
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _LONGEST_PAGE))
    tail = file.read()
    page = tail[tail.rfind(_CAPTURE) :]
    if len(page) < _HEADER_BYTES:
        return True
    segments = page[_HEADER_BYTES - 1]
    table = page[_HEADER_BYTES : _HEADER_BYTES + segments]
    return len(table) < segments or len(page) < _HEADER_BYTES + segments + sum(table)
