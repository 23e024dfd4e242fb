"""The `Sender` over httpx: the five calls of the Cloud API that Seva makes, and their JSON.

`docs/decisions/whatsapp-client.md` says why it does not use pywa.
"""

from __future__ import annotations

import asyncio
import json
from typing import Any
from urllib.parse import quote, urlsplit

import httpx
import regex

from api.whatsapp.download import MediaOrigins, fetch, fetch_media, host_of, read_all
from api.whatsapp.outgoing import Outgoing, Parcel, Template
from api.whatsapp.pace import Pace
from api.whatsapp.policy import WhatsAppPolicy
from api.whatsapp.sender import (
    DocumentUnavailable,
    MediaRejected,
    SendFailed,
    SendInDoubt,
    VoiceUnavailable,
)
from nlu.log import get_logger
from nlu.settings.settings import WorkerSettings, split_list
from nlu.speech.speaker import Speaker
from nlu.speech.synthesis import SynthesisError
from nlu.turn import Media

_PHONE = regex.compile(r"[0-9]+")
log = get_logger(__name__)
_VOICE_NOTE = "audio/ogg; codecs=opus"
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def recipient(citizen: str) -> dict[str, str]:
    """The recipient: a phone number goes into `to`, a business-scoped user id into `recipient`."""
    field = "to" if _PHONE.fullmatch(citizen) else "recipient"
    return {"recipient_type": "individual", field: citizen}


def message_body(parcel: Parcel, media_id: str | None = None) -> dict:
    """The body of `POST /{phone_number_id}/messages`."""
    kind, content = _content(parcel.message, media_id)
    return {
        "messaging_product": "whatsapp",
        **recipient(parcel.citizen),
        "type": kind,
        kind: content,
        "biz_opaque_callback_data": parcel.tracker,
    }


def typing_body(message_id: str) -> dict:
    """The body of a read receipt with a typing indicator."""
    return {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": message_id,
        "typing_indicator": {"type": "text"},
    }


