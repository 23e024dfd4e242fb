"""What stops a backup or a restore."""

from __future__ import annotations


class BackupError(Exception):
    """The message is for an operator: what, where, what to do. It never holds a key or a value."""
