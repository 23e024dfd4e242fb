"""Values are found for each service that the decision takes for meant, tagged ones included."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from tests.deferred import Deferred

decision = Deferred("nlu.components.decision")
sentence_encoder = Deferred("nlu.components.sentence_encoder")
slot_extractor = Deferred("nlu.components.slot_extractor")

SAID = {
    "te": "రవి కుమార్ ఆదాయ ధ్రువపత్రం 499118665246",
    "te-Latn": "Ravi Kumar income certificate kavali 499118665246",
    "hi": "रवि कुमार आय प्रमाण पत्र 499118665246",
    "hi-Latn": "Ravi Kumar aay praman patra chahiye 499118665246",
    "en": "Ravi Kumar wants an income certificate 499118665246",
}
OFFERED = ("income_certificate", "ews_certificate")


@pytest.fixture(scope="module")
def extractor() -> slot_extractor.SlotExtractor:
    return slot_extractor.SlotExtractor(slot_extractor.SlotExtractor.get_default_config())


def message(text: str, kind: str, options: tuple[str, ...], tagged: bool) -> Message:
    end = len(" ".join(text.split()[:2]))
    tag: dict[str, Any] = {"entity": "applicant_name", "start": 0, "end": end}
    tag |= {"value": text[:end], "confidence_entity": 0.9, "extractor": sentence_encoder.TAGGER}
    return Message(
        {
            TEXT: text,
            "intent": {"name": OFFERED[0], "confidence": 0.6},
            ENTITIES: [tag] if tagged else [],
            decision.DECISION: {"kind": kind, "options": list(options)},
        }
    )


@pytest.mark.parametrize("tagged", [False, True])
@pytest.mark.parametrize("key", SAID)
def test_each_service_offered_gets_its_values(
    extractor: slot_extractor.SlotExtractor, key: str, tagged: bool
) -> None:
    """No rule finds a name in a free message; the number is found by rule."""
    (heard,) = extractor.process([message(SAID[key], "clarify", OFFERED, tagged)])
    for service in OFFERED:
        found = heard.get(slot_extractor.SLOTS)[service]
        assert found["aadhaar_number"] == "499118665246"
        assert ("applicant_name" in found) == tagged
    assert {e["entity"] for e in heard.get(ENTITIES)} == set(
        heard.get(slot_extractor.SLOTS)[OFFERED[0]]
    )


def test_out_of_scope_begins_nothing(extractor: slot_extractor.SlotExtractor) -> None:
    """The entities of the service ranked first are told all the same."""
    (heard,) = extractor.process([message(SAID["en"], "out_of_scope", (), True)])
    assert heard.get(slot_extractor.SLOTS) == {} and heard.get(ENTITIES)
