"""Who comes in, and who does not."""

from __future__ import annotations

import re

import pyotp
import pytest

from api.console.roles import roles
from tests.console.conftest import PASSWORD, House, Person

LONG_AGO = 60 * 60 * 13


def code(person: Person, house: House, later: float = 0) -> str:
    return pyotp.TOTP(person.secret).at(house.clock.now + later)


def sign_in(person: Person, house: House, name: str = "sita", **given: str) -> int:
    sent = {"name": name, "password": PASSWORD, "code": code(person, house), **given}
    return person.send("/sign-in", "/sign-in", **sent).status_code


@pytest.fixture()
def sita(house: House) -> Person:
    """She has an account and is signed out; her first code is used."""
    person = house.person("Sita", "auditor")
    person.browser.cookies.clear()
    house.clock.now += 60
    return person


def test_an_invitation_is_a_link_that_works_once(house: House) -> None:
    token = house.console.accounts.invite("Ravi  Kumar", ["reader"], [], 2)
    guest = house.stranger()
    page = guest.get(f"/invitation/{token}").text
    secret = re.search(r"<code>([A-Z2-7]+)</code>", page)
    assert secret and "<svg" in page and "Ravi Kumar" in page
    here = f"/invitation/{token}"
    guest.secret = secret[1]
    given = {"password": PASSWORD, "again": PASSWORD, "code": code(guest, house)}
    assert guest.send(here, here, **{**given, "code": "000000"}).status_code == 422
    assert guest.send(here, here, **{**given, "again": "other"}).status_code == 422
    assert guest.send(here, here, **{**given, "password": "short", "again": "short"}).status_code
    welcome = guest.send(here, here, **given)
    assert welcome.status_code == 200 and "Ravi Kumar" in welcome.text
    assert house.stranger().get(here).status_code == 404
    with pytest.raises(ValueError, match="already"):
        house.console.accounts.invite("RAVI KUMAR", ["reader"], [], 2)


def test_an_invitation_ends(house: House) -> None:
    token = house.console.accounts.invite("late", ["reader"], [], 1)
    house.clock.now += 86401
    assert house.stranger().get(f"/invitation/{token}").status_code == 404


def test_all_three_must_be_right(house: House, sita: Person) -> None:
    assert sign_in(sita, house, code="123456") == 403
    assert sign_in(sita, house, password="another sentence") == 403
    assert sign_in(sita, house, name="nobody") == 403
    assert "sign in" in sita.get("/").text.lower()
    assert sign_in(sita, house, name=" SITA ") == 200
    assert "Welcome, Sita" in sita.get("/").text


def test_what_was_wrong_is_not_told(house: House, sita: Person) -> None:
    wrong = [
        sita.send("/sign-in", "/sign-in", name=name, password=password, code=given).text
        for name, password, given in (
            ("sita", PASSWORD, "000000"),
            ("sita", "another sentence", code(sita, house)),
            ("nobody", PASSWORD, "000000"),
        )
    ]
    alerts = {re.search(r'role="alert"[^>]*>([^<]+)', page)[1] for page in wrong}  # type: ignore[index]
    assert len(alerts) == 1


def test_a_code_works_once(house: House, sita: Person) -> None:
    used = code(sita, house)
    assert sign_in(sita, house, code=used) == 200
    sita.send("/sign-out")
    assert sign_in(sita, house, code=used) == 403
    house.clock.now += 30
    assert sign_in(sita, house) == 200


def test_guessing_takes_longer_and_longer(house: House, sita: Person) -> None:
    for _ in range(6):
        sign_in(sita, house, code="000000")
    assert sign_in(sita, house) == 403  # locked, although all is right
    house.clock.now += 901
    assert sign_in(sita, house) == 200


def test_a_session_ends_after_a_pause_and_after_a_day(house: House) -> None:
    idle = house.console.settings.console_idle_minutes * 60
    sita = house.person("sita", "auditor")
    for _ in range(4):
        house.clock.now += idle - 1
        assert sita.get("/audit").status_code == 200
    house.clock.now += idle + 1
    assert "/sign-in" in str(sita.get("/audit").url)
    ram = house.person("ram", "auditor")
    until = house.clock.now + house.console.settings.console_session_hours * 3600
    while house.clock.now < until:
        assert ram.get("/audit", follow_redirects=False).status_code == 200
        house.clock.now += idle - 1
    assert ram.get("/audit", follow_redirects=False).status_code == 303


