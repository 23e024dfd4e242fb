"""Sign in and out, take an invitation, choose the language of the pages."""

from __future__ import annotations

import asyncio
from pathlib import Path

import segno
from markupsafe import Markup
from starlette.responses import RedirectResponse, Response

from api.console.accounts import Account, NotTaken
from api.console.area import Area
from api.console.credentials import SHORTEST, secret_uri
from api.console.oidc import Provider
from api.console.visit import SIGN_IN, Refused, Visit, at, own_path

_YEAR = 365 * 86400
_BACK = "/sign-in/oidc/back"
_UNDER_WAY = "seva_oidc"
_PROVIDER_SECONDS = 600
_HASHING = asyncio.Semaphore(2)
"""Argon2 takes 64 MiB and a tenth of a second each time: many at once would take all."""


async def form(visit: Visit) -> Response:
    """The form; who is in goes on."""
    onward = own_path(visit.request.query_params.get("next", "/"))
    if visit.account.id:
        return visit.go(onward)
    return _form(visit, onward)


async def come_in(visit: Visit) -> Response:
    """Checks name, password and code together."""
    sent = await visit.form()
    onward = own_path(sent.get("next", "/"))
    name = sent.get("name", "")
    given = (name, sent.get("password", ""), sent.get("code", ""))
    try:
        async with _HASHING:
            account = await asyncio.to_thread(visit.console.accounts.sign_in, *given)
    except NotTaken as error:
        return _form(visit, onward, name=name, wrong=f"sign_in.{error}", status=403)
    return await _enter(visit, account, onward)


async def to_provider(visit: Visit) -> Response:
    """On to the OpenID provider, which sends the browser back."""
    try:
        started = await _provider(visit).begin(_back_address(visit))
    except NotTaken as error:
        return _form(visit, "/", wrong=f"sign_in.{error}", status=503)
    visit.set_cookie(_UNDER_WAY, started.kept, _PROVIDER_SECONDS, "lax")
    return RedirectResponse(started.address, 303)


async def from_provider(visit: Visit) -> Response:
    """Back from the provider. The page goes on by itself: the browser was sent by another site, so
    the cookie of a session would not come along yet (SameSite)."""
    kept = visit.request.cookies.get(_UNDER_WAY, "")
    visit.set_cookie(_UNDER_WAY, "", 0, "lax")
    try:
        email = await _provider(visit).email(dict(visit.request.query_params), kept)
        account = await asyncio.to_thread(visit.console.accounts.by_email, email, visit.language)
    except NotTaken as error:
        return _form(visit, "/", wrong=f"sign_in.{error}", status=403)
    await _begin(visit, account, "openid")
    return visit.page("sign_in/on.html")


async def invitation(visit: Visit) -> Response:
    """What an invitation is for, and the code for the telephone."""
    return await _invitation(visit)


async def accept(visit: Visit) -> Response:
    """Makes the account and goes in."""
    sent = await visit.form()
    token = visit.request.path_params["token"]
    password = sent.get("password", "")
    if password != sent.get("again"):
        return await _invitation(visit, wrong="sign_in.not_the_same", status=422)
    given = (token, password, sent.get("code", ""), visit.language)
    try:
        async with _HASHING:
            account = await asyncio.to_thread(visit.console.accounts.accept, *given)
    except NotTaken as error:
        return await _invitation(visit, wrong=f"sign_in.{error}", status=422)
    return await _enter(visit, account, "/")


async def leave(visit: Visit) -> Response:
    """Ends the session."""
    await visit.audit("sign_out", {})
    await asyncio.to_thread(visit.console.sessions.end, visit.session)
    visit.set_cookie(visit.console.cookie, "", 0)
    return visit.go(SIGN_IN)


async def speak(visit: Visit) -> Response:
    """The language of the pages, kept with the account or in this browser."""
    sent = await visit.form()
    language = sent.get("language", "")
    if language not in visit.console.pages.words.languages:
        raise Refused(422)
    if visit.account.id:
        await asyncio.to_thread(visit.console.accounts.speak, visit.account.id, language)
    visit.set_cookie("seva_language", language, _YEAR)
    return visit.go(own_path(sent.get("next", "/")))


async def _enter(visit: Visit, account: Account, onward: str) -> Response:
    await _begin(visit, account, "password")
    return visit.go(onward)


async def _begin(visit: Visit, account: Account, by: str) -> None:
    """A new session, whatever cookie came: nobody's planted one is used."""
    console = visit.console
    if visit.session:
        await asyncio.to_thread(console.sessions.end, visit.session)
    token = await asyncio.to_thread(console.sessions.begin, account)
    visit.account = account
    await visit.audit("sign_in", {"by": by})
    hours = console.settings.console_session_hours
    visit.set_cookie(console.cookie, token, int(hours * 3600))


def _provider(visit: Visit) -> Provider:
    """Raises Refused where there is none."""
    if visit.console.provider is None:
        raise Refused(404)
    return visit.console.provider


def _back_address(visit: Visit) -> str:
    return f"{visit.console.settings.console_address}{_BACK}"


def _form(
    visit: Visit, onward: str, name: str = "", wrong: str = "", status: int = 200
) -> Response:
    return visit.page(
        "sign_in/form.html",
        status,
        onward=onward,
        name=name,
        wrong=wrong,
        provider=visit.console.provider and visit.console.settings.console_oidc_name,
    )


async def _invitation(visit: Visit, wrong: str = "", status: int = 200) -> Response:
    token = visit.request.path_params["token"]
    found = await asyncio.to_thread(visit.console.accounts.invitation, token)
    if found is None:
        raise Refused(404)
    uri = secret_uri(found.secret, found.name, visit.console.settings.console_name)
    svg = segno.make(uri, error="m").svg_inline(scale=5, border=4, svgclass=None, lineclass=None)
    return visit.page(
        "sign_in/invitation.html",
        status,
        invitation=found,
        picture=Markup(svg),  # our own
        shortest=SHORTEST,
        wrong=wrong,
    )


AREA = Area(
    Path(__file__).parent,
    (
        at(SIGN_IN, form, open=True),
        at(SIGN_IN, come_in, method="POST", open=True),
        at("/sign-in/oidc", to_provider, open=True),
        at(_BACK, from_provider, open=True),
        at("/invitation/{token}", invitation, open=True),
        at("/invitation/{token}", accept, method="POST", open=True),
        at("/sign-out", leave, method="POST"),
        at("/language", speak, method="POST", open=True),
    ),
)
