"""What stops a move."""

from __future__ import annotations


class MoveError(Exception):
    """The message is for an operator: what, where, what to do. It never holds a value."""
