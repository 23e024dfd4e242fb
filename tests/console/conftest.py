"""A console with a database of its own, browsers that come to it, and people who sign in."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from starlette.testclient import TestClient

from api.console.app import create_app
from api.console.areas import AREAS
from api.console.runtime import Console
from nlu.settings.settings import ConsoleSettings

PASSWORD = "a long enough sentence"
_FORM_TOKEN = re.compile(r'name="form_token" value="([^"]+)"')


@dataclass
class Clock:
    """Stands still until a test moves it."""

    now: float = field(default_factory=time.time)

    def __call__(self) -> float:
        return self.now


@dataclass
class Person:
    """A browser, and who sits before it."""

    browser: TestClient
    secret: str = ""

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.browser.get(path, **more)

    def send(self, path: str, at: str = "", **sent: str) -> httpx.Response:
        """Fills the form of a page in: that at `at`, or the first page."""
        page = self.browser.get(at or "/")
        token = _FORM_TOKEN.search(page.text)
        assert token, page.text
        return self.browser.post(path, data={**sent, "form_token": html.unescape(token[1])})


@dataclass
class House:
    """A console and the time there."""

    console: Console
    clock: Clock
    app: Any
    client: TestClient

    def stranger(self, **more: Any) -> Person:
        """Somebody with an own browser, not signed in."""
        return Person(TestClient(self.app, base_url="http://127.0.0.1:8792", **more))

    def person(self, name: str, *roles: str, departments: tuple[str, ...] = ()) -> Person:
        """Somebody with an account who is signed in."""
        token = self.console.accounts.invite(name, roles, departments, 1)
        invitation = self.console.accounts.invitation(token)
        assert invitation is not None
        code = pyotp.TOTP(invitation.secret).at(self.clock.now)
        account = self.console.accounts.accept(token, PASSWORD, code, "en")
        one = self.stranger()
        one.secret = invitation.secret
        session = self.console.sessions.begin(account)
        one.browser.cookies.set(self.console.cookie, session, domain="127.0.0.1")
        return one


@pytest.fixture()
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConsoleSettings:
    monkeypatch.setenv("SEVA_VAR_DIR", str(tmp_path))
    return ConsoleSettings.read()


@pytest.fixture()
def house(settings: ConsoleSettings) -> Iterator[House]:
    clock = Clock()
    console = Console.open(settings, AREAS, clock)
    app = create_app(console)
    with TestClient(app, base_url="http://127.0.0.1:8792") as client:
        yield House(console, clock, app, client)
