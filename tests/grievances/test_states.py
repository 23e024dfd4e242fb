"""Each state is said for what it is, in each language, with its dates; nothing hides the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from actions.sandbox.grievance_book import STATES
from nlu.catalogue import Catalogue
from nlu.fast_yaml import load_yaml
from nlu.text import shares

STATES_SAID = load_yaml((Path(__file__).parent / "states.yml").read_text("utf-8"))
SCRIPTS = {"te": "Telu", "hi": "Deva", "en": "Latn"}
HIDING = ("in progress", "processing", "ప్రక్రియలో", "ప్రాసెస్", "प्रक्रिया में", "प्रगति पर")


@pytest.mark.parametrize("language", SCRIPTS)
@pytest.mark.parametrize("state", STATES_SAID)
def test_state_is_said_for_what_it_is(catalogue: Catalogue, state: str, language: str) -> None:
    words = catalogue.services["grievance_status"].replies[state][language]
    expected = STATES_SAID[state]
    assert expected[language] in words
    assert [f for f in expected["fields"] if "{" + f + "}" not in words] == []
    assert shares(words).get(SCRIPTS[language], 0) > 0.5
    assert not any(hiding in words for hiding in HIDING)


def test_table_has_every_state_and_each_open_one_overdue(catalogue: Catalogue) -> None:
    replies = set(catalogue.services["grievance_status"].replies) - {"not_found"}
    closed = {"resolved", "closed_without_action", "sub_judice"}
    overdue = {f"{state}_overdue" for state in STATES if state not in closed}
    assert replies == set(STATES) | overdue == set(STATES_SAID)


@pytest.mark.parametrize("state", [s for s in STATES_SAID if s.endswith("_overdue")])
def test_overdue_says_whom_to_call(catalogue: Catalogue, state: str) -> None:
    said = catalogue.services["grievance_status"].replies[state]
    assert all("1100" in words for words in said.values())


@pytest.mark.parametrize("service", ["grievance_register", "grievance_status", "grievance_reopen"])
def test_solved_and_closed_offer_to_rate_and_to_reopen(catalogue: Catalogue, service: str) -> None:
    offered = catalogue.services[service].follow_ups
    for outcome in ("resolved", "closed_without_action"):
        assert set(offered[outcome]) == {"grievance_feedback", "grievance_reopen"}


def test_low_rating_offers_to_reopen(catalogue: Catalogue) -> None:
    assert catalogue.services["grievance_feedback"].follow_ups == {"unhappy": ("grievance_reopen",)}
