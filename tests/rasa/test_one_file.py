"""The claim: one service is one YAML file. No rule, form, action or line of code is added."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from nlu.text import shares
from tests.processes import ROOT, lane
from tests.rasa.conftest import TWIN, Town, environment, with_one_more

pytestmark = pytest.mark.may_take(900, "trains a model")

NAME = "electricity_meter_shift"
NOT_REACHED = pytest.mark.xfail(strict=True, reason="profile fast: docs/benchmarks.md")

CONVERSATIONS = {
    "te": [
        "కరెంటు మీటరు వేరే చోటికి మార్చాలి",
        "౬౧౨౩౪౦౧౦౦౫౬౭౮",
        "గేటు పక్కన, గాంధీ నగర్, గుంటూరు",
        "అవును",
    ],
    "hi": [
        "बिजली का मीटर शिफ्ट करवाना है",
        "1123401000012",
        "गेट के पास, गांधी नगर, गुंटूर",
        "हाँ",
    ],
}
SCRIPT = {"te": "Telu", "hi": "Deva"}


def compiled(data: Path) -> Any:
    """Rasa's domain and rules as the importer makes them of a catalogue."""
    from nlu.components.importer import CatalogueImporter

    return CatalogueImporter(str(ROOT / "config.yml"), catalogue=str(data))


def test_domain_is_not_empty(one_more: Path) -> None:
    """A wrong importer path in config.yml only warns in Rasa and trains an empty assistant."""
    from rasa.shared.importers.importer import TrainingDataImporter

    with environment({"SEVA_DATA_DIR": str(one_more)}):
        importer = TrainingDataImporter.load_from_config(str(ROOT / "config.yml"))
        _has_all(importer, sorted(path.stem for path in (one_more / "services").glob("*/*.yml")))


def _has_all(importer: Any, services: list[str]) -> None:
    domain = importer.get_domain()
    assert not domain.is_empty()
    assert set(services) <= set(domain.intents)
    assert "action_turn" in domain.user_actions
    assert importer.get_stories().story_steps
    nlu = importer.get_nlu_data()
    assert len(nlu.intent_examples) >= len(services) * 60


def test_one_service_adds_an_intent_and_nothing_else(tmp_path: Path) -> None:
    """Rules, forms, actions and slots of the compiled domain are the same, letter by letter."""
    data = with_one_more(Path(shutil.copytree(ROOT / "data", tmp_path / "data")))
    before, after = compiled(ROOT / "data"), compiled(data)
    first, second = before.get_domain().as_dict(), after.get_domain().as_dict()
    gone = {TWIN}  # the catalogue's own service for the same
    assert set(after.get_domain().intents) ^ set(before.get_domain().intents) == {NAME} | gone
    for part in ("forms", "actions", "slots", "responses", "session_config"):
        assert first.get(part) == second.get(part), part
    rules = [
        [step.as_story_string() for step in i.get_stories().story_steps] for i in (before, after)
    ]
    assert rules[0] == rules[1]


@pytest.mark.parametrize("services", [2, 10, 21])
def test_constant_part_does_not_grow(services: int, tmp_path: Path) -> None:
    """The same rules, forms and actions for two services as for all."""
    data = tmp_path / "data"
    shutil.copytree(ROOT / "data", data)
    files = sorted((data / "services").glob("*/*.yml"))
    kept = {path.stem for path in files[:services]}
    for path in files:
        if path.stem not in kept:
            path.unlink()
    for path in files[:services]:
        lines = path.read_text("utf-8").splitlines()
        known = [json.dumps(n) for n in sorted(kept - {path.stem})][:1]
        lines = [
            f"neighbours: [{', '.join(known)}]" if line.startswith("neighbours:") else line
            for line in lines
        ]
        path.write_text("\n".join(lines) + "\n", "utf-8")
    for path in (data / "departments").glob("*.yml"):
        head, mark, rest = path.read_text("utf-8").partition("openapi:")
        path.write_text(head.partition("first:")[0] + mark + rest, "utf-8")
    small, full = compiled(data), compiled(ROOT / "data")
    assert len(set(small.get_domain().intents) & kept) == len(kept)
    assert small.get_domain().form_names == full.get_domain().form_names
    assert small.get_domain().user_actions == full.get_domain().user_actions
    assert len(small.get_stories().story_steps) == len(full.get_stories().story_steps)


def test_trained_model_knows_the_new_service(one_more: Path, trained: Path) -> None:
    """The registry entry is live, holds the new service and was scored on its hold-out."""
    live = json.loads((trained / "live").read_text("utf-8"))["id"]
    manifest = json.loads((trained / live / "manifest.json").read_text("utf-8"))
    services = len(list((one_more / "services").glob("*/*.yml")))
    assert manifest["services"] == services
    assert manifest["metrics"]["unknown_services"] == []
    assert NAME in (trained / live / "report" / "holdout.json").read_text("utf-8") or all(
        NAME not in row for row in manifest["metrics"]["confusions"]
    )


@pytest.mark.parametrize("language", CONVERSATIONS)
def test_whole_conversation_about_the_new_service(new_town: Town, language: str) -> None:
    """Understood, asked for what is missing, read back, done by the department, answered."""
    sender = lane(f"one-file-{language}")
    before = len(new_town.writes("energy"))
    said = []
    for number, text in enumerate(CONVERSATIONS[language]):
        replies = new_town.turn(text, sender, str(number))
        said.append("\n".join(reply.text for reply in replies))
        assert shares(said[-1])[SCRIPT[language]] > 0.5, said
    service = new_town.engine._titles[NAME][language]
    asked_number, asked_place, confirm, done = said
    assert "सर्विस नंबर" in asked_number or "సర్వీస్ నంబరు" in asked_number
    assert asked_place != asked_number
    assert service in confirm and CONVERSATIONS[language][2] in confirm
    assert len(new_town.writes("energy")) == before + 1
    assert any(c.isdigit() for c in done) and "{" not in done


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("మా మీటర్ ఎక్కడో మూలన ఉంది, ముందుకి మార్పించగలరా", "te"),
        ("meter unna chotu marchukovali anukuntunna", "te-Latn"),
        ("क्या मेरा मीटर दूसरी दीवार पर जा सकता है", "hi"),
        ("kya mera meter dusri deewar par ja sakta hai", "hi-Latn"),
        pytest.param("builder says our meter must go to the front", "en", marks=NOT_REACHED),
    ],
)
def test_new_service_is_understood_in_all_five_keys(new_town: Town, text: str, key: str) -> None:
    """Words it was not trained on."""
    answer = new_town.run(new_town.engine.parse(text))
    assert answer["intent"]["name"] == NAME
    assert answer["language"]["key"] == key


@pytest.mark.parametrize(
    ("text", "service"),
    [
        ("నా కరెంటు బిల్లు ఎంత వచ్చింది", "electricity_bill_view"),
        ("bijli ka bill bharna hai", "electricity_bill_payment"),
        ("I want a bus ticket", "rtc_ticket_booking"),
    ],
)
def test_other_services_are_still_understood(new_town: Town, text: str, service: str) -> None:
    """The newcomer takes nothing away."""
    decision = new_town.run(new_town.engine.parse(text))["decision"]
    assert decision["options"][0]["service"] == service
