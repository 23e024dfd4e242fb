"""How the page is served: headers, caching, versions, and no gap in its words."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from actions.documents.site import page
from actions.documents.site.page import STATIC, MissingWords, build, page_data, require_languages


@pytest.fixture(scope="module")
def client() -> TestClient:
    app = FastAPI(openapi_url=None)
    app.include_router(build())
    return TestClient(app)


def base(client: TestClient) -> str:
    found = re.search(r"/site/[0-9a-f]{12}/", client.get("/").text)
    assert found
    return found[0]


@pytest.mark.parametrize("path", ["/", "/c/0123456789abcdef", "/sw.js", "/manifest.webmanifest"])
def test_pages_are_asked_about_each_time_and_may_load_nothing_foreign(client, path):
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe-inline" not in policy
    assert "http" not in policy and "'unsafe-eval'" not in policy
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_an_unchanged_page_is_not_sent_again(client):
    etag = client.get("/").headers["etag"]
    answer = client.get("/", headers={"If-None-Match": etag})
    assert (answer.status_code, answer.content) == (304, b"")


def test_files_are_kept_for_ever_under_their_version(client):
    answer = client.get(base(client) + "js/main.js")
    assert answer.headers["cache-control"].endswith("immutable")
    assert answer.headers["content-type"].startswith("text/javascript")
    old = client.get("/site/0123456789ab/js/main.js")
    assert (old.status_code, old.headers["cache-control"]) == (404, "no-store")


@pytest.mark.parametrize("name", ["../routes.py", "index.html", "%2e%2e/words.yml", "js/none.js"])
def test_nothing_but_the_files_is_served(client, name):
    assert client.get(base(client) + name).status_code == 404


def test_a_file_is_sent_compressed_to_who_takes_it(client):
    path = base(client) + "vendor/zxing/zxing_reader.wasm"
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    plain = client.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "content-encoding" not in plain.headers
    assert packed.content == plain.content
    assert packed.headers["content-type"] == "application/wasm"


def test_the_service_worker_keeps_every_script_it_needs_and_no_pdf_reader(client):
    shell = json.loads(re.search(r"SHELL = (\[.*?\]);", client.get("/sw.js").text)[1])
    names = [path.rpartition(base(client))[2] for path in shell]
    scripts = [f"js/{file.name}" for file in (STATIC / "js").glob("*.js")]
    assert set(scripts) <= set(names)
    assert "data.json" in names and "vendor/zxing/zxing_reader.wasm" in names
    assert not [name for name in names if "pdfjs" in name or "LICENSE" in name]
    assert all(client.get(path).status_code == 200 for path in shell)


def test_no_file_of_ours_names_another_host():
    ours = [file for file in STATIC.rglob("*.*") if "vendor" not in file.parts]
    texts = [file for file in ours if file.suffix in {".js", ".css", ".html", ".webmanifest"}]
    assert {file.suffix for file in texts} == {".js", ".css", ".html", ".webmanifest"}
    for file in texts:
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", file.read_text("utf-8")), file


def test_every_vendored_library_has_its_licence_and_its_sum():
    lines = (STATIC / "vendor" / "README.md").read_text("utf-8")
    folders = [folder for folder in (STATIC / "vendor").iterdir() if folder.is_dir()]
    assert folders and all((folder / "LICENSE").is_file() for folder in folders)
    for folder in folders:
        code = [file for file in folder.rglob("*") if file.suffix in {".js", ".mjs", ".wasm"}]
        assert code, folder
        for file in code:
            assert sha256(file) in lines, file


def sha256(file: Path) -> str:
    import hashlib

    return hashlib.sha256(file.read_bytes()).hexdigest()


def test_the_version_changes_with_any_file():
    files = {"a.js": page.asset("a.js", b"1"), "b.js": page.asset("b.js", b"2")}
    other = {**files, "b.js": page.asset("b.js", b"3")}
    assert page.version_of(files) == page.version_of(dict(files))
    assert page.version_of(files) != page.version_of(other)


def test_compression_is_the_same_each_time():
    one, other = (page.asset("a.js", b"x" * 1000) for _ in range(2))
    assert one == other
    assert gzip.decompress(one.gzipped) == b"x" * 1000


def test_words_that_lack_a_language_are_named():
    page = {"states": {"valid": {"tone": "good", "title": {"te": "x", "en": "y"}}}}
    with pytest.raises(MissingWords, match=r"states\.valid\.title: no words in hi"):
        require_languages(page, ["te", "hi", "en"])


def test_forms_and_departments_reach_the_page():
    data = page_data()
    forms = {file.stem for file in Path("data/forms").glob("*.yml")}
    assert set(data["forms"]) == forms
    assert {"revenue", "municipal", "endowments"} <= set(data["departments"])
    assert "defaults" not in data["departments"]


def test_every_state_has_a_test():
    """Those that a browser test waits for."""
    said = "".join(file.read_text("utf-8") for file in Path(__file__).parent.glob("test_*.py"))
    missing = [name for name in page_data()["words"]["states"] if f'"{name}"' not in said]
    assert missing == []
