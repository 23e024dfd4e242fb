"""Rasa's own commands on this repository, as its documentation tells them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ACTIONS_SECRET, ROOT, department_urls, free_port, seva
from tests.rasa.conftest import LIBRARY_KEY


def rasa(
    *arguments: str, said: str | None = None, secret: str = "", data: Path = ROOT / "data"
) -> subprocess.CompletedProcess[str]:
    """`rasa ARGUMENTS` in the repository; only its shell needs the secret of the action server."""
    own = {"RASA_TELEMETRY_ENABLED": "false", "SEVA_DATA_DIR": str(data)}
    own |= {"SEVA_ACTIONS_SECRET": secret} if secret else {}
    return subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "rasa", *arguments],
        cwd=ROOT,
        env={**os.environ, **own},
        input=said,
        capture_output=True,
        text=True,
        timeout=900,
    )


@pytest.fixture(scope="module")
def model(one_more: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `rasa train` makes of the catalogue."""
    out = tmp_path_factory.mktemp("rasa-train")
    done = rasa("train", "--out", str(out), "--fixed-model-name", "seva", data=one_more)
    assert done.returncode == 0, done.stderr[-3000:]
    return out / "seva.tar.gz"


@pytest.fixture(scope="module")
def endpoints(one_more: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """endpoints.yml for an action server and a sandbox of our own."""
    folder = tmp_path_factory.mktemp("rasa-shell")
    sandbox_port, actions_port = free_port(), free_port()
    variables = {
        "SEVA_DATA_DIR": str(one_more),
        "SEVA_VAR_DIR": str(folder / "var"),
        "SEVA_SANDBOX_PORT": str(sandbox_port),
        **department_urls(sandbox_port, one_more),
        **LIBRARY_KEY,
    }
    all_departments = {
        **{name: value for name, value in variables.items() if "_DEPARTMENT_" not in name},
        "SEVA_DATA_DIR": str(ROOT / "data"),
        **department_urls(sandbox_port),
    }
    with (
        seva("sandbox", "/__faults/energy", sandbox_port, all_departments, folder / "sandbox.log"),
        seva("actions", "/health", actions_port, variables, folder / "actions.log") as actions,
    ):
        path = folder / "endpoints.yml"
        shipped = (ROOT / "endpoints.yml").read_text("utf-8")
        path.write_text(shipped.replace("http://127.0.0.1:5055", actions), "utf-8")
        yield path


@pytest.mark.nightly
def test_rasa_data_validate(one_more: Path) -> None:
    """No conflict, no unused intent that would stop it; and the domain it saw is not empty."""
    done = rasa("data", "validate", data=one_more)
    said = done.stdout + done.stderr
    assert done.returncode == 0, said[-3000:]
    assert "No story structure conflicts found" in said
    assert "empty domain" not in said


@pytest.mark.nightly
def test_rasa_train_makes_a_model_of_all_services(one_more: Path, model: Path) -> None:
    """The archive holds the compiled domain."""
    from rasa.engine.storage.local_model_storage import LocalModelStorage

    metadata = LocalModelStorage.metadata_from_archive(model)
    services = {path.stem for path in (one_more / "services").glob("*/*.yml")}
    assert services <= set(metadata.domain.intents)
    assert "action_turn" in metadata.domain.user_actions


@pytest.mark.nightly
def test_rasa_shell_answers(one_more: Path, model: Path, endpoints: Path) -> None:
    """One Telugu message, answered by the department. Its answer has no buttons: Rasa's shell lets
    them be chosen with the arrow keys, which a pipe does not have."""
    done = rasa(
        *("shell", "-m", str(model), "--endpoints", str(endpoints)),
        *("-p", str(free_port()), "-i", "127.0.0.1"),
        said="అన్న క్యాంటీన్‌లో ఈరోజు ఏం పెడతారు\n/stop\n",
        secret=ACTIONS_SECRET,
        data=one_more,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert "టిఫిన్:" in done.stdout and "₹5" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
