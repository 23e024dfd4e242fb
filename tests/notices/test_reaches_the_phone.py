"""A department's late answer shows on the citizen's phone: once, whatever dies on the way."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from actions.citizens.handover import FILE, Handovers
from actions.dialogue.steps import Handover
from nlu.storage.tables import file_url
from tests.confirmed import Confirmed
from tests.notices.stage import Stage, opened, until
from tests.notices.survey.app import Surveys
from tests.processes import ROOT
from tests.served import served

pytestmark = pytest.mark.slow  # several servers and a process that is killed
WORDS = {
    "te": "*భూమి కొలత* గురించి:\nసర్వే నంబరు 12/3 కొలిచారు.\nమొత్తం 2.35 ఎకరాలు.",
    "hi": "*ज़मीन की नाप* के बारे में:\nसर्वे नंबर 12/3 की नाप हो गई।\nकुल 2.35 एकड़।",
    "en": "About *Land survey*:\nSurvey number 12/3 was measured.\nIt has 2.35 acres.",
}
TEMPLATES = {
    "te": "మీ అభ్యర్థన భూమి కొలత: సర్వే నంబరు 12/3 కొలిచారు. మొత్తం 2.35 ఎకరాలు.",
    "hi": "आपका अनुरोध ज़मीन की नाप: सर्वे नंबर 12/3 की नाप हो गई। कुल 2.35 एकड़।",
    "en": "Your request Land survey: Survey number 12/3 was measured. It has 2.35 acres.",
}
PHONES = {"te": "919848012345", "hi": "919000054321", "en": "919885067890"}


SURVEY = Path(__file__).parent / "survey"
ORDER = "12/3"


def catalogue_folder(folder: Path) -> Path:
    """`folder/data`: the real one, but one department with one service."""
    data = folder / "data"
    data.mkdir()
    for entry in (ROOT / "data").iterdir():
        if entry.name not in ("services", "departments"):
            (data / entry.name).symlink_to(entry)
    shutil.copytree(SURVEY / "openapi", data / "departments" / "openapi")
    shutil.copy(SURVEY / "survey.yml", data / "departments")
    shutil.copy(ROOT / "data" / "departments" / "defaults.yml", data / "departments")
    (data / "services" / "survey").mkdir(parents=True)
    shutil.copy(SURVEY / "land_survey.yml", data / "services" / "survey")
    return data


@dataclass(frozen=True)
class Department:
    """The department that surveys land, and its address."""

    surveys: Surveys
    url: str


@pytest.fixture(scope="module")
def department() -> Iterator[Department]:
    surveys = Surveys()
    with served(surveys.app) as url:
        yield Department(surveys, url)


@pytest.fixture(scope="module")
def stage(department: Department, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    orders = {ORDER: Confirmed("land_survey", {"survey_number": ORDER})}
    there = {"SURVEY_URL": department.url}
    with opened(folder, catalogue_folder(folder), orders, there) as stage:
        stage.start_actions()
        yield stage


@pytest.fixture
def surveys(department: Department) -> Surveys:
    return department.surveys


@pytest.fixture(autouse=True)
def clean(stage: Stage) -> Iterator[None]:
    """Empty phones and a running action server."""
    stage.web.delete("/__faults")
    stage.web.post("/__reset")
    yield
    stage.gate.mute = False


def texts(stage: Stage, language: str, count: int) -> list[str]:
    return [message["text"] for message in stage.phone(PHONES[language], count)]


def order(stage: Stage, surveys: Surveys, language: str) -> None:
    """A citizen orders a survey and reads that it was taken."""
    stage.say(PHONES[language], ORDER, language)
    [taken] = texts(stage, language, 1)
    assert surveys.ordered[surveys.last]["number"] in taken


def nothing_more(stage: Stage, language: str, count: int) -> None:
    """A later answer comes without anything before it."""
    stage.say(PHONES[language], "marker", language)
    assert len(texts(stage, language, count + 1)) == count + 1
    assert texts(stage, language, count + 1)[-1] == "echo marker"


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_late_answer_shows_on_the_phone_once(stage: Stage, surveys: Surveys, language: str) -> None:
    order(stage, surveys, language)
    assert surveys.call_back(stage.callbacks) == 204
    assert texts(stage, language, 2)[1] == WORDS[language]
    assert surveys.call_back(stage.callbacks) == 204
    nothing_more(stage, language, 2)


def test_language_of_today_counts(stage: Stage, surveys: Surveys) -> None:
    """Ordered in English; the citizen has gone on in Telugu."""
    order(stage, surveys, "en")
    stage.say(PHONES["en"], "తెలుగు", "te")
    texts(stage, "en", 2)
    surveys.call_back(stage.callbacks)
    assert texts(stage, "en", 3)[2] == WORDS["te"]


def test_document_comes_with_it(stage: Stage, surveys: Surveys, department: Department) -> None:
    order(stage, surveys, "te")
    surveys.call_back(stage.callbacks, pdf=f"{department.url}/pdf")
    message = stage.phone(PHONES["te"], 2)[1]
    assert (message["text"], message["content"]["document"]["filename"]) == (
        WORDS["te"],
        "survey.pdf",
    )


@pytest.mark.parametrize("language", ["te", "hi", "en"])
def test_silent_citizen_gets_the_template_and_the_document_when_they_write(
    stage: Stage, surveys: Surveys, department: Department, language: str
) -> None:
    order(stage, surveys, language)
    stage.web.patch("/__faults", json={"clock_offset_s": 90_000})
    surveys.call_back(stage.callbacks, pdf=f"{department.url}/pdf")
    template = stage.phone(PHONES[language], 2)[1]
    assert (template["content"]["type"], template["text"]) == ("template", TEMPLATES[language])
    stage.say(PHONES[language], "hello", language)
    document, answer = stage.phone(PHONES[language], 4)[2:]
    assert (document["content"]["type"], document["text"]) == ("document", WORDS[language])
    assert answer["text"] == "echo hello"
    nothing_more(stage, language, 4)


def test_killed_between_callback_and_notice(stage: Stage, surveys: Surveys) -> None:
    stage.kill_actions()
    stage.start_actions(SEVA_SETTLE_SECONDS="3600")  # nobody looks before it is dead
    order(stage, surveys, "te")
    assert surveys.call_back(stage.callbacks) == 204
    stage.kill_actions()
    stage.start_actions()
    assert texts(stage, "te", 2)[1] == WORDS["te"]
    nothing_more(stage, "te", 2)


def test_killed_after_the_notice_was_taken(stage: Stage, surveys: Surveys) -> None:
    """The outbox has it, and the action server never heard so."""
    order(stage, surveys, "te")
    stage.gate.mute, before = True, stage.gate.passed
    surveys.call_back(stage.callbacks)
    until(lambda: stage.gate.passed > before)
    stage.kill_actions()
    stage.gate.mute = False
    stage.start_actions()
    until(lambda: stage.gate.passed > before + 1)  # told again, by the new process
    assert texts(stage, "te", 2)[1] == WORDS["te"]
    nothing_more(stage, "te", 2)


def test_person_answers_by_command(stage: Stage) -> None:
    """`seva handover answer` shows on the phone."""
    stage.say(PHONES["te"], "a person please", "te")
    texts(stage, "te", 1)
    [citizen] = {sender for sender, text in stage.bridge.said if text == "a person please"}
    record = Handover("n-1", "land_survey", {}, "survey_number", 3, "asked_for", "?", "te", 1.0)
    number = Handovers(file_url(stage.folder / "var" / FILE)).open(citizen, record)
    for _ in range(2):  # a second time by mistake
        done = subprocess.run(
            [sys.executable, "-m", "nlu.cli", "handover", "answer", number, "రేపు వస్తారు."],
            cwd=ROOT,
            env={**os.environ, **stage.environment},
            capture_output=True,
            text=True,
            check=True,
        )
    assert done.stdout == f"Sent. Request {number} is closed.\n"
    assert texts(stage, "te", 2)[1] == f"*భూమి కొలత, {number}* గురించి:\nరేపు వస్తారు."
    nothing_more(stage, "te", 2)


def test_log_of_the_action_server_names_nobody(stage: Stage) -> None:
    """Last of all: of everything above."""
    log = stage.logged()
    assert "callback_received" in log and "Traceback" not in log
    for private in (*PHONES.values(), ORDER, "2.35"):
        assert private not in log
