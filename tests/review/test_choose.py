"""`seva review choose`: what is worth a label, from a file and from open cards."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from api.inbox.open import open_databases
from api.inbox.review import Arrival, insert
from api.review import choose as module
from api.review.choose import Candidate, Chosen, Reader, choose, choose_command, write
from api.review.item import Item
from api.review.label_studio import read_tasks
from api.review.lines import LinesError, read_lines
from api.review.store import Review
from api.review.unlabelled import read_unlabelled
from nlu.catalogue import Catalogue, load_catalogue
from nlu.quality.progress import untold
from nlu.registry import Release
from nlu.settings.groups import State
from tests.catalogue.sample import write_sample
from tests.review.conftest import FIVE

VIEW, PAY = "view_bill", "pay_bill"
KEYS = {text: key for key, text in FIVE.items()}


@pytest.fixture()
def catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A small one, of a live release and of the data folder."""
    data = write_sample(tmp_path / "data")
    release = Release(tmp_path / "model", data)
    monkeypatch.setattr(module, "data_folder", lambda: data)
    monkeypatch.setattr(module, "live_release", lambda folder: release)
    monkeypatch.setattr(Release, "check_words", lambda self: None)
    return load_catalogue(data)


def reader(release: Release | None = None) -> Reader:
    """A model that doubts long messages, and takes words for what they begin with."""

    def understand(texts: Sequence[str]) -> list[dict[str, Any]]:
        return [
            {
                "decision": {"kind": "clarify"},
                "language": {"key": KEYS.get(text, "en")},
                "intent_ranking": [
                    {"name": VIEW, "confidence": max(0.5, 1 - len(text) / 100)},
                    {"name": PAY, "confidence": min(0.5, len(text) / 100)},
                ],
                "entities": [],
            }
            for text in texts
        ]

    def vectors(texts: Sequence[str], tell: object) -> np.ndarray:
        found = np.array([[sum(map(ord, t)) % 97 + 1.0, len(t), ord(t[0]) % 31] for t in texts])
        return found / np.linalg.norm(found, axis=1, keepdims=True)

    return Reader("m-1", understand, vectors)


def put(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def test_the_doubtful_come_first_and_each_once() -> None:
    texts = [f"bill {number}" for number in range(100)] + ["word " * n for n in range(15, 55)]
    chosen = choose([Candidate(text) for text in texts], 4, "", reader(), untold)
    assert len({one.item.text for one in chosen}) == 4
    assert min(one.doubt for one in chosen) > 0.9


@pytest.mark.parametrize("key", FIVE)
def test_one_key_alone(key: str) -> None:
    chosen = choose([Candidate(text) for text in FIVE.values()], 9, key, reader(), untold)
    assert [one.item.text for one in chosen] == [FIVE[key]] and chosen[0].item.key == key


@pytest.mark.parametrize("ending", ["txt", "csv", "jsonl"])
def test_files_of_three_forms(catalogue: Catalogue, tmp_path: Path, ending: str) -> None:
    """With a byte order mark, empty lines, and line breaks of Windows."""
    texts = [*FIVE.values(), 'with "quotes", and commas']
    rows = {
        "txt": "\r\n\r\n".join(texts),
        "csv": "id,text\r\n"
        + "\r\n".join('{},"{}"'.format(n, t.replace('"', '""')) for n, t in enumerate(texts)),
        "jsonl": "\n\n".join(json.dumps({"text": t}, ensure_ascii=False) for t in texts),
    }
    file = put(tmp_path / f"new.{ending}", "\ufeff" + rows[ending])
    assert [one.text for one in read_unlabelled(file, catalogue)] == texts


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.jsonl", '{"text": "a"}\n{"text"', "a.jsonl:2: not JSON"),
        ("a.jsonl", '\n{"words": "a"}', "a.jsonl:2: `text` is empty or no text"),
        ("a.jsonl", '{"text": "a", "key": "xx"}', "a.jsonl:1: unknown key `xx`"),
        ("a.jsonl", "17", "a.jsonl:1: `text` is empty or no text"),
        ("a.csv", "message\nx", "a.csv:1: no column text"),
        ("a.csv", "text\na,b", "a.csv:2: 2 cells, but 1 columns"),
        ("a.txt", "\n\n", "a.txt: no messages in it"),
    ],
)
def test_mistakes_are_told_with_file_and_line(
    catalogue: Catalogue, tmp_path: Path, name: str, text: str, told: str
) -> None:
    with pytest.raises(LinesError) as found:
        read_unlabelled(put(tmp_path / name, text), catalogue)
    assert told in str(found.value)


