"""What every answer tells a browser."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
from starlette.testclient import TestClient

CALLS = [
    ("POST", "/parse"),
    ("GET", "/version"),
    ("GET", "/health/live"),
    ("GET", "/openapi.json"),
    ("GET", "/nothing"),
    ("GET", "/docs"),
    ("PUT", "/parse"),
]


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_answers_are_not_framed_guessed_at_or_stored(
    client: TestClient, method: str, path: str
) -> None:
    body = {"text": "a"} if method == "POST" else None
    headers = client.request(method, path, json=body).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["cache-control"] == "no-store"
    assert "server" not in headers


def test_services_may_be_kept_by_who_asked_alone(client: TestClient) -> None:
    headers = client.get("/services").headers
    assert headers["cache-control"] == "private, no-cache"
    assert headers["x-content-type-options"] == "nosniff"


def test_files_of_the_page_may_be_kept(client: TestClient) -> None:
    headers = client.get("/docs/assets/swagger-ui.css").headers
    assert "etag" in headers and "cache-control" not in headers
    assert headers["x-content-type-options"] == "nosniff"


def test_the_page_runs_its_own_script_only(client: TestClient) -> None:
    page = client.get("/docs")
    policy = page.headers["content-security-policy"]
    scripts = re.findall(r"<script>(.*?)</script>", page.text, re.DOTALL)
    assert scripts
    for script in scripts:
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    source = policy.partition("script-src")[2].partition(";")[0]
    assert "unsafe" not in source and "http" not in source
