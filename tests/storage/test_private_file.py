"""Files that only their user reads."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from nlu.storage.private_file import make_private


@pytest.mark.parametrize("mode", [None, 0o644, 0o600])
def test_a_file_is_its_users_alone(tmp_path: Path, mode: int | None) -> None:
    """New in a new folder, or there before."""
    path = tmp_path / "var" / "a.sqlite"
    before = os.umask(0o022)
    try:
        if mode is not None:
            path.parent.mkdir()
            path.write_text("kept")
            path.chmod(mode)
        make_private(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == ("" if mode is None else "kept")
