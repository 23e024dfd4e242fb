"""Delivers citizens' messages as WhatsApp does at its worst: late, shuffled, twice, together, and
again until Seva answers 200."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

from api.whatsapp.payload import HEADER, sign
from benchmarks.upheaval.facts import Option, Said
from benchmarks.upheaval.lines import FAILURES, Lines
from benchmarks.upheaval.whatsapp import envelope
from nlu.settings.settings import Settings

_WITHIN_S = 10.0
Letter = tuple[Said, dict[str, Any]]
"""A message, and how WhatsApp writes it."""


def letter(said: Said, tapped: Option | None = None) -> Letter:
    """A text, or the tap of an option."""
    body: dict[str, Any] = {
        "from": said.citizen,
        "id": said.id,
        "timestamp": str(said.written),
    }
    if tapped is None:
        return said, {**body, "type": "text", "text": {"body": said.text}}
    reply = {"id": tapped.id, "title": tapped.title}
    content = {"type": "button_reply", "button_reply": reply}
    return said, {**body, "type": "interactive", "interactive": content}


class Post:
    """The way from citizens to Seva."""

    def __init__(
        self, webhook: str, settings: Settings, manner: Mapping[str, Any], random: Random
    ) -> None:
        self._settings = settings
        self._manner, self._random = manner, random
        self._lines = Lines(webhook, _WITHIN_S)
        self._numbers = itertools.count(1)
        self._bag: list[Letter] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.failed = 0
        """Requests that were not answered 200."""

    def send(self, letters: Sequence[Letter]) -> None:
        """Takes the messages of one citizen, in their order."""
        chance, manner = self._random.random, self._manner
        if len(letters) > 1 and chance() < manner["together"]:
            self._start(self._delivered(self._random.sample(letters, len(letters)), 0.0))
            return
        for one in letters:
            if chance() < manner["shared"]:
                self._share(one)
                continue
            late = chance() * manner["late_s"] if chance() < manner["late"] else 0.0
            self._start(self._delivered([one], late))

    @property
    def pending(self) -> int:
        """Deliveries that were not answered 200 yet."""
        return len(self._tasks)

    async def close(self) -> None:
        """Gives up on what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._lines.close()

    def _start(self, work: Any) -> None:
        task: asyncio.Task[None] = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _share(self, one: Letter) -> None:
        self._bag.append(one)
        if len(self._bag) == 1:
            self._start(self._emptied())

    async def _emptied(self) -> None:
        await asyncio.sleep(self._manner["shared_s"])
        letters, self._bag = self._bag, []
        self._random.shuffle(letters)
        await self._delivered(letters, 0.0)

    async def _delivered(self, letters: Sequence[Letter], late: float) -> None:
        """Until Seva has it, and sometimes once more."""
        if late:
            await asyncio.sleep(late)
        body, number = self._envelope(letters), next(self._numbers)
        now = time.time()
        for said, _ in letters:
            said.posted = said.posted or now
        tries = 0
        while not await self._posted(body):
            waits = self._manner["waits"]
            await asyncio.sleep(waits[min(tries, len(waits) - 1)])
            tries += 1
        now = time.time()
        for said, _ in letters:
            said.taken, said.delivery = now, number
        if self._random.random() < self._manner["double"]:
            await asyncio.sleep(self._random.random() * self._manner["double_s"])
            await self._posted(body)

    def _envelope(self, letters: Sequence[Letter]) -> bytes:
        citizens = dict.fromkeys(said.citizen for said, _ in letters)
        number = self._settings.whatsapp_phone_number_id
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "918001100", "phone_number_id": number},
            "contacts": [{"profile": {"name": c}, "wa_id": c} for c in citizens],
            "messages": [body for _, body in letters],
        }
        return json.dumps(envelope(value)).encode()

    async def _posted(self, body: bytes) -> bool:
        headers = {HEADER: sign(body, self._settings.whatsapp_app_secret)}
        headers["Content-Type"] = "application/json"
        try:
            taken = await self._lines.post(body, headers) == 200
        except FAILURES:
            taken = False
        self.failed += not taken
        return taken
