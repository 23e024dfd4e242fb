"""The Cloud API: messages and media, with Meta's paths, answers and errors."""

from __future__ import annotations

import asyncio
import hmac
import json
import re
from collections.abc import AsyncIterator, Callable
from typing import Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse
from starlette.datastructures import UploadFile

from api.demo.simulator import outgoing
from api.demo.simulator.errors import MISSING_OBJECT, MetaError
from api.demo.simulator.media import PATH
from api.demo.simulator.rules import plain_type
from api.demo.simulator.world import World

VERSION = re.compile(r"v\d{1,2}\.\d")


class AnswerLost(RuntimeError):
    """The fault `lost_answers`: the connection breaks although the message was taken."""


def cloud_router(world: World) -> APIRouter:
    """Routes of graph.facebook.com and lookaside.fbsbx.com that a bot needs."""

    async def checked(request: Request) -> AsyncIterator[None]:
        if world.faults.answer_delay_ms:
            await asyncio.sleep(world.faults.answer_delay_ms / 1000)
        version = request.path_params.get("version")
        if version is not None and not VERSION.fullmatch(version):
            raise MetaError(100, f"Unknown path components: /{version}", subcode=MISSING_OBJECT)
        check_token(request, world)
        yield

    router = APIRouter(dependencies=[Depends(checked)], include_in_schema=False)
    router.add_api_route(PATH, _download(world), methods=["GET"])
    router.add_api_route(
        "/{version}/{phone_number_id}/messages", _messages(world), methods=["POST"]
    )
    router.add_api_route("/{version}/{phone_number_id}/media", _upload(world), methods=["POST"])
    router.add_api_route("/{version}/{media_id}", _media_facts(world), methods=["GET"])
    router.add_api_route("/{version}/{media_id}", _delete_media(world), methods=["DELETE"])
    return router


def check_token(request: Request, world: World) -> None:
    """Raises code 190 unless the call carries the access token."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    expected = world.settings.whatsapp_access_token
    if scheme.lower() != "bearer" or not hmac.compare_digest(token.encode(), expected.encode()):
        raise MetaError(190, "Invalid OAuth access token - Cannot parse access token")


def _messages(world: World) -> Callable[..., Any]:
    async def messages(request: Request, phone_number_id: str) -> Response:
        _check_number(world, phone_number_id)
        body = await _json(request)
        if "status" in body:
            answer = _mark_read(world, body)
            world.report({"what": "call", "status": 200, "body": body})
            return answer
        citizen, message = outgoing.send(world, body)
        world.report({"what": "call", "status": 200, "body": body})
        if world.faults.take_lost_answer():
            return StreamingResponse(_broken_answer(), media_type="application/json")
        contact = {"input": str(body.get("to") or body.get("recipient"))}
        if body.get("to"):
            contact["wa_id"] = citizen.phone
        else:
            contact["user_id"] = citizen.user_id
        sent = {"id": message.id}
        if message.content["type"] == "template":
            sent["message_status"] = "accepted"
        return JSONResponse(
            {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}
        )

    return messages


async def _broken_answer() -> AsyncIterator[bytes]:
    yield b'{"messaging_product"'
    raise AnswerLost("on purpose, asked for through /__faults")


def _mark_read(world: World, body: dict[str, Any]) -> JSONResponse:
    if body.get("messaging_product") != "whatsapp":
        raise MetaError(100, "The parameter messaging_product is required.")
    if body["status"] != "read":
        raise MetaError(100, "Param status must be one of {read}.")
    typing = body.get("typing_indicator")
    if typing is not None and (not isinstance(typing, dict) or typing.get("type") != "text"):
        raise MetaError(100, "Param typing_indicator['type'] must be one of {text}.")
    outgoing.mark_read(world, str(body.get("message_id", "")), typing is not None)
    return JSONResponse({"success": True})


def _upload(world: World) -> Callable[..., Any]:
    async def upload(request: Request, phone_number_id: str) -> dict[str, str]:
        _check_number(world, phone_number_id)
        form = await request.form()
        if form.get("messaging_product") != "whatsapp":
            raise MetaError(100, "The parameter messaging_product is required.")
        file = form.get("file")
        if not isinstance(file, UploadFile):
            raise MetaError(100, "The parameter file is required.")
        mime_type = str(form.get("type") or file.content_type or "")
        kind = world.rules.kind_of(mime_type)
        if kind is None:
            known = sorted(t for rule in world.rules.media_kinds.values() for t in rule.types)
            raise MetaError(
                100,
                "Param file must be a file with one of the following types: "
                f"{', '.join(known)}. Received file of type '{mime_type}'.",
            )
        data = await file.read()
        if len(data) > world.rules.media_kinds[kind].largest:
            raise MetaError(131053, f"{kind} files are too large.")
        kept = world.media.add(
            data, plain_type(mime_type), file.filename or "", now=world.now(), from_bot=True
        )
        return {"id": kept.id}

    return upload


def _media_facts(world: World) -> Callable[..., Any]:
    async def media_facts(
        request: Request, media_id: str, phone_number_id: str | None = None
    ) -> dict[str, Any]:
        if phone_number_id is not None:
            _check_number(world, phone_number_id)
        file = None if world.faults.media_expired else world.media.get(media_id, now=world.now())
        if file is None:
            raise _missing("get", media_id)
        return {
            "messaging_product": "whatsapp",
            "url": world.media.url(file, str(request.base_url), now=world.now()),
            "mime_type": plain_type(file.mime_type),
            "sha256": file.sha256_hex,
            "file_size": len(file.data),
            "id": file.id,
        }

    return media_facts


def _delete_media(world: World) -> Callable[..., Any]:
    async def delete_media(media_id: str) -> dict[str, bool]:
        if not world.media.remove(media_id):
            raise _missing("delete", media_id)
        return {"success": True}

    return delete_media


def _download(world: World) -> Callable[..., Any]:
    async def download(mid: str, ext: int, hash: str) -> Response:
        try:
            if world.faults.media_expired:
                raise MetaError(100)
            file = world.media.open_url(mid, ext, hash, now=world.now())
        except MetaError:
            return Response(status_code=404)
        data = file.data[::-1] if world.faults.media_corrupt else file.data
        return Response(data, media_type=file.mime_type)

    return download


async def _json(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise MetaError(100, "The body is not valid JSON.") from None
    if not isinstance(body, dict):
        raise MetaError(100, "The body is not a JSON object.")
    return body


def _check_number(world: World, phone_number_id: str) -> None:
    if phone_number_id != world.settings.whatsapp_phone_number_id:
        raise _missing("post", phone_number_id)


def _missing(verb: str, object_id: str) -> MetaError:
    return MetaError(
        100,
        f"Unsupported {verb} request. Object with ID '{object_id}' does not exist, cannot be "
        "loaded due to missing permissions, or does not support this operation",
        subcode=MISSING_OBJECT,
    )
