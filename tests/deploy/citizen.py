"""A citizen who writes through the simulator: `citizen.py BASE PHONE TEXT` prints the replies as
JSON. A program of its own, because it runs in the network of the containers."""

from __future__ import annotations

import json
import sys

import httpx

_SECONDS = 60


def main(base: str, phone: str, text: str) -> None:
    """Says the text, and waits for the replies."""
    with httpx.Client(base_url=base, timeout=_SECONDS + 10, trust_env=False) as simulator:
        said = {"citizen": phone, "language": "en", "type": "text", "text": text}
        sent = simulator.post("/__inbound", json=said)
        sent.raise_for_status()
        after = {"citizen": phone, "after": sent.json()["number"], "wait": _SECONDS}
        chats = simulator.get("/__outbox", params=after).raise_for_status().json()["citizens"]
    print(json.dumps([reply["text"] for reply in chats.get(phone, [])]))


if __name__ == "__main__":
    main(*sys.argv[1:])
