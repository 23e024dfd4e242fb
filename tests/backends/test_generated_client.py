"""A Python client, generated from the document that a server gives, drives that server.

Generator and client need newer packages than Rasa allows, so `uv` runs both apart from ours.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.five_texts import FIVE
from tests.backends.conftest import Backend
from tests.docs.pages import blocks, text
from tests.processes import ROOT

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("backend", ["sqlite"], indirect=True),
]
DRIVE = Path(__file__).with_name("generated_client_drive.py")
COMMAND = re.compile(r"uvx (openapi-python-client@\S+) generate --url \S+ --output-path (\S+) (.+)")
NEEDED = ("httpx", "attrs", "python-dateutil")  # what the generated code imports


def uv(*words: str | Path, **more: Any) -> str:
    """What `uv` says; it needs a package registry once."""
    done = subprocess.run(
        [ROOT / ".ci" / "uv", *words], cwd=ROOT, capture_output=True, text=True, timeout=300, **more
    )
    said = done.stdout + done.stderr
    if done.returncode and ("error sending request" in said or "dns error" in said):
        pytest.skip("no package registry is reached")
    assert done.returncode == 0, said
    return done.stdout + (done.stderr if "generate" in words else "")


@pytest.fixture
def folder(backend: Backend, tmp_path: Path) -> Path:
    """Holds the client of this server, made by the command of docs/api.md."""
    document = tmp_path / "openapi.json"
    document.write_bytes(httpx.get(f"{backend.url}/openapi.json", trust_env=False).content)
    found = COMMAND.search(text("docs/api.md"))
    assert found is not None
    tool, name, rest = found.groups()
    place = tmp_path / "clients" / name
    place.parent.mkdir()
    told = ["--path", document, "--output-path", place, *rest.split()]
    said = uv("tool", "run", tool, "generate", *told)
    assert "arning" not in said and "nsupported" not in said, said
    return place.parent


def run(folder: Path, script: Path, *arguments: str | Path) -> list[str]:
    """The lines that a script prints which uses the client."""
    packages = [word for name in NEEDED for word in ("--with", name)]
    environment = {**os.environ, "PYTHONPATH": str(folder), "NO_PROXY": "localhost"}
    python = ["run", "--isolated", "--no-project", "--python", sys.executable, *packages, "python"]
    return uv(*python, script, *arguments, env=environment).splitlines()


def test_a_generated_client_gets_everything_done(backend: Backend, folder: Path) -> None:
    texts = folder / "texts.json"
    texts.write_text(json.dumps(list(FIVE.values())), "utf-8")
    with backend.at_work():
        done = run(folder, DRIVE, backend.url, "key of client", texts)
    steps = re.findall(r"^def (\w+)\(", DRIVE.read_text("utf-8"), re.M)
    assert done == steps and len(steps) == 5


def test_the_example_in_the_docs_runs(backend: Backend, folder: Path) -> None:
    (block,) = blocks("client")
    code = block.body.replace("http://localhost:8780", backend.url)
    script = folder / "example.py"
    script.write_text(code.replace('"seva-demo-key"', '"key of client"'), "utf-8")
    with backend.at_work():
        assert run(folder, script) == [
            "route electricity_bill_view",
            "answered ['echo నా కరెంటు బిల్లు ఎంత?']",
            "[]",
        ]
