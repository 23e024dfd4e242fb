"""What Rasa's tracker store keeps: messages without the numbers that must not be kept."""

from __future__ import annotations

from typing import Any

import pytest
from nlu.tracker_store import MaskingTrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker

AADHAAR = "499118665246"


@pytest.fixture()
def store() -> MaskingTrackerStore:
    """In memory."""
    return MaskingTrackerStore(
        Domain.empty(), sensitive=frozenset({"aadhaar_number", "bank_account_number"})
    )


def said(text: str, **entity: str) -> UserUttered:
    """A message, with one found value."""
    found = [{"entity": n, "value": v, "raw": v} for n, v in entity.items()]
    return UserUttered(text, {"name": "x"}, found, {"text": text, "entities": found})


def kept(
    store: MaskingTrackerStore, *events: Event, asked: str | None = None
) -> list[dict[str, Any]]:
    """As dictionaries, after a question for slot `asked`."""
    return [store.masked(event, asked).as_dict() for event in events]


def test_found_value_of_a_sensitive_slot_is_masked(store: MaskingTrackerStore) -> None:
    """In the text, in the value found and in the parse data."""
    [event] = kept(store, said("account 30501234567 please", bank_account_number="30501234567"))
    assert event["text"] == "account XXXXXXX4567 please"
    assert "30501234567" not in str(event)


def test_what_else_a_voice_note_may_have_been_is_not_kept(store: MaskingTrackerStore) -> None:
    """It may hold the number that is masked in the text; the running turn still has it."""
    event = said("Na aadhaar", aadhaar_number=AADHAAR)
    event.metadata = {
        **{"spoken": "te", "others": [f"Mera aadhaar {AADHAAR}"]},
        **{"location": {"lat": 16.5, "lon": 80.6}, "media": {"id": "m9"}},
    }
    [stored] = kept(store, event)
    assert stored["metadata"] == {"spoken": "te"}
    assert AADHAAR not in str(stored)
    assert event.metadata["others"]


def test_message_of_the_running_turn_stays_whole(store: MaskingTrackerStore) -> None:
    """The dialogue still needs the number; only the copy is masked."""
    event = said(f"aadhaar {AADHAAR}", aadhaar_number=AADHAAR)
    kept(store, event)
    assert AADHAAR in event.text and event.entities[0]["value"] == AADHAAR


@pytest.mark.parametrize(
    "answer",
    [
        "30501234567",
        "నా అకౌంటు ౩౦౫౦౧౨౩౪౫౬౭",
        "three zero five zero one two three four five six seven",
        "499118665247",
    ],
)
def test_answer_to_a_sensitive_question_is_masked_whole(
    store: MaskingTrackerStore, answer: str
) -> None:
    """Also without a pattern to know it by: typed wrong, or in words."""
    [event] = kept(store, said(answer), asked="bank_account_number")
    assert event["text"] == "X" * (len(answer) - 4) + answer[-4:]


def test_number_taken_for_another_is_masked_too(store: MaskingTrackerStore) -> None:
    """An account number may look like an electricity service number to the extractor."""
    answer = said("6123401005678", service_number="6123401005678")
    [event] = kept(store, answer, asked="bank_account_number")
    assert "6123401005678" not in str(event)


@pytest.mark.parametrize("answer", [AADHAAR, "Ravi Kumar", "200000"])
def test_form_keeps_no_copy_of_an_answer(store: MaskingTrackerStore, answer: str) -> None:
    """Rasa sets the form's slot to the message itself before validating it.

    Every Aadhaar number once stood in the database this way.
    """
    [event] = kept(store, SlotSet("answer", answer))
    assert event["value"] is None


@pytest.mark.parametrize("step", [None, "go", "stop"])
def test_form_keeps_its_own_steps(store: MaskingTrackerStore, step: str | None) -> None:
    """They say how the form ended."""
    assert kept(store, SlotSet("answer", step))[0]["value"] == step


def test_other_events_are_kept_as_they_are(store: MaskingTrackerStore) -> None:
    """Replies and state."""
    events = [BotUttered("hello"), SlotSet("language", "te"), SlotSet("asked", None)]
    assert [store.masked(event, "aadhaar_number") for event in events] == events


async def test_conversation_is_stored_masked_once(store: MaskingTrackerStore) -> None:
    """Saved in two steps, as Rasa does it within a turn; every event once, in order."""
    tracker = DialogueStateTracker("citizen", [])
    tracker.update(SlotSet("asked", "aadhaar_number"))
    tracker.update(said(AADHAAR))
    await store.save(tracker)
    tracker.update(SlotSet("answer", AADHAAR))
    tracker.update(BotUttered("thank you"))
    await store.save(tracker)
    loaded = await store.retrieve("citizen")
    assert loaded is not None
    assert [type(e).__name__ for e in loaded.events] == [
        "SlotSet",
        "UserUttered",
        "SlotSet",
        "BotUttered",
    ]
    assert AADHAAR not in str([e.as_dict() for e in loaded.events])


def test_a_corrected_private_number_is_masked(store: MaskingTrackerStore) -> None:
    """ "No, 3050..." while the next question is open: the number is no answer to that one."""
    event = store.masked(said("no, 3050 1234 567 not 30501234568"), "ifsc_code", True).as_dict()
    assert "3050" not in str(event) and "1234568" not in str(event)


def test_a_private_number_read_back_and_replaced_is_masked(store: MaskingTrackerStore) -> None:
    """Another number in place of yes."""
    [event] = kept(store, said("30501234567"), asked="read_back/bank_account_number")
    assert event["text"] == "XXXXXXX4567"
