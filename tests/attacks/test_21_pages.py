"""Other sites' pages read and switch nothing of the demo's pages, nor frame them (finding 21)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from actions.documents.server import create_app as documents
from actions.sandbox.server import create_app as sandbox
from api.demo.simulator.server import create_app as simulator
from nlu.settings.settings import Settings
from tests.served import served

EVIL = "https://evil.example"
PAGES = [
    ("sandbox", "/"),
    ("sandbox", "/__page/grievances"),
    ("sandbox", "/pay/unknown"),
    ("simulator", "/"),
    ("documents", "/"),
    ("documents", "/c/unknown"),
]
SECRETS = [
    ("sandbox", "/__writes/energy"),
    ("sandbox", "/__grievances"),
    ("sandbox", "/__sms"),
    ("sandbox", "/__faults/energy"),
    ("simulator", "/__wire"),
    ("simulator", "/__outbox"),
    ("simulator", "/chat/state"),
    ("documents", "/keys.json"),
]
CHANGES = [
    ("sandbox", "POST", "/__page/energy/fault", b"mode=down&times=&delay_s="),
    ("sandbox", "POST", "/__page/energy/reset", b""),
    ("sandbox", "PUT", "/__faults/energy", b'{"mode": "down"}'),
    ("sandbox", "POST", "/__reset/energy", b""),
    ("sandbox", "POST", "/pay/unknown", b"lang=te"),
    ("sandbox", "PUT", "/__gateway/plan", b'{"plan": "paid"}'),
    ("sandbox", "POST", "/__page/grievances/1/state", b"state=resolved"),
    ("sandbox", "POST", "/energy/meters", b"{}"),
    ("simulator", "POST", "/__inbound", b'{"text": "hello", "from": "919848012345"}'),
    ("simulator", "PUT", "/__faults", b"{}"),
    ("simulator", "DELETE", "/__faults", b""),
    ("simulator", "POST", "/__reset", b""),
    ("simulator", "POST", "/__sms", b"{}"),
    ("simulator", "POST", "/chat/citizens", b"{}"),
]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """All pages over real HTTP, by name."""
    folder: Path = tmp_path_factory.mktemp("pages")
    settings = Settings(simulator_webhook_url="http://127.0.0.1:1/none")
    with ExitStack() as running:
        apps = {
            "sandbox": sandbox(folder / "sandbox.sqlite"),  # makes the keys of documents as well
            "simulator": simulator(settings),
            "documents": documents(folder / "documents", "https://seva.example"),
        }
        yield {name: running.enter_context(served(app)) for name, app in apps.items()}


def _ask(url: str, method: str = "GET", content: bytes = b"", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.request(method, url, content=content, headers=named, trust_env=False, timeout=20)


@pytest.mark.parametrize(("name", "path"), [*PAGES, *SECRETS])
@pytest.mark.parametrize("host", ["evil.example", "evil.example:8790", "localhost.evil.example"])
def test_by_a_name_of_another_s_nothing_is_read(
    web: dict[str, str], name: str, path: str, host: str
) -> None:
    assert _ask(web[name] + path, Host=host).status_code == 421


@pytest.mark.parametrize(("name", "path"), SECRETS)
def test_what_is_read_is_not_for_other_origins(web: dict[str, str], name: str, path: str) -> None:
    answer = _ask(web[name] + path, Origin=EVIL)
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert answer.headers["cross-origin-resource-policy"] == "same-origin"
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(("name", "method", "path", "body"), CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": EVIL},
        {"Origin": "null"},
        {"Origin": "http://localhost:1"},  # another page of the same machine
        {"Referer": f"{EVIL}/"},
        {"Sec_Fetch_Site": "cross-site"},
        {"Sec_Fetch_Site": "same-site"},
    ],
)
@pytest.mark.parametrize("kind", ["text/plain", FORM])
def test_other_sites_change_nothing(
    web: dict[str, str],
    name: str,
    method: str,
    path: str,
    body: bytes,
    headers: dict[str, str],
    kind: str,
) -> None:
    answer = _ask(web[name] + path, method, body, Content_Type=kind, **headers)
    assert answer.status_code == 403


def test_the_page_s_own_buttons_work(web: dict[str, str]) -> None:
    """As a browser sends them."""
    own = {"Origin": web["sandbox"], "Sec_Fetch_Site": "same-origin", "Content_Type": FORM}
    body = b"mode=down&times=&delay_s="
    switched = _ask(f"{web['sandbox']}/__page/energy/fault", "POST", body, **own)
    assert switched.status_code == 303
    assert _ask(f"{web['sandbox']}/__faults/energy").json()["mode"] == "down"
    _ask(f"{web['sandbox']}/__page/energy/reset", "POST", **own)
    assert _ask(f"{web['sandbox']}/__faults/energy").json()["mode"] == "none"


def test_the_public_page_goes_by_its_public_name(web: dict[str, str]) -> None:
    assert _ask(f"{web['documents']}/", Host="seva.example").status_code == 200
    assert _ask(f"{web['sandbox']}/", Host="seva.example").status_code == 421


@pytest.mark.parametrize(("name", "path"), [*PAGES, *SECRETS])
def test_nothing_can_be_framed_or_guessed(web: dict[str, str], name: str, path: str) -> None:
    headers = _ask(web[name] + path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] in ("same-origin", "no-referrer")


@pytest.mark.parametrize(("name", "path"), PAGES)
def test_pages_hold_nothing_inline(web: dict[str, str], name: str, path: str) -> None:
    """So that the policy need not allow it."""
    answer = _ask(web[name] + path)
    assert "unsafe-inline" not in answer.headers["content-security-policy"]
    assert "<style" not in answer.text and " style=" not in answer.text
    assert " onclick=" not in answer.text and "<script>" not in answer.text


@pytest.mark.parametrize("style", ["departments", "grievances", "pay"])
def test_styles_are_there(web: dict[str, str], style: str) -> None:
    answer = _ask(f"{web['sandbox']}/__static/{style}.css")
    assert answer.status_code == 200 and answer.headers["content-type"].startswith("text/css")
