"""Services, health, metrics and the documentation of the HTTP surface."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from starlette.routing import Route
from starlette.testclient import TestClient

from api.app import create_internal_app
from nlu.settings.settings import Settings
from tests.api.api_fakes import FakeUnderstanding


def test_services_carry_words_in_every_language(client: TestClient) -> None:
    body = client.get("/services").json()
    services = {service["name"]: service for service in body["services"]}
    bill = services["electricity_bill_view"]
    assert set(bill["title"]) == {"te", "hi", "en"}
    assert bill["slots"][0]["type"] == "electricity_service_number"
    departments = {department["id"] for department in body["departments"]}
    assert {service["department"] for service in body["services"]} <= departments
    assert "కరెంటు" in client.get("/services").text


def test_ready_when_model_and_inbox_are(client: TestClient, internal: TestClient) -> None:
    assert client.get("/health/ready").json() == {"status": "ok"}
    assert internal.get("/health/ready").json() == {
        "status": "ok",
        "checks": {"model": "ok", "inbox": "ok"},
    }


def test_open_addresses_need_no_key(client: TestClient, internal: TestClient) -> None:
    del client.headers["Authorization"]
    shared = ("/health/live", "/health/ready", "/openapi.json", "/docs")
    for listener, paths in ((client, shared), (internal, (*shared, "/metrics"))):
        for path in paths:
            assert listener.get(path).status_code == 200, path


def test_metrics_count_without_naming_anybody(client: TestClient, internal: TestClient) -> None:
    client.post("/parse", json={"text": "my secret text"})
    client.post("/parse", json={"text": ""})
    client.get("/secret-address")
    text = internal.get("/metrics").text
    assert 'seva_requests_total{route="/parse",status="200"} 1.0' in text
    assert 'seva_requests_total{route="/parse",status="422"} 1.0' in text
    assert 'seva_decisions_total{key="te",kind="route"} 1.0' in text
    assert "seva_inbox_waiting 0.0" in text
    assert "seva_ready 1.0" in text
    assert "secret" not in text


def test_each_text_of_a_batch_counts_as_understood(
    client: TestClient, internal: TestClient
) -> None:
    """It used to be those of `/parse` only, so a client with batches was never seen to drift."""
    client.post("/parse/batch", json={"texts": ["one", "two"]})
    assert 'seva_decisions_total{key="te",kind="route"} 2.0' in internal.get("/metrics").text


def test_metrics_say_that_the_store_cannot_be_read(client: TestClient) -> None:
    now = client.app.state.runtime  # type: ignore[attr-defined]
    inbox, now.inbox = now.inbox, None
    app = create_internal_app(now)
    with TestClient(app, base_url="http://localhost") as internal:
        assert "seva_ready 0.0" in internal.get("/metrics").text
    now.inbox = inbox


def test_metrics_tell_routes_models_and_batches_apart(
    client: TestClient, internal: TestClient, engine: FakeUnderstanding
) -> None:
    engine.model_id = "first"
    client.post("/v1/parse", json={"text": "a"})
    client.post("/v1/parse/batch", json={"texts": ["a", "", "b"]})
    engine.model_id = "second"
    client.post("/v1/parse/voice", files={"audio": b"OggS"})
    client.get("/v1/services")
    client.post("/parse/batch", json={"texts": []})
    text = internal.get("/metrics").text
    assert 'seva_understood_total{model="first",route="parse"} 1.0' in text
    assert 'seva_understood_total{model="first",route="batch"} 2.0' in text
    assert 'seva_understood_total{model="second",route="voice"} 1.0' in text
    for route, count in (("parse", 1), ("batch", 2), ("voice", 1), ("services", 1)):
        assert f'seva_answer_seconds_count{{route="{route}"}} {count}.0' in text, route
    assert 'seva_answer_seconds_bucket{le="60.0",route="voice"} 1.0' in text
    assert 'seva_batch_texts_bucket{le="2.0"} 0.0' in text
    assert 'seva_batch_texts_bucket{le="4.0"} 1.0' in text
    assert "seva_parse_seconds_count 1.0" in text, "as it was: one text, answered"
    assert 'seva_requests_total{route="/v1/parse",status="200"} 1.0' in text


def test_description_names_every_route(client: TestClient, internal: TestClient) -> None:
    hidden = {"/openapi.json", "/docs"}
    for listener in (client, internal):
        described = listener.get("/openapi.json").json()["paths"]
        routes = {
            (route.path, method)
            for route in listener.app.routes  # type: ignore[attr-defined]
            if isinstance(route, Route) and route.path not in hidden
            for method in (route.methods or set()) - {"HEAD"}
        }
        assert routes == {
            (path, method.upper()) for path, methods in described.items() for method in methods
        }


def test_examples_come_in_all_scripts(client: TestClient) -> None:
    text = client.get("/openapi.json").text
    assert "కరెంటు" in text and "टिकट" in text and "naa current bill" in text
    parse = client.get("/openapi.json").json()["paths"]["/v1/parse"]["post"]
    for example in parse["requestBody"]["content"]["application/json"]["examples"].values():
        assert client.post("/parse", json=example["value"]).status_code == 200


def test_page_loads_everything_from_here(client: TestClient) -> None:
    page = client.get("/docs").text
    for asset in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon-32x32.png"):
        assert f"/docs/assets/{asset}" in page
        assert client.get(f"/docs/assets/{asset}").status_code == 200
    assert "cdn" not in page


def _settings_page() -> str:
    made: str = runpy.run_path("docs/make_settings.py")["settings_markdown"]()
    return made


def test_settings_are_documented() -> None:
    assert Path("docs/settings.md").read_text("utf-8") == _settings_page(), (
        "run `python docs/make_settings.py > docs/settings.md`"
    )


def test_every_variable_in_the_code_is_documented() -> None:
    import regex

    documented = Path("docs/settings.md").read_text("utf-8")
    used = {
        name
        for folder in ("api", "actions", "nlu", "data")
        for kind in ("*.py", "*.yml")
        for path in Path(folder).rglob(kind)
        for name in regex.findall(r"\bSEVA_[A-Z_]*[A-Z]\b", path.read_text("utf-8"))
    }
    assert {name for name in used if f"`{name}`" not in documented} == set()


@pytest.mark.parametrize(
    ("given", "database"),
    [
        ({}, "sqlite:///var/seva.sqlite"),
        ({"var_dir": "/x"}, "sqlite:////x/seva.sqlite"),
        ({"database_url": "sqlite:///y"}, "sqlite:///y"),
    ],
)
def test_files_follow_the_folder(given: dict, database: str) -> None:
    assert Settings(**given).database_url == database


def test_several_databases_share_the_citizens() -> None:
    two = "postgresql://a/seva postgresql://b/seva"
    settings = Settings(database_url=two)
    assert settings.database_urls == tuple(two.split())
    assert settings.tables_url == settings.table_url("x.sqlite") == "postgresql://a/seva"


@pytest.mark.parametrize(
    ("several", "why"),
    [
        ("postgresql://a/seva sqlite:///x", "not all are PostgreSQL"),
        ("postgresql://a/seva postgresql://a/seva", "names a database twice"),
        ("postgresql://a/seva,x kafka://x", "no address of a database"),
    ],
)
def test_databases_that_cannot_share_are_refused(several: str, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Settings(database_url=several)


def test_unknown_database_is_refused() -> None:
    with pytest.raises(ValueError, match="no address of a database"):
        Settings(database_url="kafka://x")
