"""`POST /notices`: news for citizens, from the action server, on the internal listener.

No model is needed: a notice is fitted into WhatsApp's messages and put into the outbox.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.inbox.port import Inbox, UnknownCitizen
from api.json_answer import json_response, read_json
from api.notices import as_news, read_notice
from api.problems import Problem
from api.runtime import Runtime, runtime
from nlu.log import describe, get_logger

log = get_logger(__name__)
_MOST_BYTES = 256 * 1024


async def tell(request: Request) -> Response:
    """202 once the news are durable, 200 where the id was known, 404 for an unknown citizen."""
    now = runtime(request)
    now.keys.check(request.headers.get("authorization"), "notices")
    data = await read_json(request, _MOST_BYTES)
    notice = read_notice(data, now.catalogue.languages.reply)
    news = as_news(notice, now.phrases, now.policy)
    try:
        new = await _inbox(now).tell(news)
    except UnknownCitizen:
        raise Problem("unknown-citizen") from None
    except Problem:
        raise
    except Exception as error:
        log.error("notice_not_kept", error=describe(error))
        raise Problem("inbox-unavailable") from None
    now.metrics.notices.labels("new" if new else "known").inc()
    return json_response({"id": notice.id, "new": new}, 202 if new else 200)


async def language(request: Request) -> Response:
    """The language that a citizen is answered in now; null where they have not shown any."""
    now = runtime(request)
    now.keys.check(request.headers.get("authorization"), "notices")
    lane = (await read_json(request, _MOST_BYTES)).get("citizen")
    if not isinstance(lane, str):
        raise Problem("invalid-request", "`citizen` must be a string.")
    citizen = await _inbox(now).citizen(lane)
    if not citizen.known:
        raise Problem("unknown-citizen")
    return json_response({"language": citizen.language})


def _inbox(now: Runtime) -> Inbox:
    if now.inbox is None:
        raise Problem("inbox-unavailable")
    return now.inbox


routes = [
    Route("/notices", tell, methods=["POST"]),
    Route("/notices/language", language, methods=["POST"]),
]
