"""Rasa makes our lock store the way `rasa run` does, and counts it as fit for several workers."""

from __future__ import annotations

import pytest
from rasa.core.lock_store import LockStore
from rasa.core.utils import number_of_sanic_workers
from rasa.utils.endpoints import EndpointConfig

from benchmarks.stock_rasa import _ENDPOINTS
from benchmarks.worker_locks import WorkerLocks


def test_rasa_makes_it_and_starts_several_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the store of Rasa itself each worker ended in a TypeError."""
    endpoint = EndpointConfig.from_dict(_ENDPOINTS["lock_store"])
    assert isinstance(LockStore.create(endpoint), WorkerLocks)
    monkeypatch.setenv("SANIC_WORKERS", "2")
    assert number_of_sanic_workers(endpoint) == 2
