"""The loader gives frozen values, and every problem of the files."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import date
from pathlib import Path

import pytest

from nlu.catalogue import CatalogueError, Mark, load_catalogue, shared_catalogue
from nlu.catalogue.departments import department_files, department_ids, departments_in
from tests.catalogue.sample import PAY, TYPES_FILE, VIEW, write_sample


def test_load_reads_a_service(tmp_path: Path) -> None:
    """Slots carry their type, utterances their marks and lines."""
    catalogue = load_catalogue(write_sample(tmp_path))
    service = catalogue.services["bill_payment"]
    assert (service.department, service.kind, service.phase) == ("power", "pay", 1)
    assert (service.lookup, service.operation, service.confirm) == ("getBill", "payBill", True)
    assert service.slots[0].type is catalogue.slot_types["meter_number"]
    assert service.slots[0].required is True
    assert service.slots[0].ask["en"] == "Which meter to pay for?"
    assert service.utterances["en"][0].text == "pay the bill for 123456 now"
    assert service.utterances["en"][0].marks == (Mark(17, 23, "meter_number"),)
    assert service.utterances["en"][0].line == 13
    assert set(service.replies) == {"ok", "no_dues", "not_found"}
    assert service.file == tmp_path / PAY


def test_load_reads_what_is_known_of_a_service(tmp_path: Path) -> None:
    """Each fact in every reply language, where it was read and when; a service may have none."""
    services = load_catalogue(write_sample(tmp_path)).services
    facts = services["bill_view"].facts
    assert facts and set(facts.said) == {"fee"} and facts.said["fee"]["en"] == "It is free."
    assert (facts.source, facts.read) == ("the sample's own charter", date(2026, 11, 29))
    assert services["bill_payment"].facts is None


def test_load_falls_back_to_the_words_of_the_type(tmp_path: Path) -> None:
    """A slot without `ask` and `label` uses those of its type."""
    (slot,) = load_catalogue(write_sample(tmp_path)).services["bill_view"].slots
    assert slot.ask["en"] == "Which meter?"
    assert slot.label["en"] == "Meter"


def test_load_reads_departments_over_their_defaults(tmp_path: Path) -> None:
    """What a department does not say comes from defaults.yml."""
    (department,) = load_catalogue(write_sample(tmp_path)).departments.values()
    assert department.timeouts.total == 15
    assert department.settings["retry"] == {"attempts": 3}
    assert department.openapi == tmp_path / "departments/openapi/power.yml"
    assert department.operations["payBill"].outcomes[1].code == "no_dues"
    assert department.base_url.env == "SEVA_DEPARTMENT_POWER_URL"
    assert department.office and department.office["en"] == "your section office"


def test_load_reads_what_services_share(tmp_path: Path) -> None:
    """Languages, phrases, places and slot types."""
    catalogue = load_catalogue(write_sample(tmp_path))
    assert catalogue.languages.reply == ("te", "hi", "en")
    assert catalogue.languages.keys["te-Latn"].script == "Latn"
    assert catalogue.languages.names["hi"] == ("hindi",)
    assert catalogue.phrases["menu_button"]["en"] == "Menu"
    assert catalogue.gazetteers["towns"].places[0].value == "tenali"
    assert catalogue.slot_types["meter_number"].sensitive is True


def test_load_raises_every_problem(tmp_path: Path) -> None:
    """The error lists file, line, what and how to mend it, for each problem."""
    write_sample(
        tmp_path,
        {VIEW: ("phase: 1", "fase: 1"), "phrases.yml": ('"Menu"', "no")},
    )
    with pytest.raises(CatalogueError) as caught:
        load_catalogue(tmp_path)
    assert len(caught.value.problems) == 3
    assert f"{tmp_path / 'phrases.yml'}:2: `no` in phrases.menu_button.en" in str(caught.value)


def test_load_tells_which_file_is_missing(tmp_path: Path) -> None:
    """An empty folder is not a catalogue."""
    with pytest.raises(CatalogueError, match=r"languages\.yml:1: the file is missing"):
        load_catalogue(tmp_path)


def test_load_refuses_text_that_is_not_utf8(tmp_path: Path) -> None:
    """The line of the first wrong byte is told."""
    write_sample(tmp_path)
    file = tmp_path / "phrases.yml"
    file.write_bytes(file.read_bytes() + b'# \xff\xfe "')
    with pytest.raises(CatalogueError, match=r"phrases\.yml:4: this is not UTF-8"):
        load_catalogue(tmp_path)


def test_a_shared_catalogue_is_read_again_only_when_a_file_changed(tmp_path: Path) -> None:
    """Engine, components and API of a process hold one, and an edit is seen."""
    folder = write_sample(tmp_path)
    first = shared_catalogue(folder)
    assert shared_catalogue(folder) is first
    file = folder / PAY
    edited = file.read_text("utf-8").replace("Which meter to pay for?", "Which of your meters?")
    file.write_text(edited, "utf-8")
    again = shared_catalogue(folder)
    assert again is not first
    assert again.services["bill_payment"].slots[0].ask["en"] == "Which of your meters?"


def test_catalogue_is_frozen_and_survives_pickling(tmp_path: Path) -> None:
    """Processes may share it."""
    catalogue = load_catalogue(write_sample(tmp_path))
    with pytest.raises(dataclasses.FrozenInstanceError):
        catalogue.services["bill_view"].kind = "pay"  # type: ignore[misc]
    assert pickle.loads(pickle.dumps(catalogue)) == catalogue


DEVELOPMENT = "development:\n" + "".join(
    f'  {key}: ["{text}"]\n'
    for key, text in {
        **{"te": "ఎంత వచ్చింది", "te-Latn": "entha vachindi", "hi": "कितना आया"},
        **{"hi-Latn": "kitna aaya", "en": "how much came"},
    }.items()
)
UNCHANGED = [
    (VIEW, '"Not found"', '"No such meter"'),
    (VIEW, '"what do I owe this month"', '"tell me what I owe"'),
    (VIEW, '"See bill"', '"View bill"'),
    ("phrases.yml", '"Menu"', '"List"'),
    ("departments/power.yml", "1912", "1913"),
]
CHANGED = [
    (VIEW, '"show bill"', '"show my bill"'),
    (PAY, "[123456](meter_number)", "123456"),
    (PAY, "[bill_view]", "[]"),
    (TYPES_FILE, "\\d{6}", "\\d{7}"),
    ("gazetteers/towns.yml", "thenali", "tenaali"),
    ("conversation/greet.yml", '"hello"', '"good day"'),
    (VIEW, "holdout:", f"{DEVELOPMENT}holdout:"),
]


@pytest.mark.parametrize(("file", "before", "after"), UNCHANGED)
def test_hash_ignores_what_training_does_not_read(
    tmp_path: Path, file: str, before: str, after: str
) -> None:
    """An edited reply retrains nothing."""
    same = load_catalogue(write_sample(tmp_path / "a")).hash
    assert load_catalogue(write_sample(tmp_path / "b", {file: (before, after)})).hash == same


@pytest.mark.parametrize(("file", "before", "after"), CHANGED)
def test_hash_follows_what_training_reads(
    tmp_path: Path, file: str, before: str, after: str
) -> None:
    """An edited utterance, place or slot type does retrain."""
    same = load_catalogue(write_sample(tmp_path / "a")).hash
    assert load_catalogue(write_sample(tmp_path / "b", {file: (before, after)})).hash != same


def test_departments_alone_are_those_of_the_whole(tmp_path: Path) -> None:
    """Who needs only them does not wait for all sentences; a mistake in them is told all the
    same."""
    sample = write_sample(tmp_path)
    assert departments_in(sample) == load_catalogue(sample).departments
    assert department_ids(sample) == list(load_catalogue(sample).departments)
    file = department_files(sample)[0]
    file.write_text(file.read_text("utf-8").replace("menu:", "manu:", 1), "utf-8")
    with pytest.raises(CatalogueError, match=file.name):
        departments_in(sample)
