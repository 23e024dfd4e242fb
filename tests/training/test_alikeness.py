"""Sentences that mean almost the same, found by the sentence encoder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from nlu.catalogue.checker import check_catalogue
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


@pytest.mark.parametrize("part", ["utterances", "development", "holdout"])
@pytest.mark.parametrize("key", TURNED)
def test_sentence_turned_round_is_found(key: str, part: str) -> None:
    result = check_catalogue(ROOT / "data")
    service = result.catalogue.services[SERVICE]
    first, second = TURNED[key]
    trained = {key: (Utterance(first, (), 1), Utterance("new meter board hummed loudly", (), 2))}
    parts = {"utterances": trained, "development": {}, "holdout": {}}
    parts[part] = {key: (*parts[part].get(key, ()), Utterance(second, (), 3))}
    only = {SERVICE: replace(service, **parts)}
    catalogue = replace(result.catalogue, services=only)
    (problem,) = alike_in_meaning(replace(result, catalogue=catalogue), "adapted")
    assert problem.line == 3
    assert "alike in meaning" in problem.what and str(Path(service.file)) in problem.what
