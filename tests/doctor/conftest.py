from __future__ import annotations

from pathlib import Path

import pytest

from tests.doctor.site import Site


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    """A sound deployment; what writes into it in this process finds its folder, too."""
    made = Site(tmp_path)
    monkeypatch.setenv("SEVA_VAR_DIR", str(made.var))
    for name in ("SEVA_DATA_DIR", "SEVA_SEALING_KEY", "SEVA_HASHING_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return made
