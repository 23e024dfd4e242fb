"""Reviewed sentences go into the catalogue: new lines only, checked before anything is written."""

from __future__ import annotations

import difflib
import json
import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.commands.review import app
from api.review.apply import Application, Applied
from api.review.lines import Line, LinesError
from nlu.catalogue import Catalogue, load_catalogue
from nlu.catalogue.checker import check_catalogue
from tests.few_services import copied
from tests.review.conftest import BILL, BUS, PAY

KEYS = ("te", "te-Latn", "hi", "hi-Latn", "en")
NEW = {
    "te": '[6123401005678](service_number) మీటరు వాళ్ళకి ఈసారి బిల్లు కాగితం చేరిందా చూడు "అన్నా"',
    "te-Latn": "meetaru kaagitham cherindaa ledaa [6123401005678](service_number) chudu anna",
    "hi": "मीटर [6123401005678](service_number) का काग़ज़ पहुँचा कि नहीं देख भाई",
    "hi-Latn": "meter [6123401005678](service_number) ka kaagaz pahuncha ki nahi dekh bhai",
    "en": "did the paper for meter [6123401005678](service_number) ever get here, brother",
}


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("few") / "data", {BILL, PAY, BUS})


@pytest.fixture
def data(few: Path, tmp_path: Path) -> Path:
    """Files that are written are replaced, so the others may be the same ones."""
    return Path(shutil.copytree(few, tmp_path / "data", copy_function=os.link))


@pytest.fixture(scope="module")
def catalogue(few: Path) -> Catalogue:
    return load_catalogue(few)


def lines() -> list[Line]:
    return [Line(number, NEW[key], key, BILL) for number, key in enumerate(KEYS, 1)]


def apply(data: Path, *some: Line, leave_out: bool = False) -> Applied:
    found = Application(Path("new.jsonl"), load_catalogue(data))
    return found.apply(some, leave_out=leave_out)


def contents(data: Path) -> dict[Path, bytes]:
    folders = (data / "services", data / "conversation")
    return {file: file.read_bytes() for one in folders for file in sorted(one.rglob("*.yml"))}


def test_only_new_lines_differ_and_the_catalogue_is_valid(data: Path) -> None:
    before = contents(data)
    apply(data, *lines(), Line(9, "the moon is made of cheese, is it", "en", "out_of_scope"))
    after = contents(data)
    changed = [file for file in before if before[file] != after[file]]
    assert len(changed) == 2
    added: list[str] = []
    for file in changed:
        old, new = (one[file].decode().splitlines() for one in (before, after))
        diff = [line for line in difflib.ndiff(old, new) if line[0] in "+-?"]
        assert all(line.startswith("+ ") for line in diff), diff
        added += [line[2:].strip() for line in diff]
    assert len(added) == 6 and f"- {json.dumps(NEW['te'], ensure_ascii=False)}" in added
    assert check_catalogue(data).problems == ()
    service = load_catalogue(data).services[BILL]
    for key in KEYS:
        last = service.utterances[key][-1]
        assert last.marks[0].slot == "service_number" and last.text.count("6123401005678") == 1


def test_out_of_scope_goes_to_the_likest_file(data: Path) -> None:
    trained = load_catalogue(data).conversation["out_of_scope"].utterances["en"]
    like = next(one for one in trained if one.file and one.file.name == "technology.yml")
    apply(data, Line(1, like.text + " these days, tell me", "en", "out_of_scope"))
    text = (data / "conversation/out_of_scope/technology.yml").read_text("utf-8")
    assert "these days, tell me" in text


def first_of(catalogue: Catalogue, part: str) -> str:
    return str(getattr(catalogue.services[PAY], part)["en"][0].text)


@pytest.mark.parametrize(
    "case, what",
    [
        ("learned", "has learned it already"),
        ("held out", "kept to measure"),
        ("masked", "a number in it is masked"),
        ("unknown", "there is no service `electricity_bill_veiw`"),
        ("slot", "has no slot `bus_number`"),
        ("key", "has no sentences for the key `ta`"),
        ("twice", "it stands on line 2, too"),
        ("nothing", "no letter or digit"),
    ],
)
def test_what_must_not_be_learned_is_refused_with_its_line(
    few: Path, catalogue: Catalogue, case: str, what: str
) -> None:
    wrong = {
        "learned": Line(7, first_of(catalogue, "utterances"), "en", PAY),
        "held out": Line(7, first_of(catalogue, "holdout").upper(), "en", PAY),
        "masked": Line(7, "what of XXXXXXXXX5678 then", "en", BILL),
        "unknown": Line(7, "what then", "en", "electricity_bill_veiw"),
        "slot": Line(7, "what of [12](bus_number)", "en", BILL),
        "key": Line(7, "what then", "ta", BILL),
        "twice": Line(7, NEW["te-Latn"].replace("chudu", "CHUDU"), "te-Latn", BILL),
        "nothing": Line(7, "?!", "en", BILL),
    }[case]
    before = contents(few)
    with pytest.raises(LinesError) as error:
        Application(Path("new.jsonl"), catalogue).apply([*lines(), wrong])
    [problem] = error.value.problems
    assert problem.startswith("new.jsonl:7: ") and what in problem
    assert contents(few) == before


def test_what_seva_check_refuses_is_not_written(data: Path) -> None:
    """A Telugu sentence under a key of Latin letters."""
    before = contents(data)
    with pytest.raises(LinesError, match="not Latin"):
        apply(data, Line(1, "కాగితం చేరిందా లేదా", "te-Latn", BILL))
    assert contents(data) == before


def test_lines_may_be_left_out(data: Path) -> None:
    found = apply(data, *lines(), Line(7, "what of XXXX78", "en", BILL), leave_out=True)
    assert len(found.left_out) == 1 and sum(found.sentences.values()) == 5


def test_the_command(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "new.jsonl"
    row = {"text": NEW["en"].replace("[", "").replace("](service_number)", ""), "key": "en"}
    row |= {"service": BILL, "slots": {"service_number": "6123401005678"}}
    file.write_text(json.dumps(row) + "\n", "utf-8")
    found = CliRunner().invoke(app, ["apply", str(file), "--data", str(data)])
    assert found.exit_code == 0, found.output
    assert f"services/energy/{BILL}.yml: 1 sentence added" in found.output
    assert load_catalogue(data).services[BILL].utterances["en"][-1].marks
    again = CliRunner().invoke(app, ["apply", str(file), "--data", str(data)])
    assert again.exit_code == 1
    left = CliRunner().invoke(app, ["apply", str(file), "--data", str(data), "--leave-out"])
    assert left.exit_code == 0 and "has learned it already" in left.output
