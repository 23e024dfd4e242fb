"""What is out of scope, and a service has it meanwhile: found, and moved where a person agrees."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from nlu.catalogue.checker import CheckResult, check_catalogue
from nlu.catalogue.model import ConversationIntent, Utterance
from nlu.catalogue.move import MoveError, move
from nlu.catalogue.rules.utterances import OUT_OF_SCOPE
from nlu.training.alikeness import Astray, astray
from tests.catalogue.sample import VIEW, write_sample
from tests.processes import ROOT

SERVICE = "rice_card_split"
NOW_OURS = {  # out of scope, and of the service that came later
    "te": ("బియ్యం కార్డు స్ప్లిట్ చేయించాలి", "బియ్యం కార్డు స్ప్లిట్ చేయాలి"),
    "te-Latn": ("biyyam card split cheyinchali", "biyyam card split cheyali"),
    "hi": ("राशन कार्ड अलग करवाना है", "राशन कार्ड अलग करवाना"),
    "hi-Latn": ("ration card alag karwana hai", "ration card alag karwana h"),
    "en": ("I want to split my ration card", "want to split my ration card"),
}
ELSEWHERE = {
    "te": ("బీహార్ రేషన్ కార్డు స్ప్లిట్ చేయాలి", "రేషన్ కార్డు స్ప్లిట్ చేయాలి"),
    "te-Latn": ("bihar ration card split cheyali", "ration card split cheyali"),
    "hi": ("बिहार राशन कार्ड अलग करना है", "राशन कार्ड अलग करना है"),
    "hi-Latn": ("bihar ration card alag karna hai", "ration card alag karna hai"),
    "en": ("Bihar ration card split online", "ration card split online"),
}


def found(pairs: Mapping[str, tuple[str, str]]) -> list[Astray]:
    """What is astray where the first of each pair is out of scope, the second of the service."""
    result = check_catalogue(ROOT / "data")
    known = result.catalogue

    def told(at: int) -> dict[str, tuple[Utterance, ...]]:
        return {key: (Utterance(pair[at], (), 3),) for key, pair in pairs.items()}

    outside = ConversationIntent(OUT_OF_SCOPE, told(0), {}, {}, Path("outside.yml"))
    service = replace(known.services[SERVICE], utterances=told(1))
    catalogue = replace(known, services={SERVICE: service}, conversation={OUT_OF_SCOPE: outside})
    return astray(CheckResult(catalogue, ()), "adapted")


def test_what_a_service_has_meanwhile_is_told_with_both_lines() -> None:
    strays = found(NOW_OURS)
    assert {stray.said.key for stray in strays} == set(NOW_OURS)
    for stray in strays:
        told = str(stray.problem)
        assert told.startswith("outside.yml:3: ") and f"{SERVICE}.yml:3" in told
        assert "seva check --move" in told


def test_a_place_elsewhere_keeps_it_out() -> None:
    assert found(ELSEWHERE) == []


@pytest.mark.parametrize("key", ["te", "te-Latn", "hi", "hi-Latn", "en"])
def test_a_sentence_is_moved_with_its_line(tmp_path: Path, key: str) -> None:
    service = write_sample(tmp_path) / VIEW
    text = service.read_text("utf-8")
    for one in ("te", "te-Latn", "hi", "hi-Latn", "en"):  # lists a sentence a line
        text = text.replace(f"  {one}: [", f"  {one}:\n    - ", 1)
    service.write_text(text.replace("]\n", "\n"), "utf-8")
    outside = tmp_path / "outside.yml"
    outside.write_text('te:\n  - "one"\n  - "two"   \n  - [x]\n', "utf-8")
    move((outside, 3), service, key)
    assert outside.read_text("utf-8") == 'te:\n  - "one"\n  - [x]\n'
    after = service.read_text("utf-8").split("\n")
    at = after.index('    - "two"')
    assert after[at - 2] == f"  {key}:" and after.count('    - "two"') == 1
    before = service.read_text("utf-8")
    with pytest.raises(MoveError, match=r"outside\.yml:3: not a sentence"):
        move((outside, 3), service, key)
    assert service.read_text("utf-8") == before
    move((outside, 2), None, key)
    assert outside.read_text("utf-8") == "te:\n  - [x]\n"