class WhatsAppClient:
    """The `Sender` of `api.whatsapp.sender`, for Meta and for the simulator."""

    def __init__(
        self,
        settings: WorkerSettings,
        policy: WhatsAppPolicy,
        transport: httpx.AsyncBaseTransport | None = None,
        speaker: Speaker | None = None,
        pace: Pace | None = None,
    ) -> None:
        """`speaker` reads replies aloud. Without one no voice note is sent. `pace` is that of all
        workers; without one this client keeps it alone."""
        base = settings.whatsapp_base_url.rstrip("/")
        self._policy, self._speaker = policy, speaker
        self._root = f"{base}/{settings.whatsapp_graph_version}"
        self._token = {"Authorization": f"Bearer {settings.whatsapp_access_token}"}
        self._media = MediaOrigins(base, split_list(settings.whatsapp_media_hosts))
        self._document_hosts = set(split_list(settings.document_hosts))
        self._plain_documents = settings.env != "production"
        outside = urlsplit(base).hostname not in _LOOPBACK  # a proxy cannot reach this machine
        self._seconds = policy.deadlines
        connect = (
            self._seconds.connect
        )  # earlier than any deadline; after it surely nothing was sent
        self._http = httpx.AsyncClient(
            transport=transport,
            timeout=httpx.Timeout(self._seconds.message, connect=connect, pool=connect),
            headers={"Accept-Encoding": "identity"},
            trust_env=outside,
            follow_redirects=False,
        )
        self._pace = pace or Pace(settings.whatsapp_messages_per_second)

    async def send(self, parcel: Parcel) -> str:
        """Sends one message. A document or a voice note is uploaded first."""
        media_id = None
        if parcel.message.kind == "document":
            media_id = await self._document(parcel)
        elif parcel.message.kind == "voice":
            media_id = await self._voice(parcel)
        await self._pace.wait(parcel.phone_number_id)
        path = f"/{parcel.phone_number_id}/messages"
        answer = await self._post(
            path, seconds=self._seconds.message, json=message_body(parcel, media_id)
        )
        try:
            return str(answer["messages"][0]["id"])
        except (KeyError, IndexError, TypeError):
            raise SendInDoubt("an answer without a message id") from None

    async def show_typing(self, phone_number_id: str, message_id: str) -> None:
        """Shows typing if it can. A failure is only logged."""
        try:
            await self._post(
                f"/{phone_number_id}/messages",
                seconds=self._seconds.typing,
                json=typing_body(message_id),
            )
        except (SendFailed, SendInDoubt) as error:
            log.debug("typing_not_shown", error=type(error).__name__)

    async def download(self, media: Media, max_bytes: int) -> bytes:
        """Fetches a file in two steps: the id gives a short-lived address, the address the file."""
        address = f"/{quote(media.id, safe='')}"
        answer = await self._request("GET", address, self._seconds.message)
        url, size = str(answer.get("url", "")), answer.get("file_size", 0)
        if not self._media.may_have_token(url):
            log.error("media_address_not_allowed", host=host_of(url))
            raise MediaRejected("damaged")
        if isinstance(size, int) and size > max_bytes:
            raise MediaRejected("too_large")
        sha256 = str(answer.get("sha256") or media.sha256)
        return await fetch_media(
            self._http, url, self._token, sha256, max_bytes, self._seconds.download
        )

    async def close(self) -> None:
        """Closes the connections, and gives back what was taken of the number's throughput."""
        await self._http.aclose()
        await self._pace.close()

    async def _document(self, parcel: Parcel) -> str:
        message = parcel.message
        host, scheme = host_of(message.document_url), urlsplit(message.document_url).scheme
        schemes = ("http", "https") if self._plain_documents else ("https",)
        if scheme not in schemes or host not in self._document_hosts:
            log.error("document_address_not_allowed", host=host)
            raise DocumentUnavailable("address not allowed")
        try:
            content, mime = await fetch(
                self._http,
                message.document_url,
                {},
                self._policy.limits.document_bytes,
                self._seconds.document,
            )
        except (httpx.HTTPError, MediaRejected) as error:
            raise DocumentUnavailable(type(error).__name__) from error
        return await self._upload(parcel, message.filename, content, mime or "application/pdf")

    async def _voice(self, parcel: Parcel) -> str:
        if self._speaker is None or parcel.language is None:
            raise VoiceUnavailable("no voice")
        saying = self._speaker.say(parcel.message.text, parcel.language)
        try:  # a slow voice must not delay the citizen's next message
            recording = await asyncio.wait_for(saying, self._policy.speaking_seconds)
        except (SynthesisError, asyncio.TimeoutError) as error:
            raise VoiceUnavailable(type(error).__name__) from error
        return await self._upload(parcel, "seva.ogg", recording, _VOICE_NOTE)

    async def _upload(self, parcel: Parcel, name: str, content: bytes, mime: str) -> str:
        answer = await self._post(
            f"/{parcel.phone_number_id}/media",
            seconds=self._seconds.upload,
            data={"messaging_product": "whatsapp", "type": mime},
            files={"file": (name, content, mime)},
            in_doubt=False,
        )
        return str(answer.get("id", ""))

    async def _post(self, path: str, *, seconds: float, in_doubt: bool = True, **body: Any) -> dict:
        """Makes a POST.

        `in_doubt`: after a broken connection nobody knows whether it took effect.
        """
        try:
            return await self._request("POST", path, seconds, **body)
        except SendInDoubt:
            if in_doubt:
                raise
            raise SendFailed("retry", None) from None

    async def _request(self, method: str, path: str, seconds: float, **body: Any) -> dict:
        """Makes a request. The whole answer must come within `seconds`."""
        asking = self._http.stream(method, self._root + path, headers=self._token, **body)
        try:
            response, content = await read_all(asking, self._policy.limits.answer_bytes, seconds)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise SendFailed("retry", None) from error
        except (httpx.HTTPError, MediaRejected) as error:
            raise SendInDoubt(type(error).__name__) from error
        if response.is_success:
            return _json(content)
        detail = _json(content).get("error")
        code = detail.get("code") if isinstance(detail, dict) else None
        code = code if isinstance(code, int) else None
        if code is None and response.status_code >= 500:
            raise SendInDoubt(f"HTTP {response.status_code}")
        after = response.headers.get("Retry-After", "")
        raise SendFailed(
            self._policy.action(code, response.status_code),
            code if code is not None else response.status_code,
            float(after) if after.isdecimal() else None,
        )


def _content(message: Outgoing, media_id: str | None) -> tuple[str, dict]:
    if message.kind == "text":
        return "text", {"body": message.text, "preview_url": False}
    if message.template is not None:
        return "template", _template(message.template)
    if message.kind == "document":
        content = {"id": media_id, "filename": message.filename, "caption": message.text}
        return "document", content
    if message.kind == "voice":
        return "audio", {"id": media_id, "voice": True}
    if message.kind == "link":
        shown = {"display_text": message.button, "url": message.link_url}
        action: dict = {"name": "cta_url", "parameters": shown}
        body = {"text": message.text}
        return "interactive", {"type": "cta_url", "body": body, "action": action}
    if message.kind == "buttons":
        action = {
            "buttons": [
                {"type": "reply", "reply": {"id": option.id, "title": option.title}}
                for option in message.options
            ]
        }
        kind = "button"
    else:
        rows = []
        for option in message.options:
            row = {"id": option.id, "title": option.title}
            rows.append(row | ({"description": option.description} if option.description else {}))
        action = {
            "button": message.button,
            "sections": [{"title": message.button, "rows": rows}],
        }
        kind = "list"
    return "interactive", {"type": kind, "body": {"text": message.text}, "action": action}


def _template(template: Template) -> dict:
    parameters = [{"type": "text", "text": text} for text in template.parameters]
    return {
        "name": template.name,
        "language": {"code": template.language},
        "components": [{"type": "body", "parameters": parameters}],
    }


def _json(content: bytes) -> dict:
    try:
        value = json.loads(content)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
