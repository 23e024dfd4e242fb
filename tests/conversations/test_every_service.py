"""Every service of the catalogue, completed against the sandbox in each reply language."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
import yaml

from nlu.catalogue import shared_catalogue
from nlu.text import shares
from tests.conversations.conftest import World
from tests.processes import ROOT

CATALOGUE = shared_catalogue(ROOT / "data")
ANSWERS = yaml.safe_load((Path(__file__).parent / "answers.yml").read_text("utf-8"))
SCRIPTS = {key.language: key.script for key in reversed(CATALOGUE.languages.keys.values())}
DONE = {  # outcomes other than ok that mean it worked
    "certificate_application_status": "in_progress",
    "cmrf_application_status": "approved",
    "electricity_application_status": "in_progress",
    "electricity_complaint_status": "in_progress",
    "grievance_status": "resolved",
    "land_mutation_status": "approved",
    "municipal_application_status": "approved",
    "prohibited_land_22a": "clear",
    "rtc_parcel_tracking": "on_the_way",
    "rtc_refund_status": "in_progress",
    "solar_subsidy_status": "approved",
    "temple_booking_payment_status": "paid",
}


@pytest.mark.parametrize("language", CATALOGUE.languages.reply)
@pytest.mark.parametrize("name", sorted(CATALOGUE.services))
def test_service_is_completed(world: World, name: str, language: str) -> None:
    service = CATALOGUE.services[name]
    httpx.post(f"{world.sandbox}/__reset/{service.department}", trust_env=False).raise_for_status()
    # A bill that is being paid is told of to who began to pay it: that is one citizen.
    sender = f"complete-{name}" if service.lookup else f"complete-{name}-{language}"
    turns = 0

    def turn(text: str, tapped: bool) -> list:
        nonlocal turns
        turns += 1
        number = f"{sender}-{language}-{turns}"
        replies = world.turn(text, sender, id=number, language=language, tapped=tapped)
        said = "\n".join(reply.text for reply in replies)
        assert shares(said).get(SCRIPTS[language], 0) > 0.4, f"{text}: {said}"
        return replies

    if service.lookup:
        turn(f'/language{{"language": "{language}"}}', True)
    replies = turn(f'/choose{{"service": "{name}"}}', True)
    for slot in service.slots:
        if not slot.required and not service.confirm:
            continue  # services that only tell something ask for what they need
        if slot.suggested_by and slot.required:
            continue  # it follows from the others
        asked = (slot.ask or slot.type.ask)[language]
        assert asked in replies[0].text, f"expected the question for {slot.name}: {replies}"
        if not slot.required:
            replies = turn(
                next(b.payload for b in replies[0].buttons if '"skip"' in b.payload), True
            )
            continue
        answer = ANSWERS.get(f"{name}/{slot.name}") or ANSWERS[slot.name]
        replies = turn(answer[language], False)
        kept = [b.payload for b in replies[0].buttons if '"keep"' in b.payload]
        if kept:  # "was that the answer, or did you mean another service?"
            replies = turn(kept[0], True)
    if service.confirm:
        yes = next(b.payload for b in replies[0].buttons if '"yes"' in b.payload)
        assert "499118665246" not in replies[0].text, "Aadhaar is read back unmasked"
        replies = turn(yes, True)
    words = service.replies[DONE.get(name, "ok")][language]
    fixed = max(words.replace("}", "{").split("{")[::2], key=len).strip()
    assert fixed in replies[0].text, f"not the reply for success: {replies[0].text!r}"
    assert "{" not in replies[0].text
    if service.kind == "download":
        document = next(reply.document for reply in replies if reply.document)
        pdf = httpx.get(document.url, trust_env=False)
        assert pdf.content.startswith(b"%PDF"), pdf.text[:100]
