"""A tiny bot over real HTTP: reads webhooks, answers through the Cloud API from a YAML file."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from fpdf import FPDF

from api.whatsapp.payload import HEADER, Inbound, is_signed, read_delivery
from nlu.fast_yaml import load_yaml
from nlu.settings.settings import Settings

FILE = Path(__file__).with_name("conversations.yml")
SPEAKS = {"919000054321": "hi", "919885067890": "en"}


def one_page_pdf() -> bytes:
    """A PDF of two pages."""
    pdf = FPDF()
    for _ in range(2):
        pdf.add_page()
        pdf.set_font("helvetica", size=24)
        pdf.cell(text="Seva")
    return bytes(pdf.output())


class LittleBot:
    """Answers each message with the entry whose `hears` it is; nothing else gets an answer."""

    def __init__(self, settings: Settings) -> None:
        entries = load_yaml(FILE.read_text(encoding="utf-8"))
        self.answers = {
            language: {entry["hears"]: entry for entry in part}
            for language, part in entries.items()
        }
        self.seen: list[Inbound] = []
        self.statuses: list[tuple[str, str]] = []
        self.settings = settings
        self.base = f"{settings.simulator_url}/v25.0/{settings.whatsapp_phone_number_id}"
        self.headers = {"Authorization": f"Bearer {settings.whatsapp_access_token}"}
        self.app = FastAPI()
        self.tasks: set[asyncio.Task[None]] = set()

        @self.app.get("/webhooks/whatsapp")
        async def verify(request: Request) -> Response:
            return PlainTextResponse(request.query_params["hub.challenge"])

        @self.app.post("/webhooks/whatsapp")
        async def deliver(request: Request) -> Response:
            body = await request.body()
            if not is_signed(body, request.headers.get(HEADER), settings.whatsapp_app_secret):
                return Response(status_code=403)
            delivery = read_delivery(await request.json())
            self.statuses += [(status.message_id, status.state) for status in delivery.statuses]
            for message in delivery.messages:
                self.seen.append(message)
                task = asyncio.get_running_loop().create_task(self.try_answer(message))
                self.tasks.add(task)
            return Response()

    async def try_answer(self, message: Inbound) -> None:
        with contextlib.suppress(httpx.TransportError):  # the test is over, the simulator gone
            await self.answer(message)

    async def answer(self, message: Inbound) -> None:
        """Reads, types, answers."""
        on = message.text or f"<{message.kind}>"
        entry = self.answers[SPEAKS.get(message.phone or "", "te")].get(on)
        async with httpx.AsyncClient(headers=self.headers, trust_env=False) as client:
            read: dict[str, Any] = {"status": "read", "message_id": message.message_id}
            if entry and entry.get("typing"):
                read["typing_indicator"] = {"type": "text"}
            await self.post(client, read)
            if not entry:
                return
            await asyncio.sleep(entry.get("typing", 0.05))
            to = {"to": message.phone, "recipient_type": "individual"}
            await self.post(client, {**to, **self.content(entry)})
            if "document" in entry:
                await self.post(client, {**to, **await self.document(client, entry["document"])})

    async def post(self, client: httpx.AsyncClient, body: dict[str, Any]) -> None:
        body = {"messaging_product": "whatsapp", **body}
        (await client.post(f"{self.base}/messages", json=body)).raise_for_status()

    async def document(self, client: httpx.AsyncClient, document: dict[str, str]) -> dict:
        answer = await client.post(
            f"{self.base}/media",
            data={"messaging_product": "whatsapp", "type": "application/pdf"},
            files={"file": ("a.pdf", one_page_pdf(), "application/pdf")},
        )
        return {"type": "document", "document": {"id": answer.json()["id"], **document}}

    def content(self, entry: dict[str, Any]) -> dict[str, Any]:
        text = {"text": entry["text"]}
        if "buttons" in entry:
            replies = [{"type": "reply", "reply": reply} for reply in entry["buttons"]]
            body: dict[str, Any] = {"type": "button", "body": text, "action": {"buttons": replies}}
        elif "sections" in entry:
            action = {"button": entry["button"], "sections": entry["sections"]}
            body = {"type": "list", "body": text, "action": action}
        else:
            return {"type": "text", "text": {"body": entry["text"]}}
        return {"type": "interactive", "interactive": body}
