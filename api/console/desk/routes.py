"""The pages of the desk: who waits, and one request with its talk."""

from __future__ import annotations

import asyncio
import json
import secrets
from pathlib import Path
from typing import Any

from starlette.responses import Response

from api.console.action_server import ServerAway
from api.console.area import Area
from api.console.desk.client import Denied, DeskClient
from api.console.desk.window import window_of
from api.console.visit import Refused, Visit, at, query

LINK = "/desk"
STATES = ("waiting", "mine", "claimed", "closed")
KINDS = ("handover", "grievance")
WHYS = (
    *("asked_for", "too_many_attempts"),
    *("not_filed", "no_action", "past_date", "not_satisfied", "reopened"),
)
"""Why a request waits, as `words.yml` has it; any other is shown as it is."""
_SAID = "desk-said"
"""The event that tells the page's script that words were taken."""


async def cases(visit: Visit) -> Response:
    """A list of requests; asks for itself again every few seconds."""
    asked = visit.request.query_params
    state = asked.get("state", STATES[0])
    kind = asked.get("kind", "")
    if state not in STATES or kind not in ("", *KINDS):
        raise Refused(404)
    department, after = asked.get("department", ""), asked.get("after", "")
    known = {"state": state, "department": department, "kind": kind}
    try:
        client = _client(visit)
        found = await client.cases(state, department, after, kind)
        settings = await client.settings()
    except ServerAway:
        if visit.part_only:
            raise
        return visit.page("desk/away.html", 503, number="", text="", act="", why="away")
    titles = {one["id"]: one["title"] for one in settings["departments"]}
    more = found["after"]
    return visit.page(
        "desk/list.html",
        state=state,
        states=[(one, query(LINK, **{**known, "state": one})) for one in STATES],
        cases=found["cases"],
        counts={"waiting": found["waiting"], "mine": found["mine"]},
        kind=kind,
        kinds=KINDS,
        whys=WHYS,
        department=department,
        departments=[(one, titles.get(one, one)) for one in visit.account.departments],
        again=query(LINK, **known, after=after, poll="1"),
        following=query(LINK, **known, after=more) if more else "",
        hours=settings["hours"],
        on_duty=await _names(visit, settings["on_duty"]),
        names=await _names_by_id(visit),
    )


async def case(visit: Visit) -> Response:
    """One request."""
    number = _number(visit)
    try:
        return await _case(visit, number)
    except Denied as error:
        return _denied(visit, error, number)
    except ServerAway:
        return visit.page("desk/away.html", 503, number=number, text="", act="", why="away")


async def talk(visit: Visit) -> Response:
    """What was said since the page asked last."""
    since = visit.request.query_params.get("since", "")
    if not since.isdecimal():
        raise Refused(404)
    return await _since(visit, int(since))


async def claim(visit: Visit) -> Response:
    """It is this officer's, if it is nobody's."""
    return await _done(visit, "claim")


async def release(visit: Visit) -> Response:
    """Anybody may have it."""
    return await _done(visit, "release", on=LINK)


async def transfer(visit: Visit) -> Response:
    """Another department goes on."""
    sent = await visit.form()
    told = {"department": sent.get("department", ""), "note": sent.get("note", "")}
    return await _done(visit, "transfer", on=LINK, typed=told["note"], **told)


async def close(visit: Visit) -> Response:
    """It is over, for a reason."""
    sent = await visit.form()
    on = query(LINK, state="mine")
    return await _done(visit, "close", on=on, reason=sent.get("reason", ""))


async def note(visit: Visit) -> Response:
    """Words for officers."""
    sent = await visit.form()
    text = sent.get("text", "")
    return await _done(visit, "note", typed=text, text=text, id=sent.get("id", ""))


async def say(visit: Visit) -> Response:
    """Words for the citizen. What cannot be sent is not lost: it stays in the form."""
    sent, number = await visit.form(), _number(visit)
    text, name = sent.get("text", ""), sent.get("id", "")
    try:
        await _client(visit).do(number, "say", text=text, id=name)
    except Denied as error:
        return _denied(visit, error, number, text, name, "say")
    except ServerAway:
        return _away(visit, number, text, name, "say")
    await visit.audit("desk.say", {"case": number})
    since = sent.get("since", "")
    if not visit.part_only or not since.isdecimal():
        return visit.go(f"{LINK}/{number}")
    response = await _since(visit, int(since))
    response.headers["HX-Trigger"] = json.dumps({_SAID: {"id": _new_name()}})
    return response


