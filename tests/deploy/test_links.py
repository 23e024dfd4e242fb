"""What pods say to each other goes by TLS, and only to whom it may."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.containers import program
from tests.processes import ROOT

REFUSED = (0, 400)


def certificate(folder: Path, authority: str, name: str) -> None:
    """A certificate in `name` by an authority that is made for it, as cert-manager would."""
    openssl = program("openssl")
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    steps = [
        [
            *(*curve, "-x509", "-days", "2", "-subj", f"/CN={authority}"),
            *("-keyout", f"{authority}.key", "-out", f"{authority}.crt"),
        ],
        [
            *(*curve, "-subj", "/CN=seva-link", "-addext", "subjectAltName=DNS:seva-link"),
            *("-keyout", f"{name}.key", "-out", f"{name}.csr"),
        ],
    ]
    for step in steps:
        subprocess.run([openssl, "req", *step], cwd=folder, check=True, capture_output=True)
    signed = [
        *("-req", "-in", f"{name}.csr", "-CA", f"{authority}.crt", "-CAkey", f"{authority}.key"),
        *("-CAcreateserial", "-copy_extensions", "copy", "-days", "2", "-out", name),
    ]
    subprocess.run([openssl, "x509", *signed], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def called(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What came of each call of `links.py`."""
    folder = tmp_path_factory.mktemp("links")
    certificate(folder, "ca", "link.pem")
    certificate(folder, "others", "foreign.pem")
    script = ROOT / "tests" / "deploy" / "links.py"
    alone = ["unshare", "--map-root-user", "--net", "--mount", sys.executable, script, folder]
    done = subprocess.run(alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    found: dict[str, list[object]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize(
    "what, answer",
    [
        ("worker calls actions", "5055 POST /webhook"),
        ("actions hand over news", "8783 POST /notices"),
        ("actions ask for a language", "8783 POST /notices/language"),
        ("by a certificate of ours", "8783 POST /notices"),
        ("metrics", "8783 GET /metrics"),
    ],
)
def test_what_is_needed_goes_through(
    called: dict[str, list[object]], what: str, answer: str
) -> None:
    assert called[what] == [200, answer]


@pytest.mark.parametrize("what", ["metrics by the link", "news at the metrics"])
def test_a_link_carries_its_own_paths_only(called: dict[str, list[object]], what: str) -> None:
    assert called[what][0] == 404


@pytest.mark.parametrize(
    "what",
    [
        "actions, nobody's certificate",
        "actions, another's certificate",
        "actions, plain",
        "news, nobody's certificate",
    ],
)
def test_strangers_are_refused(called: dict[str, list[object]], what: str) -> None:
    assert called[what][0] in REFUSED
