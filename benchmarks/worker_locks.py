"""Rasa's lock store in memory, under a name and with a signature that Rasa takes for another's.

Rasa starts several workers only where its locks are not in memory. The parsing endpoint takes none.
"""

from __future__ import annotations

from typing import Any

from rasa.core.lock_store import InMemoryLockStore


class WorkerLocks(InMemoryLockStore):
    """Made with `endpoint_config`, as Rasa makes a lock store that it finds by module name."""

    def __init__(self, endpoint_config: Any = None) -> None:
        """Nothing is read from `endpoint_config`."""
        super().__init__()
