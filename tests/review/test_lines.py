"""Reviewed texts go out as lines or as Label Studio's tasks, and come back the same."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from api.review.decision import NEW, SPLIT, Decision, Part, one
from api.review.item import Item
from api.review.label_studio import config, read_tasks, task
from api.review.lines import Line, LinesError, as_rows, dump, read_lines, with_marks
from api.review.state import READER
from api.review.store import Card, Decided
from nlu.catalogue import Catalogue, load_catalogue
from tests.few_services import copied
from tests.review.conftest import BILL, BUS, FIVE, PAY


@pytest.fixture(scope="module")
def catalogue(tmp_path_factory: pytest.TempPathFactory) -> Catalogue:
    return load_catalogue(copied(tmp_path_factory.mktemp("few") / "data", {BILL, PAY, BUS}))


TRIP = {
    "te": "రేపు [తిరుపతి](to_stop)కి వెళ్ళాలి 🙏",
    "te-Latn": "repu [tirupati](to_stop) ki vellali 🙏",
    "hi": "कल [तिरुपति](to_stop) जाना है 🙏",
    "hi-Latn": "kal [tirupati](to_stop) jaana hai 🙏",
    "en": "off to [tirupati](to_stop) tomorrow 🙏",
}


def card_of(text: str, key: str, number: int = 7) -> Card:
    plain = Part(text, BUS).plain
    item = Item(plain, key, "clarify", ((BILL, 0.5), (BUS, 0.4)), model="m-1")
    return Card(number, item, key, BILL, 3, 1.0, {"asked": 3}, 3, False, "2026-11-30")


def decided(decision: Decision, account: str = "a@seva") -> Decided:
    return Decided(1, 7, account, 0.0, READER, decision)


@pytest.mark.parametrize("key", FIVE)
def test_a_decision_is_a_line_of_the_labelled_form(
    tmp_path: Path, key: str, catalogue: Catalogue
) -> None:
    file = tmp_path / "lines.jsonl"
    rows = list(as_rows(card_of(TRIP[key], key), one(TRIP[key], BUS)))
    file.write_text("\n" + "".join(dump(row) + "\n" for row in rows), "utf-8")
    assert read_lines(file, catalogue) == [Line(2, TRIP[key], key, BUS)]


def test_a_split_is_two_lines_and_a_new_service_is_none() -> None:
    both = Decision(SPLIT, (Part("bill", BILL), Part("bus", BUS)))
    card = card_of("bill and bus", "en")
    assert [row["text"] for row in as_rows(card, both)] == ["bill", "bus"]
    assert list(as_rows(card, Decision(NEW, name="solar"))) == []


@pytest.mark.parametrize("key", FIVE)
def test_label_studio_gets_and_gives_the_same(tmp_path: Path, key: str) -> None:
    file = tmp_path / "tasks.json"
    made = task(card_of(TRIP[key], key), [decided(one(TRIP[key], BUS))])
    file.write_text(json.dumps([made], ensure_ascii=False), "utf-8")
    assert read_tasks(file) == [Line(1, TRIP[key], key, BUS)]
    prediction = made["predictions"][0]
    assert (prediction["model_version"], prediction["score"]) == ("m-1", 0.5)
    [choice, region] = made["annotations"][0]["result"]
    assert choice["value"] == {"choices": [BUS]}
    value = region["value"]
    assert made["data"]["text"][value["start"] : value["end"]] == value["text"]


def tasks(tmp_path: Path, *annotations: list[Any], **data: Any) -> Path:
    file = tmp_path / "tasks.json"
    one_ = {
        "id": 5,
        "data": {"text": "power bill", "key": "en", **data},
        "annotations": annotations,
    }
    file.write_text(json.dumps([one_]), "utf-8")
    return file


def said(*services: str, cancelled: bool = False) -> dict[str, Any]:
    result = [
        {
            "from_name": "service",
            "to_name": "text",
            "type": "choices",
            "value": {"choices": [service]},
        }
        for service in services
    ]
    return {"result": result, "was_cancelled": cancelled, "id": 1, "completed_by": 3}


def test_what_nobody_annotated_is_left_out(tmp_path: Path) -> None:
    assert read_tasks(tasks(tmp_path)) == []
    assert read_tasks(tasks(tmp_path, said(BILL, cancelled=True))) == []
    assert read_tasks(tasks(tmp_path, said())) == []
    assert read_tasks(tasks(tmp_path, said("new_service"))) == []


def test_two_annotators_who_agree_are_one_line_and_others_are_refused(tmp_path: Path) -> None:
    assert read_tasks(tasks(tmp_path, said(BILL), said(BILL))) == [
        Line(1, "power bill", "en", BILL)
    ]
    with pytest.raises(LinesError, match="task 1: its annotations differ"):
        read_tasks(tasks(tmp_path, said(BILL), said(PAY)))


@pytest.mark.parametrize("content", ["{}", "[1]", "x", '[{"data": {}, "annotations": [{}]}]'])
def test_another_file_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "tasks.json"
    file.write_text(content, "utf-8")
    with pytest.raises(LinesError, match=r"tasks\.json"):
        read_tasks(file)


def test_the_configuration_names_what_the_tasks_name() -> None:
    import xml.etree.ElementTree as tree

    root = tree.fromstring(config([BILL, 'a"b'], ["to_stop"]))
    names = {element.get("name") for element in root if element.get("name")}
    assert names == {"text", "service", "slots"}
    assert [one_.get("value") for one_ in root.iter("Choice")] == [BILL, 'a"b', "new_service"]


def test_values_are_marked_once_and_never_inside_each_other() -> None:
    slots = {"to_stop": "tirupati", "place": "tirupati town", "from_stop": "elsewhere"}
    assert with_marks("to tirupati town", slots) == "to [tirupati town](place)"


def test_lines_at_fault_are_named(tmp_path: Path, catalogue: Catalogue) -> None:
    file = tmp_path / "lines.jsonl"
    file.write_text('{"text": "a", "key": "en", "service": "x"}\n{"text": 1}\nno\n', "utf-8")
    with pytest.raises(LinesError) as error:
        read_lines(file, catalogue)
    assert [one_.split(":")[1] for one_ in error.value.problems] == ["2", "3"]
