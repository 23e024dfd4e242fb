"""For auditors: the accounts, and what was done, held against the public log."""

from __future__ import annotations

import asyncio
from pathlib import Path

from starlette.responses import Response

from api.console.area import Area
from api.console.audit import contradictions
from api.console.visit import Refused, Visit, at

_PAGE = 100


async def accounts(visit: Visit) -> Response:
    """Every account, closed ones too."""
    found = await asyncio.to_thread(visit.console.accounts.all)
    return visit.page("oversight/accounts.html", accounts=found)


async def audit(visit: Visit) -> Response:
    """What was done, the newest first."""
    given = visit.request.query_params.get("before", "")
    try:
        before = float(given) if given else None
    except ValueError:
        raise Refused(404) from None
    deeds = await asyncio.to_thread(visit.console.audit.latest, _PAGE, before)
    older = deeds[-1].at if len(deeds) == _PAGE else None
    return visit.page("oversight/audit.html", deeds=deeds, older=older, wrong=None)


async def check(visit: Visit) -> Response:
    """Asks the log whether a row was changed or deleted."""
    console = visit.console
    wrong = await contradictions(console.audit, console.server)
    await visit.audit("audit.check", {"contradictions": len(wrong)})
    deeds = await asyncio.to_thread(console.audit.latest, _PAGE)
    return visit.page("oversight/audit.html", deeds=deeds, older=None, wrong=wrong)


AREA = Area(
    Path(__file__).parent,
    (
        at("/accounts", accounts, may="accounts"),
        at("/audit", audit, may="audit"),
        at("/audit", check, may="audit", method="POST"),
    ),
    link="/audit",
    may="audit",
)
