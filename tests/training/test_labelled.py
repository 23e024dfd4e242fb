"""Labelled files: what is read, and what is said of each wrong row, with its line."""

from __future__ import annotations

from pathlib import Path

import pytest

from nlu.training.labelled import Known, LabelledFileError, read_labelled, tell
from nlu.training.metrics import Labelled

GOOD = '{"text": "కరెంటు బిల్లు", "key": "te", "service": "electricity_bill_view"}'
KNOWN = Known(
    {
        "electricity_bill_view": frozenset({"service_number"}),
        "greet": frozenset(),
        "out_of_scope": frozenset(),
    },
    frozenset({"te", "te-Latn", "hi", "hi-Latn", "en", "mix"}),
    {"showmybill": "data/services/energy/electricity_bill_view.yml:7"},
)


def write(tmp_path: Path, *lines: str, name: str = "gold.jsonl", start: bytes = b"") -> Path:
    """A labelled file of these lines."""
    path = tmp_path / name
    path.write_bytes(start + ("\n".join(lines) + "\n").encode())
    return path


def refused(path: Path, known: Known | None = KNOWN) -> list[str]:
    """The lines of the error."""
    with pytest.raises(LabelledFileError) as error:
        read_labelled(path, known)
    return str(error.value).splitlines()


def test_json_lines_are_read(tmp_path: Path) -> None:
    """Blank lines are nothing; slots may be absent, which is not the same as none."""
    with_slots = '{"text": "a 1", "key": "en", "service": "s", "slots": {"n": "1"}}'
    found = read_labelled(write(tmp_path, GOOD, "", with_slots))
    assert found.rows == [
        Labelled("కరెంటు బిల్లు", "te", "electricity_bill_view", None),
        Labelled("a 1", "en", "s", {"n": "1"}),
    ]
    assert found.warnings == []


@pytest.mark.parametrize(("name", "sign"), [("gold.csv", ","), ("gold.tsv", "\t"), ("G.CSV", ",")])
def test_tables_are_read_with_a_byte_order_mark(tmp_path: Path, name: str, sign: str) -> None:
    """As spreadsheets save them: columns in any order, more columns than needed."""
    rows = [
        ["service", "key", "text", "slots", "note"],
        ["electricity_bill_view", "en", "bill of 612", '"{""service_number"": ""612""}"', "x"],
        ["greet", "te", "నమస్తే", "", ""],
        ["", "", "", "", ""],
    ]
    path = write(tmp_path, *(sign.join(row) for row in rows), name=name, start=b"\xef\xbb\xbf")
    assert read_labelled(path, KNOWN).rows == [
        Labelled("bill of 612", "en", "electricity_bill_view", {"service_number": "612"}),
        Labelled("నమస్తే", "te", "greet", None),
    ]


