"""Which Seva this is, and whose models it loads."""

from __future__ import annotations

from importlib import metadata

VERSION = metadata.version("seva")
OLDEST_MODELS = "0.1.0"
"""The first version of Seva whose models this one loads."""