def test_a_page_that_polls_keeps_nobody_in(house: House) -> None:
    sita = house.person("sita", "auditor")
    for _ in range(3):
        house.clock.now += house.console.settings.console_idle_minutes * 60 / 2 + 1
        answer = sita.get("/audit?poll=1", follow_redirects=False)
    assert answer.status_code == 303


def test_a_planted_session_is_worth_nothing(house: House, sita: Person) -> None:
    """Session fixation: whatever cookie came, the sign-in makes another one."""
    for planted in ("planted", house.person("thief", "reader").browser.cookies["seva_console"]):
        sita.browser.cookies.clear()
        sita.browser.cookies.set("seva_console", planted, domain="127.0.0.1")
        page = sita.get("/sign-in", follow_redirects=False)
        if page.status_code == 303:  # the thief's own session, which Sita has to leave first
            assert "Welcome, thief" in sita.get("/").text
            sita.send("/sign-out")
        house.clock.now += 30
        assert sign_in(sita, house) == 200
        assert planted not in set(sita.browser.cookies.values())
        spy = house.stranger()
        spy.browser.cookies.set("seva_console", planted, domain="127.0.0.1")
        assert spy.get("/audit", follow_redirects=False).status_code == 303


def test_who_signs_out_is_out(house: House) -> None:
    sita = house.person("sita", "auditor")
    kept = sita.browser.cookies["seva_console"]
    sita.send("/sign-out")
    sita.browser.cookies.set("seva_console", kept, domain="127.0.0.1")
    assert sita.get("/audit", follow_redirects=False).status_code == 303


def test_a_closed_account_is_out_at_once(house: House) -> None:
    sita = house.person("sita", "auditor")
    house.console.accounts.close("Sita")
    assert sita.get("/audit", follow_redirects=False).status_code == 303
    house.clock.now += 60
    assert sign_in(sita, house) == 403
    with pytest.raises(KeyError):
        house.console.accounts.close("nobody")


def test_after_the_sign_in_it_goes_on_where_it_was_and_never_elsewhere(
    house: House, sita: Person
) -> None:
    came = sita.get("/audit", follow_redirects=False)
    assert came.headers["location"] == "/sign-in?next=%2Faudit"
    for onward, goes in (
        ("/audit", "/audit"),
        ("https://evil.example/", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
    ):
        house.clock.now += 30
        given = {"name": "sita", "password": PASSWORD, "code": code(sita, house), "next": onward}
        page = sita.get("/sign-in").text
        token = re.search(r'name="form_token" value="([^"]+)"', page)[1]  # type: ignore[index]
        answer = sita.browser.post(
            "/sign-in", data={**given, "form_token": token}, follow_redirects=False
        )
        assert answer.headers["location"] == goes
        sita.send("/sign-out")


@pytest.mark.parametrize("role", sorted(roles()))
def test_each_role_opens_its_own_pages(house: House, role: str) -> None:
    """Role escalation: an address that one knows is not enough."""
    person = house.person(role, role, departments=("energy",))
    for path, may in (("/audit", "audit"), ("/accounts", "accounts")):
        assert person.get(path).status_code == (200 if may in roles()[role] else 403)


def test_the_cookie_is_for_this_console_alone(house: House, sita: Person) -> None:
    page = sita.get("/sign-in").text
    token = re.search(r'name="form_token" value="([^"]+)"', page)[1]  # type: ignore[index]
    given = {"name": "sita", "password": PASSWORD, "code": code(sita, house), "form_token": token}
    answer = sita.browser.post("/sign-in", data=given, follow_redirects=False)
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if "seva_console=" in one]
    assert {"HttpOnly", "SameSite=strict"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize("language", ["en", "te", "hi"])
def test_roles_have_words(house: House, language: str) -> None:
    person = house.person("sita", *roles(), "a role of before", departments=("energy",))
    person.send("/language", language=language)
    page = person.get("/accounts").text
    for role in roles():
        assert house.console.pages.words.say(f"frame.role_{role}", language, {}) in page


def test_invitations_of_several_people_stand_side_by_side(house: House) -> None:
    accounts = house.console.accounts
    first, second = (accounts.invite(name, ["reader"], [], 1) for name in ("sita", "ram"))
    assert accounts.invitation(first) and accounts.invitation(second)
    again = accounts.invite("Sita", ["editor"], [], 1)
    assert accounts.invitation(first) is None
    found = accounts.invitation(again)
    assert found is not None and found.roles == ("editor",)