# --- the parts ------------------------------------------------------------------------------


async def _case(visit: Visit, number: str) -> Response:
    client = _client(visit)
    found = await client.case(number)
    settings = await client.settings()
    console, told = visit.console, found["case"]
    lane = told.pop("citizen")
    window = await asyncio.to_thread(
        window_of, lane, console.settings, console.settings.data_dir, console.clock()
    )
    entries = found["entries"]
    return visit.page(
        "desk/case.html",
        case=told,
        entries=entries,
        since=max((one["place"] for one in entries), default=0),
        answers=found["answers"],
        suggestions=found["suggestions"],
        departments=[one for one in settings["departments"] if one["id"] != told["department"]],
        reasons=settings["reasons"],
        whys=WHYS,
        window=window,
        mine=told["officer"] == visit.account.id and told["state"] == "claimed",
        names=await _names_by_id(visit),
        name=_new_name(),
        note_name=_new_name(),
    )


async def _since(visit: Visit, since: int) -> Response:
    number = _number(visit)
    found = await _client(visit).case(number, since)
    entries = found["entries"]
    places = [since, *(one["place"] for one in entries)]
    return visit.page(
        "desk/talk.html",
        case=found["case"],
        entries=entries,
        since=max(places),
        names=await _names_by_id(visit),
    )


async def _done(visit: Visit, act: str, on: str = "", typed: str = "", **told: str) -> Response:
    """A change, and on to a page; what was typed is shown again where it did not work."""
    number = _number(visit)
    try:
        await _client(visit).do(number, act, **told)
    except Denied as error:
        return _denied(visit, error, number, typed, told.get("id", ""), act)
    except ServerAway:
        return _away(visit, number, typed, told.get("id", ""), act)
    about = {"case": number}
    if act in ("transfer", "close"):
        about |= {name: told[name] for name in ("department", "reason") if name in told}
    await visit.audit(f"desk.{act}", about)
    return visit.go(on or f"{LINK}/{number}", say=f"desk.done_{act}")


def _away(visit: Visit, number: str, text: str, name: str, act: str) -> Response:
    sent = {"number": number, "text": text, "name": name, "act": act}
    return visit.page("desk/away.html", 503, why="away", **sent)


def _denied(
    visit: Visit, error: Denied, number: str, text: str = "", name: str = "", act: str = ""
) -> Response:
    known = f"desk.why_{error.why}" in visit.console.pages.words
    why = error.why if known else "failed"
    sent = {"number": number, "text": text, "name": name, "act": act}
    return visit.page("desk/away.html", 409, why=why, **sent)


def _client(visit: Visit) -> DeskClient:
    return DeskClient(visit.console.server, visit.account, visit.language)


def _number(visit: Visit) -> str:
    return str(visit.request.path_params["number"])


def _new_name() -> str:
    """Of words that are typed next: however often they are sent, they are said once."""
    return secrets.token_hex(12)


async def _names_by_id(visit: Visit) -> dict[str, str]:
    """Names of officers, also of those who left."""
    found = await asyncio.to_thread(visit.console.accounts.all)
    return {one.id: one.name for one in found}


async def _names(visit: Visit, officers: list[str]) -> list[str]:
    names = await _names_by_id(visit)
    return [names.get(one, one) for one in officers]


_CASE = f"{LINK}/{{number}}"
_POSTS: dict[str, Any] = {
    "claim": claim,
    "release": release,
    "transfer": transfer,
    "close": close,
    "note": note,
    "say": say,
}
AREA = Area(
    Path(__file__).parent,
    (
        at(LINK, cases, may="desk"),
        at(_CASE, case, may="desk"),
        at(f"{_CASE}/talk", talk, may="desk"),
        *(
            at(f"{_CASE}/{act}", one, may="desk.answer", method="POST")
            for act, one in _POSTS.items()
        ),
    ),
    link=LINK,
    may="desk",
)
