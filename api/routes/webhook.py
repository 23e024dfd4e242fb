"""`/webhooks/whatsapp`: signature, split, keep, fsync, 200. No model and no call on this path."""

from __future__ import annotations

import hmac
import json
from collections.abc import Sequence
from dataclasses import replace

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from api.channel import WHATSAPP
from api.inbox.schema import STATUS_STATES
from api.json_answer import json_response, read_body
from api.problems import Problem
from api.runtime import Runtime, runtime
from api.whatsapp.payload import (
    HEADER,
    Inbound,
    WebhookDelivery,
    admit,
    is_signed,
    read_delivery,
)
from nlu.log import describe, get_logger
from nlu.settings.settings import WEBHOOK_PATH
from nlu.trace import NEW, current, set_attribute, span

log = get_logger(__name__)
_CREATED = {
    "messaging.system": "seva",
    "messaging.operation.name": "create",
    "messaging.operation.type": "create",
    "messaging.destination.name": "inbox",
}


async def verify(request: Request) -> Response:
    """WhatsApp's handshake: the challenge comes back if the token is right."""
    asked = request.query_params
    token = runtime(request).settings.whatsapp_verify_token
    given = asked.get("hub.verify_token", "")
    right = bool(token) and hmac.compare_digest(given.encode(), token.encode())
    if asked.get("hub.mode") != "subscribe" or not right:
        raise Problem("wrong-verify-token")
    return PlainTextResponse(asked.get("hub.challenge", ""))


async def receive(request: Request) -> Response:
    """A signed delivery, answered once it is durable; anything but 200 is delivered again. So what
    we refuse in it gets a 200 as well: another delivery would not be better."""
    now = runtime(request)
    body = await read_body(request, now.policy.limits.webhook_bytes)
    if not is_signed(body, request.headers.get(HEADER), now.settings.whatsapp_app_secret):
        raise Problem("bad-signature")
    try:
        delivery = read_delivery(json.loads(body))
    except (ValueError, RecursionError):
        raise Problem("malformed-body", "The body is not JSON.") from None
    policy, number = now.policy, now.settings.whatsapp_phone_number_id
    taken = admit(delivery, number, now.clock(), policy.delivered_within, policy.clock_ahead)
    for reason, count in taken.refused.items():
        log.error("delivery_refused", reason=reason, count=count)
        now.metrics.refused.labels(reason).inc(count)
    await _keep(now, taken.delivery)
    return json_response({"status": "ok"})


def _traced(messages: Sequence[Inbound]) -> list[Inbound]:
    """Messages with their places in a trace. One that came alone is in that of its delivery. Those
    that came together have a trace each, which is linked to the delivery: whoever looks for one
    citizen's message sees no other's."""
    set_attribute("messaging.batch.message_count", len(messages))
    here = current()
    apart = here is not None and len(messages) > 1
    links = [here.context] if here is not None and apart else []
    found = []
    for message in messages:
        told = {**_CREATED, "seva.message.kind": message.kind}
        parent = NEW if apart else None
        with span("create inbox", "producer", told, parent=parent, links=links) as one:
            log.debug("message_came", kind=message.kind)
            found.append(replace(message, trace=str(one.context)))
    return found


async def _keep(now: Runtime, delivery: WebhookDelivery) -> None:
    try:
        if now.inbox is None:
            raise RuntimeError("the inbox is closed")
        new = await now.inbox.put(_traced(delivery.messages), delivery.statuses)
    except Exception as error:
        log.error("delivery_not_kept", error=describe(error))
        raise Problem("inbox-unavailable") from None
    for message in delivery.messages:
        now.metrics.received.labels(WHATSAPP.name, message.kind).inc()
    for status in delivery.statuses:
        known = status.state if status.state in (*STATUS_STATES, "failed") else "other"
        now.metrics.statuses.labels(known).inc()
    now.metrics.repeated.inc(len(delivery.messages) - new)
    now.metrics.unreadable.inc(delivery.skipped)
    for code in delivery.errors:
        log.error("whatsapp_reports", code=code)


routes = [
    Route(WEBHOOK_PATH, verify, methods=["GET"]),
    Route(WEBHOOK_PATH, receive, methods=["POST"]),
]
