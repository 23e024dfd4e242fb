"""Danger, told beside the service that is likeliest."""

from __future__ import annotations

import pytest
from rasa.shared.nlu.training_data.message import Message

from nlu.components.decision import Decision
from nlu.components.trait_classifier import TRAITS


@pytest.mark.parametrize(
    ("service", "danger"),
    [
        ("income_certificate", None),
        ("municipal_grievance", None),
        ("women_safety_help", "violence"),
        ("police_helplines", "violence"),
        ("out_of_scope", "violence"),
    ],
)
def test_a_service_of_danger_is_no_sign_of_calm(service: str, danger: str | None) -> None:
    """Who asks for a woman police officer may be in danger; who reports a burst pipe is not."""
    probable = {"none": 0.85, "violence": 0.2, "fire": 0.01}
    message = Message({"text": "he is beating me"})
    message.set("intent_ranking", [{"name": service, "confidence": 0.95}])
    message.set(TRAITS, {"danger": probable})
    (decided,) = Decision(Decision.get_default_config()).process([message])
    assert decided.get("decision")["danger"] == danger
