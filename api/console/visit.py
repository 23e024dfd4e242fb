"""One request of a page: who asks, what they may do, and the answer.

An area of the console declares its pages with `at`. Who is not signed in, may not do it, or sends a
form that is not of this console never reaches a handler.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from api.console.accounts import Account
from api.console.sessions import form_token, is_form_token
from nlu.web.body import BodyTooLong, read_body

if TYPE_CHECKING:
    from api.console.runtime import Console

SameSite = Literal["strict", "lax"]
SIGN_IN = "/sign-in"
POLL = "poll"
"""In the query of what a page asks for by itself: nobody is at work because of it."""
_FORM_FIELD, _FORM_HEADER = "form_token", "x-form-token"
_LONGEST_FORM = 1 << 20
_NOBODY = Account("", "", (), (), "")
_SAID_SECONDS = 60


class Refused(Exception):
    """The page is not given; a page of its own says why: `why` is the key of a sentence, that of
    the status where there is none, `detail` what a program says. `again`: the browser asks again by
    itself after so many seconds."""

    def __init__(self, status: int, why: str = "", detail: str = "", again: int = 0) -> None:
        super().__init__(str(status))
        self.status, self.why, self.detail, self.again = status, why, detail, again


@dataclass
class Visit:
    """A request by somebody who may make it. `account` has no id where nobody is signed in."""

    request: Request
    console: Console
    account: Account
    seed: str
    """What forms are bound to: the session, or a cookie where there is none yet."""
    session: str = ""
    sent: list[tuple[str, str]] = field(default_factory=list)
    _cookies: list[tuple[str, str, int, SameSite]] = field(default_factory=list)

    @property
    def language(self) -> str:
        """Of the page: the account's, what was chosen here, or the first."""
        words = self.console.pages.words
        chosen = self.account.language or self.request.cookies.get("seva_language", "")
        return chosen if chosen in words.languages else words.default

    @property
    def part_only(self) -> bool:
        """Whether HTMX asks for a part of the page."""
        headers = self.request.headers
        return "hx-request" in headers and "hx-boosted" not in headers

    @property
    def form_token(self) -> str:
        """What each form carries."""
        return form_token(self.seed)

    def may(self, permission: str) -> bool:
        """Whether the account may do it."""
        return self.account.may(permission)

    async def form(self) -> dict[str, str]:
        """What was sent, by name; of several values the last."""
        return dict(self.sent)

    def values(self, name: str) -> list[str]:
        """All values of a name in what was sent."""
        return [value for known, value in self.sent if known == name]

    def page(self, template: str, status: int = 200, **values: Any) -> Response:
        """A page, or only its block `part` where HTMX asks for it."""
        said = self.request.cookies.get("seva_said", "")
        if said and not self.part_only:
            self.set_cookie("seva_said", "", 0)
        html = self.console.pages.render(template, self, said, values)
        return self.finish(HTMLResponse(html, status))

    def go(self, path: str, say: str = "") -> Response:
        """On to another page of the console; `say`: key of a sentence that it shows once."""
        if say:
            self.set_cookie("seva_said", say, _SAID_SECONDS)
        if "hx-request" in self.request.headers:
            return self.finish(Response(status_code=204, headers={"HX-Redirect": path}))
        return self.finish(RedirectResponse(path, 303))

    async def audit(self, act: str, about: Mapping[str, Any]) -> None:
        """Keeps what was done. Nothing of a citizen is in `about`."""
        await asyncio.to_thread(self.console.audit.keep, self.account.name, act, about)

    def set_cookie(
        self, name: str, value: str, seconds: int, same_site: SameSite = "strict"
    ) -> None:
        """A cookie of this console; 0 seconds deletes it. `same_site` `lax`: it comes along when
        another site sends the browser here."""
        self._cookies.append((name, value, seconds, same_site))

    def finish(self, response: Response) -> Response:
        """The answer, with the cookies that were set."""
        for name, value, seconds, same_site in self._cookies:
            response.set_cookie(
                name,
                value,
                max_age=seconds,
                httponly=True,
                samesite=same_site,
                secure=self.console.is_secure,
            )
        self._cookies.clear()
        return response


Handler = Callable[[Visit], Awaitable[Response]]


def at(
    path: str, handler: Handler, *, may: str = "", method: str = "GET", open: bool = False
) -> Route:
    """A route. `may`: the permission that it takes; without one each account may. `open`: for
    everybody, also who is not signed in."""

    async def endpoint(request: Request) -> Response:
        visit = await arrive(request)
        if not open and not visit.account.id:
            return _sign_in_first(visit)
        if may and not visit.may(may):
            raise Refused(403)
        if method != "GET":
            await _take_form(visit)
        return visit.finish(await handler(visit))

    return Route(path, endpoint, methods=[method])


async def arrive(request: Request) -> Visit:
    """The visit of a request, whoever makes it."""
    console: Console = request.app.state.console
    token = request.cookies.get(console.cookie, "")
    at_work = POLL not in request.query_params
    found = None
    if token:
        found = await asyncio.to_thread(console.sessions.of, token, at_work=at_work)
    if found is not None:
        return Visit(request, console, found, token, token)
    seed = request.cookies.get("seva_form", "")
    visit = Visit(request, console, _NOBODY, seed or secrets.token_urlsafe(16))
    if not seed:
        visit.set_cookie("seva_form", visit.seed, 0x7FFFFFFF)
    return visit


def own_path(path: str) -> str:
    """A path of this console to go on to; the first page for anything else."""
    parts = urlsplit(path)
    own = path.startswith("/") and not path.startswith("//") and "\\" not in path
    return path if own and not parts.netloc and not parts.scheme else "/"


def _sign_in_first(visit: Visit) -> Response:
    request = visit.request
    back = request.url.path if request.method == "GET" and not visit.part_only else ""
    return visit.go(f"{SIGN_IN}?{urlencode({'next': back})}" if back not in ("", "/") else SIGN_IN)


async def _take_form(visit: Visit) -> None:
    """Reads a form and refuses one that no page of this visitor sent."""
    request = visit.request
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in ("application/x-www-form-urlencoded", ""):
        raise Refused(415)
    try:
        body = await read_body(request, _LONGEST_FORM)
        visit.sent = parse_qsl(
            body.decode("utf-8"), keep_blank_values=True, max_num_fields=10_000, errors="strict"
        )
    except BodyTooLong:
        raise Refused(413) from None
    except ValueError:
        raise Refused(422) from None
    given = request.headers.get(_FORM_HEADER) or dict(visit.sent).get(_FORM_FIELD, "")
    if not is_form_token(given, visit.seed):
        raise Refused(403)
    visit.sent = [pair for pair in visit.sent if pair[0] != _FORM_FIELD]


def query(path: str, **values: object) -> str:
    """A path with a query of the values that are there."""
    told = {name: value for name, value in values.items() if value not in (None, "")}
    return f"{path}?{urlencode(told, quote_via=quote)}" if told else path
