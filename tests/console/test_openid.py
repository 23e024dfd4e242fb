"""Sign-in by an OpenID provider over real HTTP: who was invited comes in, and nobody else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from api.commands.console import app as command
from api.console.app import create_app
from api.console.areas import AREAS
from api.console.runtime import Console
from nlu.settings.settings import ConsoleSettings
from tests.console.conftest import PASSWORD, Clock, House, Person
from tests.console.openid import CLIENT, SECRET, OpenId
from tests.processes import free_port
from tests.served import served


@pytest.fixture()
def provider() -> Iterator[OpenId]:
    one, port = OpenId(), free_port()
    one.issuer = f"http://127.0.0.1:{port}"
    with served(one.app, port):
        yield one


@pytest.fixture()
def office(provider: OpenId, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    monkeypatch.setenv("SEVA_CONSOLE_OIDC_ISSUER", provider.issuer)
    monkeypatch.setenv("SEVA_CONSOLE_OIDC_CLIENT", CLIENT)
    monkeypatch.setenv("SEVA_CONSOLE_OIDC_SECRET", SECRET)
    monkeypatch.setenv("SEVA_CONSOLE_OIDC_NAME", "State login")
    clock = Clock()
    console = Console.open(ConsoleSettings.read(), AREAS, clock)
    app = create_app(console)
    with TestClient(app, base_url="http://127.0.0.1:8792") as client:
        yield House(console, clock, app, client)


def invite(house: House) -> None:
    house.console.accounts.invite("Lakshmi", ["auditor"], [], 1, "LAKSHMI@gov.example")


def go(house: House, person: Person | None = None, **changed: str) -> tuple[Person, Any]:
    """To the provider and back, as a browser goes."""
    import httpx

    person = person or house.stranger()
    out = person.get("/sign-in/oidc", follow_redirects=False)
    back = httpx.get(out.headers["location"], trust_env=False).headers["location"]
    where = httpx.URL(back)
    query = {**dict(where.params), **changed}
    return person, person.get(where.path, params=query, follow_redirects=False)


def test_who_was_invited_comes_in(office: House, provider: OpenId) -> None:
    invite(office)
    assert "Sign in with State login" in office.stranger().get("/sign-in").text
    person, answer = go(office)
    assert answer.status_code == 200 and 'http-equiv="refresh"' in answer.text
    assert "Welcome, Lakshmi" in person.get("/").text
    assert provider.asked["code_challenge_method"] == "S256"
    person.send("/sign-out")
    again, _ = go(office)
    assert "Welcome, Lakshmi" in again.get("/").text
    (deed, *_) = office.console.audit.latest(1)
    assert (deed.act, deed.about) == ("sign_in", {"by": "openid"})


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "ravi@gov.example"},
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "true"},
        {"email": None},
        {"aud": "another"},
        {"iss": "https://evil.example"},
        {"nonce": "another"},
        {"exp": 1},
    ],
    ids=str,
)
def test_what_is_not_confirmed_is_refused(
    office: House, provider: OpenId, claims: dict[str, Any]
) -> None:
    invite(office)
    provider.claims = claims
    person, answer = go(office)
    assert answer.status_code == 403
    assert person.get("/audit", follow_redirects=False).status_code == 303


@pytest.mark.parametrize("alg", ["none", "HS256"])
def test_only_the_providers_key_signs(office: House, provider: OpenId, alg: str) -> None:
    invite(office)
    provider.alg = alg
    _, answer = go(office)
    assert answer.status_code == 403


@pytest.mark.parametrize("changed", [{"state": "guessed"}, {"code": "stolen"}, {"code": ""}])
def test_a_way_back_that_did_not_begin_here(office: House, changed: dict[str, str]) -> None:
    invite(office)
    _, answer = go(office, **changed)
    assert answer.status_code == 403


def test_another_browsers_way_back(office: House) -> None:
    """Somebody sends their own way back to another: no session begins there."""
    import httpx

    invite(office)
    thief, other = office.stranger(), office.stranger()
    out = thief.get("/sign-in/oidc", follow_redirects=False)
    back = httpx.URL(httpx.get(out.headers["location"], trust_env=False).headers["location"])
    assert other.get(back.path, params=dict(back.params)).status_code == 403
    go(office, other)  # a way of its own that is under way
    other.browser.cookies.clear()
    other.get("/sign-in/oidc", follow_redirects=False)
    assert other.get(back.path, params=dict(back.params)).status_code == 403


def test_a_closed_account_stays_out(office: House) -> None:
    invite(office)
    go(office)
    office.console.accounts.close("lakshmi")
    _, answer = go(office)
    assert answer.status_code == 403
    with pytest.raises(ValueError, match="already"):
        invite(office)


def test_there_is_no_password_for_it(office: House) -> None:
    invite(office)
    go(office)
    for password in ("", "nobody", PASSWORD):
        person = office.stranger()
        sent = {"name": "lakshmi", "password": password, "code": "000000"}
        assert person.send("/sign-in", "/sign-in", **sent).status_code == 403


def test_a_provider_that_is_away(office: House, provider: OpenId) -> None:
    provider.is_down = True
    answer = office.stranger().get("/sign-in/oidc")
    assert answer.status_code == 503


def test_the_link_of_an_invitation_by_email_opens_nothing(office: House) -> None:
    token = office.console.accounts.invite("Sita", ["reader"], [], 1, "sita@gov.example")
    assert office.stranger().get(f"/invitation/{token}").status_code == 404


def test_without_a_provider_there_is_no_such_way(house: House) -> None:
    assert house.stranger().get("/sign-in/oidc").status_code == 404
    assert house.stranger().get("/sign-in/oidc/back").status_code == 404


def test_the_command(house: House) -> None:
    asked = ["invite", "Lakshmi", "--role", "reader", "--email", "lakshmi@gov.example"]
    done = CliRunner().invoke(command, asked)
    assert done.exit_code == 1 and "SEVA_CONSOLE_OIDC_ISSUER" in done.output
    provider = {"SEVA_CONSOLE_OIDC_ISSUER": "https://login.example"}
    done = CliRunner().invoke(command, asked, env=provider)
    assert done.exit_code == 0 and done.output.strip().endswith("/sign-in")
