"""A number and nothing else, while nothing is asked: what is most often done with such a number.

The understanding has no word to go by there, and its guess among the services would be odd.
"""

from __future__ import annotations

from dataclasses import replace

import regex

from actions.dialogue import menus
from actions.dialogue.form import Form
from actions.dialogue.state import Heard, State
from actions.dialogue.steps import STOP, Step, cleared
from nlu.catalogue import Catalogue
from nlu.turn import Button

_LETTER, _DIGIT = regex.compile(r"\p{L}"), regex.compile(r"\p{N}")


def is_bare(heard: Heard, digits: int) -> bool:
    """Whether the words hold no letter and at least so many digits, of whichever script."""
    return not _LETTER.search(heard.text) and len(_DIGIT.findall(heard.text)) >= digits


def asked_what_for(form: Form, state: State, heard: Heard) -> Step:
    """Offers the services that take such a number, else the menu; the number is kept for them."""
    catalogue, language = form.catalogue, state.language
    names = takers(catalogue, {str(one["entity"]) for one in heard.entities})
    kept = replace(cleared(state), heard=heard.words)
    lead = catalogue.phrases["number_alone"][language]
    if not names:
        return Step(kept, STOP, (menus.departments(catalogue, language, form.settings, lead),))
    rows = [menus.service_row(catalogue, name, language) for name in names[: form.settings.offered]]
    rows.append(Button(catalogue.phrases["none_of_these"][language], menus.MENU))
    return Step(kept, STOP, (menus.listed(catalogue, language, lead, rows),))


def takers(catalogue: Catalogue, slots: set[str]) -> list[str]:
    """Services whose first question is one of these slots, in the order of their departments'
    `first`."""
    taking = [
        service.name
        for service in catalogue.services.values()
        if service.slots and service.slots[0].name in slots
    ]
    first = [name for one in catalogue.departments.values() for name in one.first]
    return [name for name in first if name in taking]
