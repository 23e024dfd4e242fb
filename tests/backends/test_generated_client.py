"""A Python client, generated from the document that a server gives, drives that server.

The generator needs pydantic 2, so it is a tool of its own: `uv tool run` brings it.
"""

from __future__ import annotations

import importlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.five_texts import FIVE
from tests.backends.conftest import Backend
from tests.docs.pages import blocks, text
from tests.processes import ROOT

pytestmark = pytest.mark.slow
UV = ROOT / ".ci" / "uv"
COMMAND = re.compile(r"uvx (openapi-python-client@\S+) generate --url \S+ (--output-path) \S+ (.+)")
PACKAGE = "seva_client"
SQLITE = pytest.mark.parametrize("backend", ["sqlite"], indirect=True)


def generate(document: Path, folder: Path) -> None:
    """By the command of docs/api.md, but from a file."""
    found = COMMAND.search(text("docs/api.md"))
    assert found is not None
    tool, out, rest = found.groups()
    told = ["--path", str(document), out, str(folder), *rest.split()]
    done = subprocess.run(
        [UV, "tool", "run", tool, "generate", *told], capture_output=True, text=True, timeout=300
    )
    said = done.stdout + done.stderr
    if done.returncode and ("error sending request" in said or "dns error" in said):
        pytest.skip("there is no package registry")
    assert done.returncode == 0, said
    assert "Warning" not in said and "unsupported" not in said.lower(), said


@pytest.fixture
def made(backend: Backend, tmp_path: Path) -> Iterator[Any]:
    """Imports a module of the client of this server."""
    document = tmp_path / "openapi.json"
    document.write_bytes(httpx.get(f"{backend.url}/openapi.json", trust_env=False).content)
    (tmp_path / "clients").mkdir()
    generate(document, tmp_path / "clients" / PACKAGE)
    sys.path.insert(0, str(tmp_path / "clients"))
    try:
        yield lambda name: importlib.import_module(f"{PACKAGE}.{name}")
    finally:
        sys.path.remove(str(tmp_path / "clients"))
        for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
            del sys.modules[name]


@SQLITE
def test_a_generated_client_gets_everything_done(backend: Backend, made: Any) -> None:
    """One test, for a client is made in seconds."""
    models, plain = made("models"), made("client")
    client = plain.AuthenticatedClient(backend.url, token="key of client")
    understanding = "api.understanding"
    parse, batch = made(f"{understanding}.parse"), made(f"{understanding}.parse_batch")

    for sentence in FIVE.values():
        found = parse.sync(client=client, body=models.ParseRequest(sentence))
        assert found.decision.kind == "route" and found.text == sentence
        assert found.decision.options[0].service == found.intent.name
    pinned = parse.sync_detailed(client=client, body=models.ParseRequest("a"), seva_model="another")
    assert pinned.status_code == 409 and pinned.parsed.models == ["fake"]

    body = models.BatchRequest(texts=[*FIVE.values(), " "])
    *good, blank = batch.sync(client=client, body=body).results
    assert [one.text for one in good] == list(FIVE.values())
    assert blank.error.type_ == "/problems/empty-text" and blank.index == len(FIVE)

    services = made("api.catalogue.services")
    listed = services.sync_detailed(client=client)
    assert any(one.title.te for one in listed.parsed.services)
    etag = listed.headers["etag"]
    assert services.sync_detailed(client=client, if_none_match=etag).status_code == 304

    refused = parse.sync(
        client=plain.AuthenticatedClient(backend.url, token="wrong"),
        body=models.ParseRequest("a"),
    )
    assert refused.type_ == "/problems/unauthorised" and refused.status == 401

    post, fetch = made("api.conversations.post_message"), made("api.conversations.fetch_replies")
    unknown = fetch.sync("c", client=client)
    assert unknown.type_ == "/problems/unknown-conversation"
    with backend.at_work():
        for number, sentence in enumerate(FIVE.values()):
            said = models.TextMessage(id=f"m-{number}", text=sentence)
            answer = post.sync("c", client=client, body=said, prefer="wait=20")
            assert [reply.text for reply in answer.replies] == [f"echo {sentence}"]
        place = models.PlaceMessage("m-9", models.Spot(16.5, 80.6))
        assert post.sync("c", client=client, body=place, prefer="wait=20").state == "answered"
    told = fetch.sync("c", client=client)
    assert [one.in_reply_to for one in told.replies] == [*(f"m-{n}" for n in range(5)), "m-9"]
    assert fetch.sync("c", client=client, after=told.after).replies == []


@SQLITE
def test_the_example_in_the_docs_runs(backend: Backend, made: Any) -> None:
    (block,) = blocks("client")
    assert len(block.body.splitlines()) <= 14
    code = block.body.replace("http://localhost:8780", backend.url)
    code = code.replace('"seva-demo-key"', '"key of client"')
    said = StringIO()
    with backend.at_work(), redirect_stdout(said):
        exec(compile(code, "docs/api.md", "exec"), {})
    first, second, third = said.getvalue().splitlines()
    assert first == "route electricity_bill_view"
    assert second == "answered ['echo నా కరెంటు బిల్లు ఎంత?']"
    assert json.loads(third) == []
