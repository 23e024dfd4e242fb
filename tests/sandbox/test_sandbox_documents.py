"""Every document that a sandbox department prints carries a QR code that verifies."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import zxingcpp
from fastapi.testclient import TestClient
from PIL import Image

from actions.documents.credential import Claims
from actions.documents.issuer import Issuer
from actions.documents.registry import status
from actions.documents.settings import DOCUMENTS_URL, FOLDER, REGISTRY
from actions.sandbox.server import create_app
from nlu.fast_yaml import load_yaml
from tests.documents.link_reader import by_kid, read_link, verify_link
from tests.sandbox.conftest import KEY, Sandbox

CASES = Path(__file__).parent / "cases"
COUNTERS = Path(__file__).parents[2] / "actions" / "sandbox" / "counters"


BIRTH = {
    "ulb_name": "vijayawada",
    "child_name": "Sai Teja",
    "date_of_birth": "2019-05-14",
    "mother_name": "Lakshmi",
}


def printing() -> Iterator[tuple[str, str, dict[str, str]]]:
    """Department, operation and values of one good call of every operation that prints."""
    rows = [row for path in CASES.glob("*.yml") for row in load_yaml(path.read_text("utf-8"))]
    good = {row["operation"]: row["values"] for row in reversed(rows) if row["outcome"] == "ok"}
    good["getBirthCertificate"] = BIRTH
    for path in sorted(COUNTERS.glob("*.yml")):
        for name, counter in load_yaml(path.read_text("utf-8"))["operations"].items():
            if "document" in counter:
                yield path.stem, name, {key: str(value) for key, value in good[name].items()}


QR = zxingcpp.BarcodeFormat.QRCode
"""Its other formats find a bar code in the lines of a form now and then."""


def scanned(pdf: bytes, folder: Path) -> str:
    """What the QR code of the page says."""
    (folder / "page.pdf").write_bytes(pdf)
    command = ["pdftoppm", "-r", "150", "-png", "-singlefile", "page.pdf", "page"]
    subprocess.run(command, cwd=folder, check=True)
    (found,) = zxingcpp.read_barcodes(Image.open(folder / "page.png"), formats=QR)
    return str(found.text)


@pytest.mark.parametrize(
    ("department", "operation", "values"),
    [pytest.param(*case, id=case[1]) for case in printing()],
)
def test_printed_document_verifies(
    sandbox: Sandbox, tmp_path: Path, department: str, operation: str, values: dict[str, str]
) -> None:
    document = sandbox.execute(department, operation, values).document
    assert document is not None
    qr = scanned(sandbox.http.get(document.url, timeout=60).content, tmp_path)
    issuer = Issuer.open(sandbox.database.parent / FOLDER, DOCUMENTS_URL)
    claims = verify_link(qr, DOCUMENTS_URL, by_kid(issuer.keys), 1_800_000_000)
    assert isinstance(claims, Claims)
    assert claims.issuer == department
    assert all(value for _, value in claims.fields)
    assert status(issuer.registry, issuer.event_log, claims.id)["state"] == "valid"


def test_asking_again_gives_the_same_document(sandbox: Sandbox, tmp_path: Path) -> None:
    department, operation, values = next(printing())
    asked = [sandbox.execute(department, operation, values).document for _ in range(2)]
    assert asked[0] == asked[1]
    link = read_link(
        scanned(sandbox.http.get(asked[0].url, timeout=60).content, tmp_path) if asked[0] else ""
    )
    assert link is not None


def test_secret_of_one_document_is_not_that_of_another(sandbox: Sandbox) -> None:
    tokens = set()
    for department, operation, values in list(printing())[:3]:
        document = sandbox.execute(department, operation, values).document
        assert document is not None
        tokens |= set(re.findall(r"/documents/([\w-]{24})\.pdf", document.url))
    assert len(tokens) == 3


def test_full_disk_is_told_and_hands_nothing_out(tmp_path: Path) -> None:
    """503, so that the connector says that the office does not answer now."""
    app = create_app(tmp_path / "sandbox.sqlite")
    registry = tmp_path / FOLDER / REGISTRY
    registry.write_bytes(b"broken" * 1000)
    for name in (f"{REGISTRY}-wal", f"{REGISTRY}-shm"):
        (tmp_path / FOLDER / name).unlink(missing_ok=True)
    with TestClient(app, base_url="http://localhost") as client:
        body = {"ulb": "vijayawada", "child_name": "Sai Teja", "mother_name": "Lakshmi"}
        answer = client.post(
            "/municipal/birth-certificates/search",
            json={**body, "date_of_birth": "2019-05-14"},
            headers=KEY,
        )
    assert (answer.status_code, answer.json()["code"]) == (503, "documents_unavailable")
