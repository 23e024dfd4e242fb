"""Webhook bodies in the shape in which Meta delivers them."""

from __future__ import annotations

from typing import Any

from api.demo.simulator.citizens import Citizen, Message
from api.demo.simulator.rules import Rules


class Envelopes:
    """Builds deliveries for one business number."""

    def __init__(self, rules: Rules, phone_number_id: str) -> None:
        self._rules = rules
        self._phone_number_id = phone_number_id

    def messages(self, items: list[tuple[Citizen, Message]]) -> dict[str, Any]:
        """One delivery with these citizens' messages."""
        contacts = {citizen.phone: self._contact(citizen) for citizen, _ in items}
        return self._wrap(
            contacts=list(contacts.values()),
            messages=[self._message(citizen, message) for citizen, message in items],
        )

    def status(
        self, citizen: Citizen, message: Message, state: str, timestamp: float
    ) -> dict[str, Any]:
        """One delivery that tells what became of the bot's message."""
        status: dict[str, Any] = {
            "id": message.id,
            "status": state,
            "timestamp": str(int(timestamp)),
            "recipient_user_id": citizen.user_id,
        }
        if not citizen.username:
            status["recipient_id"] = citizen.phone
        if message.tracker is not None:
            status["biz_opaque_callback_data"] = message.tracker
        if state == "failed" and message.error:
            status["errors"] = [message.error]
        else:
            template = message.content.get("type") == "template"
            status["pricing"] = {
                "billable": template,
                "pricing_model": "PMP",
                "category": "utility" if template else "service",
                "type": "regular" if template else "free_customer_service",
            }
        if state == "failed":
            return self._wrap(statuses=[status])
        return self._wrap(contacts=[self._contact(citizen)], statuses=[status])

    def _message(self, citizen: Citizen, message: Message) -> dict[str, Any]:
        body: dict[str, Any] = {} if citizen.username else {"from": citizen.phone}
        body["from_user_id"] = citizen.user_id
        body["id"] = message.id
        body["timestamp"] = str(int(message.timestamp))
        if message.reply_to:
            body["context"] = {"from": self._rules.display_phone_number, "id": message.reply_to}
        return {**body, **message.content}

    def _contact(self, citizen: Citizen) -> dict[str, Any]:
        profile = {"name": citizen.name}
        contact: dict[str, Any] = {"profile": profile, "user_id": citizen.user_id}
        if citizen.username:
            profile["username"] = citizen.username
        else:
            contact["wa_id"] = citizen.phone
        return contact

    def _wrap(self, **value: Any) -> dict[str, Any]:
        return {
            "object": "whatsapp_business_account",
            "entry": [
                {
                    "id": self._rules.account_id,
                    "changes": [
                        {
                            "value": {
                                "messaging_product": "whatsapp",
                                "metadata": {
                                    "display_phone_number": self._rules.display_phone_number,
                                    "phone_number_id": self._phone_number_id,
                                },
                                **value,
                            },
                            "field": "messages",
                        }
                    ],
                }
            ],
        }
