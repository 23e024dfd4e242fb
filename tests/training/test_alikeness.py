"""Sentences that mean almost the same, found by the sentence encoder."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from nlu.catalogue.checker import check_catalogue
from nlu.catalogue.errors import Problem
from nlu.catalogue.model import Utterance
from nlu.training.alikeness import alike_in_meaning
from tests.processes import ROOT

SERVICE = "electricity_supply_failure_complaint"
TURNED = {
    "te": ("మా వీధిలో ఉదయం నుంచి కరెంటు లేదు", "ఉదయం నుంచి మా వీధిలో కరెంటు లేదు"),
    "te-Latn": (
        "maa veedhilo udayam nunchi current ledu",
        "udayam nunchi maa veedhilo current ledu",
    ),
    "hi": ("हमारी गली में सुबह से बिजली नहीं है", "सुबह से हमारी गली में बिजली नहीं है"),
    "hi-Latn": ("hamari gali me subah se bijli nahi hai", "subah se hamari gali me bijli nahi hai"),
    "en": (
        "there is no power in our street since morning",
        "since morning there is no power in our street",
    ),
}


PARTS = ("utterances", "development", "holdout")


@pytest.fixture(scope="module")
def problems() -> Mapping[str, Problem]:
    """What is found in a service for each key and part, by the service's name."""
    result = check_catalogue(ROOT / "data")
    service = result.catalogue.services[SERVICE]
    changed = {}
    for key, (first, second) in TURNED.items():
        trained = (Utterance(first, (), 1), Utterance("new meter board hummed loudly", (), 2))
        for part in PARTS:
            parts = {"utterances": {key: trained}, "development": {}, "holdout": {}}
            parts[part] = {key: (*parts[part].get(key, ()), Utterance(second, (), 3))}
            name = f"{key}-{part}"
            changed[name] = replace(service, name=name, file=Path(name), **parts)
    catalogue = replace(result.catalogue, services=changed)
    found = alike_in_meaning(replace(result, catalogue=catalogue), "adapted")
    assert len(found) == len(changed)
    return {str(problem.file): problem for problem in found}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("key", TURNED)
def test_sentence_turned_round_is_found(
    problems: Mapping[str, Problem], key: str, part: str
) -> None:
    problem = problems[f"{key}-{part}"]
    assert problem.line == 3
    assert "alike in meaning" in problem.what and f"{key}-{part}:1" in problem.what