def test_what_is_no_text_is_told(
    catalogue: Catalogue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "a.txt"
    file.write_bytes(b"\xff\xfe\x00")
    assert choose_command(file, 5, "", None, "jsonl", reader) == 1
    assert "not UTF-8" in capsys.readouterr().err


def test_chosen_lines_are_filled_in_and_applied(
    catalogue: Catalogue, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Numbers are masked, what is learned is left out, the same words stand once; and a line whose
    service nobody has filled in is refused."""
    service = next(iter(catalogue.services.values()))
    learned = service.utterances["en"][0].text
    texts = [*FIVE.values(), *FIVE.values(), learned, "my number is 9848022338 please call"]
    file, out = put(tmp_path / "new.txt", "\n".join(texts)), tmp_path / "chosen.jsonl"
    assert choose_command(file, 50, "", out, "jsonl", reader) == 0
    assert "chosen: 6 of 6; left out, as they are learned: 1" in capsys.readouterr().err
    rows = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert {row["text"] for row in rows} >= set(FIVE.values())
    assert all(row["service"] == "" and row["guess"]["service"] for row in rows)
    assert {row["messages"] for row in rows if row["text"] in KEYS} == {2}
    assert "9848022338" not in out.read_text("utf-8") and learned not in {r["text"] for r in rows}
    with pytest.raises(LinesError, match=r"chosen\.jsonl:1: `service` is empty"):
        read_lines(out, catalogue)
    done = [{**row, "service": service.name} for row in rows]
    filled = "\n".join(json.dumps(row, ensure_ascii=False) for row in done)
    lines = read_lines(put(tmp_path / "done.jsonl", filled), catalogue)
    assert {(line.key, line.text) for line in lines} >= set(FIVE.items())


def test_tasks_come_back_from_label_studio(tmp_path: Path) -> None:
    item = Item(FIVE["te"], "te", "clarify", ((VIEW, 0.5), (PAY, 0.4)), model="m-1")
    out = io.StringIO()
    write([Chosen(Candidate(item.text, "te", 3), item, 0.9)], out, "label-studio")
    [task] = json.loads(out.getvalue())
    assert task["predictions"][0]["result"][0]["value"] == {"choices": [VIEW]}
    assert (task["data"]["messages"], task["annotations"]) == (3, [])
    task["annotations"] = [{"result": task["predictions"][0]["result"]}]
    [line] = read_tasks(put(tmp_path / "done.json", json.dumps([task])))
    assert (line.text, line.key, line.service) == (FIVE["te"], "te", VIEW)


def test_open_cards_are_chosen_from(
    catalogue: Catalogue,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("SEVA_DATABASE_URL", raising=False)
    review = Review(open_databases(State.read()))
    for number, (key, text) in enumerate(FIVE.items()):
        item = Item(text, key, "clarify", ((VIEW, 0.5), (PAY, 0.3)), model="old")
        arrival = Arrival(f"m{number}", f"1:{number}", "asked", item.sealed())
        review._databases[0].change(lambda db, one=arrival: insert(db, [one], db.now()))
    assert choose_command(None, 2, "", None, "jsonl", reader) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(rows) == 2 and all(row["card"] for row in rows)
    assert choose_command(None, 9, "te", None, "label-studio", reader) == 0
    [task] = json.loads(capsys.readouterr().out)
    assert task["data"]["text"] == FIVE["te"] and task["predictions"][0]["model_version"] == "m-1"