def test_json_lines_with_a_byte_order_mark(tmp_path: Path) -> None:
    assert len(read_labelled(write(tmp_path, GOOD, start=b"\xef\xbb\xbf")).rows) == 1


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("not json", "not a labelled message"),
        ('{"text": "a", "key": "te"}', "no service in it"),
        ('{"key": "te", "service": "s"}', "no text in it"),
        ('["text", "key", "service"]', "not a labelled message"),
        ('"a text"', "not a labelled message"),
        ("7", "not a labelled message"),
    ],
)
def test_wrong_line_is_told_with_file_and_line(line: str, told: str, tmp_path: Path) -> None:
    """And with an example of how a line looks."""
    path = write(tmp_path, GOOD, "", line)
    (only,) = refused(path, None)
    assert only.startswith(f"{path}:3: ") and told in only
    assert '"service": "birth_certificate"' in only


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ('"text": " ", "key": "en", "service": "greet"', "`text` is empty"),
        ('"text": 5, "key": "en", "service": "greet"', "`text` is empty or no text"),
        ('"text": "hi", "key": "", "service": "greet"', "`key` is empty"),
        ('"text": "hi", "key": "te-latn", "service": "greet"', "did you mean `te-Latn`"),
        ('"text": "hi", "key": "en", "service": "greet", "slots": ["x"]', "`slots` must be"),
        ('"text": "hi", "key": "en", "service": "greet", "slots": {"x": "hi"}', "has no slot `x`"),
        (
            '"text": "bill 61", "key": "en", "service": "electricity_bill_view", '
            '"slots": {"service_numbr": "61"}',
            "did you mean `service_number`",
        ),
        (
            '"text": "bill 61", "key": "en", "service": "electricity_bill_view", '
            '"slots": {"service_number": "62"}',
            "`62` is not in the text",
        ),
        ('"text": "కరెంటు  బిల్లు!", "key": "te", "service": "greet"', "on line 1"),
        ('"text": "కరెంటు బిల్లు", "key": "te", "service": "electricity_bill_view"', "line 1, too"),
    ],
)
def test_each_mistake_has_its_line(row: str, told: str, tmp_path: Path) -> None:
    path = write(tmp_path, GOOD, "{" + row + "}")
    (only,) = refused(path)
    assert only.startswith(f"{path}:2: ") and told in only


def test_all_mistakes_are_told_at_once(tmp_path: Path) -> None:
    lines = refused(write(tmp_path, "x", GOOD, GOOD, '{"text": "a"}'))
    assert [line.split(":")[1] for line in lines] == ["1", "3", "4"]


def test_slots_are_compared_as_they_are_scored(tmp_path: Path) -> None:
    """Digits of another script are the same number."""
    row = '{"text": "bill ६१", "key": "mix", "service": "electricity_bill_view", %s}'
    path = write(tmp_path, row % '"slots": {"service_number": "61"}')
    assert read_labelled(path, KNOWN).rows[0].slots == {"service_number": "61"}


def test_table_without_a_column_is_told(tmp_path: Path) -> None:
    (only,) = refused(write(tmp_path, "text,label", "hi,greet", name="gold.csv"))
    assert ":1: no column key, service" in only and "text, label" in only


def test_rows_of_tables_have_the_line_they_begin_on(tmp_path: Path) -> None:
    """A cell may hold a line break; a comma without quotes makes a cell too many."""
    lines = ["text,key,service", '"two', 'lines",en,greet', "a, b,en,greet", "c,xx,greet"]
    first, second = refused(write(tmp_path, *lines, name="gold.csv"))
    assert ":4: 4 cells" in first and ":5: unknown key `xx`" in second


def test_what_says_less_than_it_seems_is_warned_of(tmp_path: Path) -> None:
    """An unknown service counts as wrong, as ever; a learned sentence measures nothing."""
    path = write(
        tmp_path,
        '{"text": "Show my bill!", "key": "en", "service": "electricity_bill_view"}',
        '{"text": "other", "key": "en", "service": "electricity_bill_veiw"}',
    )
    found = read_labelled(path, KNOWN)
    assert len(found.rows) == 2
    first, second = found.warnings
    assert first.startswith(f"{path}:1: ") and "electricity_bill_view.yml:7" in first
    assert second.startswith(f"{path}:2: ") and "did you mean `electricity_bill_view`" in second
    assert tell(found.warnings, 1).endswith("... and 1 more")


@pytest.mark.parametrize("name", ["gold.jsonl", "gold.csv"])
def test_empty_file_is_told(tmp_path: Path, name: str) -> None:
    """Instead of dividing by zero later."""
    lines = ["text,key,service"] if name.endswith("csv") else ["", ""]
    assert "no labelled messages" in refused(write(tmp_path, *lines, name=name))[0]


def test_other_encodings_are_told(tmp_path: Path) -> None:
    path = tmp_path / "gold.csv"
    path.write_bytes("text,key,service\nनमस्ते,hi,greet\n".encode("utf-16"))
    assert "save it as UTF-8" in refused(path)[0]
