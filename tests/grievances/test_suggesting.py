"""What routing suggests is taken, asked about or overruled in the form."""

from __future__ import annotations

from datetime import date

import pytest

from actions.dialogue.form import Form
from actions.dialogue.settings import load_settings
from actions.dialogue.state import CONFIRM, Offer, State, Words
from actions.grievances.suggestions import suggestions
from nlu.catalogue import Catalogue

from .conftest import DATA

RATION = {"grievance_text": "రేషన్ డీలర్ బియ్యం తక్కువ ఇస్తున్నాడు", "location": "కొలకలూరు"}
UNCLEAR = {"grievance_text": "మాకు న్యాయం కావాలి", "location": "గుంటూరు"}


@pytest.fixture(scope="module")
def form(catalogue: Catalogue) -> Form:
    return Form(catalogue, load_settings(DATA), date(2026, 11, 25), suggestions(catalogue))


def opened(values: dict[str, str], **more: object) -> State:
    """A grievance with the photo skipped."""
    state = State(language="te", service="grievance_register", values=values, **more)
    return State(**{**vars(state), "given": (*values, "photo")})


def test_sure_office_and_secretariat_are_taken(form: Form) -> None:
    state = form.after(opened(RATION)).state
    assert state.asked == CONFIRM
    assert (state.values["office"], state.values["secretariat"]) == ("civil_supplies", "kolakaluru")


def test_confirmation_shows_both(form: Form) -> None:
    shown = form.question(form.after(opened(RATION)).state).text
    assert "రేషన్ (పౌర సరఫరాలు)" in shown
    assert "కొలకలూరు" in shown


def test_unsure_office_is_asked_about(form: Form) -> None:
    state = form.after(opened(UNCLEAR)).state
    skipped = State(**{**vars(state), "given": (*state.given, "secretariat")})
    assert form.after(skipped).state.asked == "office"


def test_likely_offices_come_first(form: Form) -> None:
    values = {"grievance_text": "డ్రైనేజీ పొంగుతోంది", "location": "రామాలయం దగ్గర"}
    state = State(**{**vars(opened(values)), "asked": "office"})
    rows = [choice.value for choice in form.slot(state, "office").type.choices]
    assert set(rows[:2]) == {"municipal", "panchayat_raj"}
    assert len(rows) == len(set(rows)) == len(form.catalogue.slot_types["grievance_office"].choices)


def test_office_follows_a_changed_problem(form: Form) -> None:
    state = form.after(opened(RATION)).state
    changed = form.told(state, {"grievance_text": "పోలీసులు కేసు రాయట్లేదు"}, spoken=False)
    assert form.after(changed).state.values["office"] == "police"


def test_chosen_office_is_kept(form: Form) -> None:
    chosen = form.told(form.after(opened(RATION)).state, {"office": "collector"}, spoken=False)
    again = form.told(chosen, {"grievance_text": "పోలీసులు కేసు రాయట్లేదు"}, spoken=False)
    assert form.after(again).state.values["office"] == "collector"


def test_long_first_message_is_the_problem(form: Form) -> None:
    text = "మా ఊరి బోరు పాడైంది పంచాయతీ పట్టించుకోవట్లేదు అర్జీ పెట్టాలి దయచేసి"
    assert form.opening("grievance_register", Words(text)) == {"grievance_text": text}


def test_short_first_message_is_not(form: Form) -> None:
    assert form.opening("grievance_register", Words("కలెక్టర్ గారికి అర్జీ పెట్టాలి")) == {}


def test_offers_of_the_department_survive_the_tracker(form: Form) -> None:
    from actions.dialogue.state import read_state

    offer = Offer("PGRS261100001", "PGRS261100001", "పోలీసు శాఖ, 28-11-2026")
    state = State(language="te", service="grievance_status", offers={"grievance_number": (offer,)})
    again = read_state(state.as_json(), default_language="te", saved=None)
    assert again.offers == {"grievance_number": (offer,)}
    assert form.slot(again, "grievance_number").type.choices[0].value == "PGRS261100001"
