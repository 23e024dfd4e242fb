"""The key that seals what citizens told."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from nlu.storage.sealing import KEY_FILE, keyed_hash

AT_ONCE = 24


def test_first_users_at_once_share_one_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Else a bill had two names, and could be paid twice."""
    monkeypatch.delenv("SEVA_SEALING_KEY", raising=False)
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    together = threading.Barrier(AT_ONCE)

    def name(_: int) -> str:
        together.wait()
        return keyed_hash("a bill", "test")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        assert len(set(pool.map(name, range(AT_ONCE)))) == 1
    assert [path.name for path in tmp_path.iterdir()] == [KEY_FILE]
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
