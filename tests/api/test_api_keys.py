"""Named keys: scopes, expiry, rate and quota, over HTTP and in their file."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient

from api.api_keys import ApiKeys
from api.app import create_app, create_internal_app
from api.key_usage import FILE
from api.problems import Problem
from nlu.fast_yaml import load_yaml
from nlu.settings.api_keys_file import digest, new_key, read_keys_file
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeSpeech, FakeUnderstanding
from tests.api.conftest import CATALOGUE

TODAY = date(2026, 11, 28)
MIDNIGHT = 1795824000.0  # of that day, UTC


class Clock:
    now = MIDNIGHT

    def __call__(self) -> float:
        return self.now


def entry(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "sha256": digest(f"key of {name}").hex(), "scopes": ["parse"], **more}


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer key of {name}"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def client(tmp_path: Path, clock: Clock) -> Iterator[TestClient]:
    file = tmp_path / "keys.yml"
    entries = [
        entry("texts"),
        entry("voices", scopes=["voice"]),
        entry("catalogue", scopes=["services"]),
        entry("news", scopes=["notices"]),
        entry("until today", expires=TODAY),
        entry("until tomorrow", expires=TODAY + timedelta(days=1)),
        entry("slow", rate=3),
        entry("small", quota=4),
    ]
    file.write_text(yaml.safe_dump(entries), "utf-8")
    settings = Settings(var_dir=tmp_path, models_dir=tmp_path, api_keys="", api_keys_file=str(file))
    fakes = FakeUnderstanding(), FakeSpeech()
    app = create_app(settings, *fakes, catalogue=CATALOGUE, clock=clock)
    with TestClient(app, raise_server_exceptions=False) as client:
        yield client


def parse(client: TestClient, name: str) -> Any:
    return client.post("/parse", json={"text": "a"}, headers=bearer(name))


CALLS = {
    "parse": ("POST", "/parse", {"json": {"text": "a"}}),
    "batch": ("POST", "/parse/batch", {"json": {"texts": ["a"]}}),
    "voice": ("POST", "/parse/voice", {"files": {"audio": b"OggS"}}),
    "services": ("GET", "/services", {}),
}
MAY = {
    "texts": {"parse", "batch"},
    "voices": {"voice"},
    "catalogue": {"services"},
    "news": set(),
}


def test_a_key_is_given_and_withdrawn_without_a_restart(client: TestClient, tmp_path: Path) -> None:
    """A stolen key was good until somebody restarted the server."""
    file = tmp_path / "keys.yml"
    assert parse(client, "texts").status_code == 200
    file.write_text(yaml.safe_dump([entry("new", rate=1)]), "utf-8")
    assert parse(client, "texts").status_code == 401
    assert [parse(client, "new").status_code for _ in range(2)] == [200, 429]


@pytest.mark.parametrize("broken", ["- name: [", "- name: texts", None])
def test_keys_of_before_hold_while_the_file_cannot_be_read(
    client: TestClient, tmp_path: Path, caplog: pytest.LogCaptureFixture, broken: str | None
) -> None:
    file = tmp_path / "keys.yml"
    if broken is None:
        file.unlink()
    else:
        file.write_text(broken, "utf-8")
    assert [parse(client, "texts").status_code for _ in range(2)] == [200, 200]
    assert caplog.text.count("api_keys_not_read") == 1  # told once, not with every call
    file.write_text(yaml.safe_dump([entry("new")]), "utf-8")
    assert [parse(client, name).status_code for name in ("texts", "new")] == [401, 200]


@pytest.mark.parametrize("name", MAY)
@pytest.mark.parametrize("call", CALLS)
def test_a_key_opens_what_it_is_for(client: TestClient, name: str, call: str) -> None:
    method, path, body = CALLS[call]
    answer = client.request(method, path, headers=bearer(name), **body)
    if call in MAY[name]:
        assert answer.status_code == 200
    else:
        assert (answer.status_code, answer.json()["type"]) == (403, "/problems/missing-scope")


def test_a_key_for_news_opens_the_inside(client: TestClient) -> None:
    app = create_internal_app(client.app.state.runtime)  # type: ignore[attr-defined]
    inside = TestClient(app, base_url="http://localhost")
    ask = {"citizen": "nobody"}
    assert inside.post("/notices/language", json=ask, headers=bearer("news")).status_code == 404
    assert inside.post("/notices/language", json=ask, headers=bearer("texts")).status_code == 403


def test_a_key_is_refused_from_its_day_on(client: TestClient, clock: Clock) -> None:
    answer = parse(client, "until today")
    assert (answer.status_code, answer.json()["type"]) == (401, "/problems/unauthorised")
    clock.now += 86399
    assert parse(client, "until tomorrow").status_code == 200
    clock.now += 1
    assert parse(client, "until tomorrow").status_code == 401


def test_beyond_the_rate_it_is_told_when_to_come_again(client: TestClient, clock: Clock) -> None:
    assert [parse(client, "slow").status_code for _ in range(3)] == [200] * 3
    clock.now += 20.5
    answer = parse(client, "slow")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "40")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == "/problems/rate-exceeded"
    clock.now += 40
    assert parse(client, "slow").status_code == 200


def test_a_batch_counts_its_texts(client: TestClient, clock: Clock) -> None:
    def batch(count: int) -> Any:
        body = {"texts": ["a"] * count}
        return client.post("/parse/batch", json=body, headers=bearer("small"))

    assert batch(3).status_code == 200
    assert batch(3).status_code == 200  # begun before the limit was reached
    answer = batch(1)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "86400")
    assert answer.json()["type"] == "/problems/quota-exceeded"
    clock.now += 86400
    assert batch(1).status_code == 200


def test_what_is_refused_costs_nothing(client: TestClient) -> None:
    for _ in range(9):
        assert client.get("/services", headers=bearer("slow")).status_code == 403
    assert parse(client, "slow").status_code == 200


def test_another_key_is_not_concerned(client: TestClient) -> None:
    for _ in range(9):
        parse(client, "slow")
    assert parse(client, "texts").status_code == 200


async def test_processes_count_together_and_a_restart_forgets_nothing(
    tmp_path: Path, clock: Clock, url_of: Callable[[Path], str]
) -> None:
    file = tmp_path / "keys.yml"
    file.write_text(yaml.safe_dump([entry("slow", rate=3)]), "utf-8")
    url = url_of(tmp_path / "seva.sqlite")
    settings = Settings(var_dir=tmp_path, api_keys_file=str(file), database_url=url)
    one, two = ApiKeys.of(settings, clock), ApiKeys.of(settings, clock)
    key = one.check("Bearer key of slow", "parse")
    for keys in (one, two, one):
        await keys.spend(key)
    for keys in (one, two):
        with pytest.raises(Problem):
            await keys.spend(key)
        keys.close()
    again = ApiKeys.of(settings, clock)
    with pytest.raises(Problem):
        await again.spend(key)
    again.close()


async def test_keys_without_limits_need_no_file(tmp_path: Path) -> None:
    keys = ApiKeys.of(Settings(var_dir=tmp_path, api_keys="a"))
    await keys.spend(keys.check("Bearer a", "parse"))
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("a: [", "not YAML"),
        ("a: 1", "must be a list"),
        ("- 5", "0: must be a mapping"),
        ("- {}", "`name` is missing in 0"),
        ("- {name: a, sha256: x, scopes: [parse]}", "sha256"),
        (f"- {{name: a, sha256: {'0' * 64}}}", "scopes"),
        (f"- {{name: a, sha256: '{'0' * 64}', scopes: [all]}}", "scopes"),
        (f"- {{name: a, sha256: '{'0' * 64}', scopes: [parse], expires: soon}}", "expires"),
        (f"- {{name: a, sha256: '{'0' * 64}', scopes: [parse], rate: 0}}", "rate"),
        (f"- {{name: a, sha256: '{'0' * 64}', scopes: [parse], quota: true}}", "quota"),
        (f"- {{name: a, sha256: '{'0' * 64}', scopes: [parse], key: x}}", "unknown key `key`"),
        (f"- &a {{name: a, sha256: '{'0' * 64}', scopes: [parse]}}\n- *a", "same name"),
    ],
)
def test_a_file_that_is_wrong_is_named(tmp_path: Path, content: str, told: str) -> None:
    file = tmp_path / "keys.yml"
    file.write_text(content, "utf-8")
    with pytest.raises(ValueError, match=told):
        read_keys_file(file)


def test_a_new_key_is_in_its_entry_as_a_hash_only() -> None:
    key, text = new_key("a", ["parse"], TODAY, 5, None)
    assert len(key) >= 40 and key not in text
    assert load_yaml(text) == [
        {
            "name": "a",
            "sha256": digest(key).hex(),
            "scopes": ["parse"],
            "expires": TODAY,
            "rate": 5,
        }
    ]


def test_the_command_keeps_the_key_out_of_the_file() -> None:
    command = [sys.executable, "-m", "nlu.cli", "api-keys", "new", "a", "--scope", "parse"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    key = done.stderr.strip().rsplit(" ", 1)[1]
    assert key not in done.stdout
    assert load_yaml(done.stdout)[0]["sha256"] == digest(key).hex()
