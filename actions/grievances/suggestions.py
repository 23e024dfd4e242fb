"""What the dialogue asks of routing: the office and the secretariat of a grievance so far."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from actions.dialogue.choices import Suggest, Suggestion, nothing
from actions.grievances.directory import GrievanceDirectory, load_directory
from actions.grievances.routing import route
from actions.grievances.secretariats import locate
from nlu.catalogue import Catalogue, Gazetteer

GAZETTEER = "secretariats"


def suggestions(catalogue: Catalogue) -> Suggest:
    """Suggests for the slots whose `suggested_by` is `grievance_office` or `secretariat`."""
    gazetteer = catalogue.gazetteers.get(GAZETTEER)
    if gazetteer is None:  # a catalogue without grievances
        return nothing
    directory = load_directory(catalogue.root)
    return partial(_suggest, directory, gazetteer)


def _suggest(
    directory: GrievanceDirectory, gazetteer: Gazetteer, name: str, values: Mapping[str, str]
) -> Suggestion:
    text, place = values.get("grievance_text", ""), values.get("location", "")
    if name == "secretariat":
        located = locate(directory, gazetteer, place, text)
        return Suggestion(located.fitting[0] if located.sure else None, located.fitting)
    secretariat = directory.secretariats.get(values.get("secretariat", ""))
    routed = route(directory, text, place, secretariat.kind if secretariat else None)
    likely = [office for office, _ in routed.ranked[: directory.weights.shown]]
    return Suggestion(routed.office, tuple(likely))
