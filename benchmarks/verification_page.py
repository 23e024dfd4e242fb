"""`seva benchmark verification-page`: how long a phone takes to check a certificate.

Issues a Telugu birth certificate with the real server, opens its QR link in Chromium, and measures
in the page with performance.now: the signature alone (the browser's Ed25519, and the library for
older browsers), everything that needs no internet, the office's answer with the proof of the
register, and reading the code from a picture as WhatsApp passes it on. The same again with the
page's own thread slowed down, as on a cheap phone (Chromium's CPU throttling; cryptography of the
browser runs beside it and is not slowed). No peer: the signature alone is the floor.
"""

from __future__ import annotations

import argparse
import base64
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from actions.documents.issuer import Issued, Issuer
from benchmarks import command
from benchmarks.machine import machine

SCRIPT = Path(__file__).with_suffix(".js")
VALUES = {
    "certificate_number": "BC-VJA-2019-004512",
    "child_name": "కొండపల్లి వెంకట సాయి తేజ",
    "date_of_birth": "14-05-2019",
    "place_of_birth": "విజయవాడ",
    "mother_name": "కొండపల్లి లక్ష్మీ స్రవంతి",
    "father_name": "కొండపల్లి శ్రీనివాస రావు",
}
STEPS = {
    "signature": "signature, the browser's Ed25519",
    "library": "signature, the library for older browsers",
    "offline": "all that needs no internet",
    "status": "the office's answer and the register's proof",
    "picture": "the code in a forwarded picture",
}
_START_S = 20
_FORWARDED_PIXELS = 1600


def run(runs: int, slow: float) -> command.Document:
    """Measures; the document that `--json` prints. Raises RuntimeError where a check fails."""
    facts = machine()
    with tempfile.TemporaryDirectory() as name, _office(Path(name)) as (issuer, url):
        issued = issuer.issue("municipal", "birth_certificate", VALUES, "benchmark")
        picture = _forwarded(issuer, issued, Path(name))
        by_speed = {
            f"{factor:g}": _measured(url, issued.qr, picture, runs, factor) for factor in (1, slow)
        }
    return {
        "runs": runs,
        "link_characters": len(issued.qr),
        "slowed": by_speed,
        "machine": facts,
    }


@contextmanager
def _office(folder: Path) -> Iterator[tuple[Issuer, str]]:
    """The real server on a free port."""
    import socket

    import uvicorn

    from actions.documents.server import create_app

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    url = f"http://127.0.0.1:{port}"
    issuer = Issuer.open(folder / "documents", url, make_keys=True)
    app = create_app(folder / "documents", url)
    config = uvicorn.Config(app, port=port, log_level="error", log_config=None, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    until = time.monotonic() + _START_S
    while not server.started:
        if time.monotonic() > until:
            raise RuntimeError("the server did not start")
        time.sleep(0.02)
    try:
        yield issuer, url
    finally:
        server.should_exit = True
        thread.join(5)


def _forwarded(issuer: Issuer, issued: Issued, folder: Path) -> bytes:
    """The certificate's page as a JPEG of the size and quality that WhatsApp sends."""
    found = issuer.pdf(issued.token)
    if found is None:
        raise RuntimeError("the certificate has no PDF")
    (folder / "page.pdf").write_bytes(found[1])
    target = ["-scale-to", str(_FORWARDED_PIXELS), "-jpeg", "-jpegopt", "quality=60"]
    source = [str(folder / "page.pdf"), str(folder / "page")]
    subprocess.run(["pdftoppm", "-singlefile", *target, *source], check=True)
    return (folder / "page.jpg").read_bytes()


def _measured(url: str, link: str, picture: bytes, runs: int, slow: float) -> dict[str, Any]:
    """Milliseconds of each step, mean and 95th percentile, and of opening the page."""
    from playwright.sync_api import sync_playwright

    path = os.environ.get("SEVA_TEST_CHROMIUM") or shutil.which("chromium")
    if path is None:
        raise RuntimeError("chromium is missing: run `make setup system`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 360, "height": 740})
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slow})
        opened = []
        for target in (f"{url}/c/none", link):  # a first visit, then one with the page kept
            page.goto(target)
            page.locator("body[data-state=valid], body[data-state=damaged]").wait_for()
            opened.append(page.evaluate("performance.now()"))
        samples = page.evaluate(
            SCRIPT.read_text("utf-8"), [link, runs, base64.b64encode(picture).decode()]
        )
        version = browser.version
        browser.close()
    steps = {
        name: {
            "mean_ms": round(statistics.fmean(taken), 2),  # the clock of a page ticks in 0.1 ms
            "p95_ms": round(sorted(taken)[int(0.95 * (len(taken) - 1))], 2),
        }
        for name, taken in samples.items()
    }
    return {
        "chromium": version,
        "first_visit_ms": round(opened[0]),
        "result_ms": round(opened[1]),
        **steps,
    }


def lines(document: command.Document) -> Iterator[str]:
    """The table."""
    for slow, row in document["slowed"].items():
        yield (
            f"Chromium {row['chromium']}, slowed {slow} times, {document['runs']} runs, "
            f"link of {document['link_characters']} characters"
        )
        yield f"{'':48}{'mean ms':>9}{'p95 ms':>9}"
        for name, title in STEPS.items():
            yield f"{title:48}{row[name]['mean_ms']:>9.2f}{row[name]['p95_ms']:>9.2f}"
        yield f"{'page opened for the first time':48}{row['first_visit_ms']:>9}"
        yield f"{'from opening a link to the whole result':48}{row['result_ms']:>9}"


def main(argv: Sequence[str]) -> int:
    """Entry point for `seva benchmark verification-page`."""
    parser = argparse.ArgumentParser(
        prog="seva benchmark verification-page",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--runs", type=int, default=50, help="of each step")
    parser.add_argument("--slow", type=float, default=6, help="how many times slower a phone is")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    given = parser.parse_args(list(argv))
    if given.runs < 1 or given.slow < 1:
        parser.error("--runs and --slow are 1 at least")
    return command.finish(
        lambda: run(given.runs, given.slow),
        lines,
        as_json=given.json,
        failures=(RuntimeError, OSError, subprocess.CalledProcessError),
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
