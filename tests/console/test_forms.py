"""Forms that other pages send, words that somebody else wrote, and what every answer carries."""

from __future__ import annotations

import pytest

from tests.console.conftest import House


def test_a_form_without_the_token_is_refused(house: House) -> None:
    """CSRF: the browser sends the cookie along, the other page does not know the token."""
    sita = house.person("sita", "auditor")
    for data in ({}, {"form_token": ""}, {"form_token": "guessed"}):
        assert sita.browser.post("/audit", data=data).status_code == 403
    other = house.person("ram", "auditor")
    stolen = other.get("/audit").text.split('name="form_token" value="')[1].split('"')[0]
    assert sita.browser.post("/audit", data={"form_token": stolen}).status_code == 403
    assert sita.get("/audit").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_another_sites_page_changes_nothing(house: House, headers: dict[str, str]) -> None:
    sita = house.person("sita", "auditor")
    token = sita.get("/audit").text.split('name="form_token" value="')[1].split('"')[0]
    sent = sita.browser.post("/sign-out", data={"form_token": token}, headers=headers)
    assert sent.status_code == 403
    assert sita.get("/audit").status_code == 200


def test_another_name_is_no_door(house: House) -> None:
    """DNS rebinding."""
    answer = house.client.get("/sign-in", headers={"Host": "evil.example"})
    assert answer.status_code == 421


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", "text/xml"])
def test_only_forms_are_read(house: House, kind: str) -> None:
    answer = house.client.post("/sign-in", content=b"x", headers={"Content-Type": kind})
    assert answer.status_code == 415


def test_a_form_that_is_too_long_or_broken_is_refused(house: House) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    long = house.client.post("/sign-in", content=b"a=" + b"x" * (2 << 20), headers=form)
    assert long.status_code == 413
    assert house.client.post("/sign-in", content=b"a=\xff", headers=form).status_code == 422
    assert house.client.post("/sign-in", content=b"a=%ff", headers=form).status_code == 422


def test_a_name_that_is_a_script_stays_a_name(house: House) -> None:
    """XSS: the only words here that somebody else chooses; areas test theirs."""
    hostile = '<script>alert(1)</script>"><img src=x onerror=alert(1)>'
    sita = house.person(hostile, "auditor")
    for path in ("/", "/audit", "/accounts"):
        page = sita.get(path).text
        assert "<script>alert" not in page and "<img" not in page
        assert "&lt;script&gt;alert" in page


@pytest.mark.parametrize("path", ["/sign-in", "/", "/audit", "/nowhere", "/static/console.css"])
def test_every_answer_keeps_to_itself(house: House, path: str) -> None:
    headers = house.person("sita", "auditor").get(path).headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"


def test_pages_are_not_kept_by_browsers(house: House) -> None:
    assert house.person("sita", "auditor").get("/audit").headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", ["/static/../roles.yml", "/static/%2e%2e/app.py", "/static//etc"])
def test_no_file_but_those_of_the_pages(house: House, path: str) -> None:
    assert house.client.get(path).status_code == 404


def test_no_page_has_a_script_or_a_style_in_it(house: House) -> None:
    """The policy would block them; a page that needs one would be broken."""
    sita = house.person("sita", "auditor")
    for path in ("/", "/audit", "/accounts", "/nowhere"):
        page = sita.get(path).text
        assert " style=" not in page and "<style" not in page and " onclick=" not in page


@pytest.mark.parametrize("language", ["en", "te", "hi"])
def test_pages_speak_three_languages(house: House, language: str) -> None:
    sita = house.person("sita", "auditor")
    page = sita.send("/language", language=language, next="/audit")
    assert f'<html lang="{language}">' in page.text and str(page.url).endswith("/audit")
    assert house.console.pages.words.say("oversight.audit", language, {}) in page.text
    stranger = house.stranger()
    stranger.send("/language", "/sign-in", language=language, next="/sign-in")
    assert f'<html lang="{language}">' in stranger.get("/sign-in").text


def test_a_language_that_there_is_not(house: House) -> None:
    assert house.person("sita", "auditor").send("/language", language="fr").status_code == 422


def test_part_of_a_page_for_htmx(house: House) -> None:
    sita = house.person("sita", "reader")
    whole, part = sita.get("/audit"), sita.get("/audit", headers={"HX-Request": "true"})
    assert "<html" in whole.text and "<html" not in part.text and 'role="alert"' in part.text
