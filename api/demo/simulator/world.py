"""The simulated WhatsApp as a whole: phones, files, faults, events and the way to the bot."""

from __future__ import annotations

import asyncio
import secrets
import time
from typing import Any

import httpx

from api.demo.simulator.citizens import Citizen, CitizenBook, Message
from api.demo.simulator.delivery import Courier
from api.demo.simulator.envelope import Envelopes
from api.demo.simulator.events import EventLog
from api.demo.simulator.faults import Faults
from api.demo.simulator.media import MediaFile, MediaStore
from api.demo.simulator.rules import Rules
from nlu.settings.settings import SimulatorSettings

HANDSHAKE_WAIT_S = 2.0


class World:
    """Everything the routes share; one per process, lives in one event loop."""

    def __init__(self, settings: SimulatorSettings, rules: Rules) -> None:
        self.settings = settings
        self.rules = rules
        self.faults = Faults()
        self.events = EventLog(rules.kept["events"])
        self.media = MediaStore(rules)
        self.citizens = CitizenBook(
            citizens=rules.kept["citizens"], messages=rules.kept["messages"]
        )
        self.envelopes = Envelopes(rules, settings.whatsapp_phone_number_id)
        self.wire: list[dict[str, Any]] = []
        self.webhook = {"state": "waiting", "url": settings.simulated_webhook, "status": 0}
        self.client = httpx.AsyncClient(trust_env=False)
        self.courier = Courier(
            self.client,
            settings.simulated_webhook,
            settings.whatsapp_app_secret,
            rules.delivery,
            self.faults,
            self.report,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._seed()

    def now(self) -> float:
        """Epoch seconds by the simulator's clock, which tests may set ahead."""
        return time.time() + self.faults.clock_offset_s

    def start(self, work: Any) -> None:
        """Runs a coroutine in the background."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def close(self) -> None:
        """Stops all background work."""
        self.events.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.courier.close()
        await self.client.aclose()

    def reset(self) -> None:
        """As freshly started, except for the handshake."""
        self.faults.reset()
        self.citizens.clear()
        self.media.clear()
        self.wire.clear()
        self._seed()
        self.events.add("reset")

    def keep(self, citizen: Citizen, message: Message) -> None:
        """Adds a message to a chat and shows it."""
        self.citizens.keep(citizen, message)
        self.events.add("message", citizen.phone, message.as_dict())

    def react(self, message_id: str, emoji: str) -> None:
        """Puts a reaction on a message, where that is known, and shows it; "" takes it back."""
        message = self.citizens.message(message_id)
        if message is not None:
            message.reaction = emoji
            self.events.add("reaction", message.citizen, {"id": message.id, "emoji": emoji})

    def raise_state(self, message: Message, state: str) -> bool:
        """Moves a message's state upwards and shows it; False if nothing changed."""
        changed = message.raise_to(state)
        if changed:
            self.events.add("state", message.citizen, {"id": message.id, "state": message.state})
        return changed

    def report(self, entry: dict[str, Any]) -> None:
        """Shows what went over the wire: webhooks, and calls of the bot."""
        entry = {"at": self.now(), **entry}
        self.wire.append(entry)
        del self.wire[: -self.rules.kept["wire"]]
        if entry["what"] == "webhook":
            self.webhook["status"] = entry["status"]
        self.events.add("wire", "", entry)

    def file_facts(self, file: MediaFile) -> dict[str, Any]:
        """What a bubble shows of a file."""
        return {
            "media": {
                "id": file.id,
                "mime_type": file.mime_type,
                "filename": file.filename,
                "size": len(file.data),
                "pages": file.pages,
            }
        }

    async def handshake(self) -> str:
        """Meta's verification of the webhook: `verified`, `refused` or `unreachable`."""
        challenge = str(secrets.randbelow(10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": self.settings.whatsapp_verify_token,
        }
        try:
            answer = await self.client.get(self.settings.simulated_webhook, params=query, timeout=5)
            good = answer.status_code == 200 and answer.text == challenge
            state = "verified" if good else "refused"
        except httpx.HTTPError:
            state = "unreachable"
        if state != self.webhook["state"]:
            self.webhook["state"] = state
            self.events.add("webhook", "", dict(self.webhook))
        return state

    async def shake_hands_until_verified(self) -> None:
        """Tries the handshake until the bot is up."""
        while await self.handshake() != "verified":
            await asyncio.sleep(HANDSHAKE_WAIT_S)

    def _seed(self) -> None:
        for seed in self.rules.citizens:
            self.citizens.add(seed.phone, seed.name, seed.language)
