"""`seva sentences`: planted mistakes are found, with file and line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse
from typer.testing import CliRunner

from nlu.cli import app
from nlu.quality.left_out import _RIDGE, left_out
from tests.quality.conftest import Trained

VIEW, CASTE = "energy/electricity_bill_view.yml", "revenue/integrated_caste_certificate.yml"
MISPLACED = "caste certificate apply cheyyali ela meeseva lo"
SHARED = "current bill entha vachindo okasari choodandi babu"
DOUBLED = "current bill entha vachindo okasari chudandi babu"


def seva(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def planted(made: Trained, tmp_path: Path) -> Path:
    """The data with one sentence of a certificate among those of the bill, and one in both."""
    data = Path(shutil.copytree(made.data, tmp_path / "data"))
    files = {path.name: path for path in data.glob("services/*/*.yml")}
    for name, texts in {Path(VIEW).name: (MISPLACED, SHARED), Path(CASTE).name: (DOUBLED,)}.items():
        path = files[name]
        head, mark, rest = path.read_text("utf-8").partition("  te-Latn:\n")
        assert mark
        lines = "".join(f'    - "{text}"\n' for text in texts)
        path.write_text(head + mark + lines + rest, "utf-8")
    return data


def line_of(data: Path, text: str) -> tuple[str, int]:
    for path in data.glob("services/*/*.yml"):
        lines = path.read_text("utf-8").splitlines()
        for number, line in enumerate(lines, 1):
            if text in line:
                return str(path), number
    raise AssertionError(text)


def test_planted_sentences_are_found_with_file_and_line(planted: Path) -> None:
    code, out, _ = seva("sentences", str(planted), "--labels", "--twins", "--json")
    assert code == 1
    told = json.loads(out)
    assert set(told) == {"labels", "twins"}
    (doubt,) = [one for one in told["labels"] if one["text"] == MISPLACED]
    assert (doubt["intent"], doubt["other"]) == (
        "electricity_bill_view",
        "integrated_caste_certificate",
    )
    assert (doubt["file"], doubt["line"]) == line_of(planted, MISPLACED)
    pairs = [{pair["one"]["text"], pair["two"]["text"]} for pair in told["twins"]]
    assert {SHARED, DOUBLED} in pairs


def test_one_service_has_only_its_own(planted: Path) -> None:
    code, out, _ = seva(
        "sentences", str(planted), "--twins", "--json", "--service", "integrated_caste_certificate"
    )
    assert code == 1
    pairs = json.loads(out)["twins"]
    assert pairs and all(
        "integrated_caste_certificate" in (pair["one"]["intent"], pair["two"]["intent"])
        for pair in pairs
    )


def test_lacking_is_told_and_no_mistake(made: Trained) -> None:
    code, out, _ = seva("sentences", str(made.data), "--lacking")
    assert code == 0 and "lack something" in out


def test_unknown_service_is_wrong_usage(made: Trained) -> None:
    code, _, err = seva("sentences", str(made.data), "--service", "integrated_caste_certficate")
    assert code == 2 and "integrated_caste_certificate" in err


def test_closed_form_is_what_training_without_the_row_gives() -> None:
    """The same scores as a regression that is solved anew without each sentence."""
    random = np.random.default_rng(5)
    dense = random.normal(size=(40, 6)).astype(np.float32)
    given = ["a", "b"] * 20
    dense[::2, 0] += 2
    nothing = sparse.csr_matrix((40, 8), dtype=np.float32)
    found = left_out(dense, nothing, given)
    rows = np.hstack([dense, np.ones((40, 1))]).astype(np.float64)
    target = np.where(np.asarray(given)[:, None] == ["a", "b"], 1.0, -1.0)
    for at in (0, 7, 39):
        kept = np.arange(40) != at
        square = rows[kept].T @ rows[kept] + _RIDGE * np.eye(7)
        scores = rows[at] @ np.linalg.solve(square, rows[kept].T @ target[kept])
        odds = np.log(found.probabilities[at, 0] / found.probabilities[at, 1])
        others = np.log(found.probabilities[1, 0] / found.probabilities[1, 1])
        kept_1 = np.arange(40) != 1
        square_1 = rows[kept_1].T @ rows[kept_1] + _RIDGE * np.eye(7)
        scores_1 = rows[1] @ np.linalg.solve(square_1, rows[kept_1].T @ target[kept_1])
        expected = (scores[0] - scores[1]) / (scores_1[0] - scores_1[1])
        assert odds / others == pytest.approx(expected, rel=1e-2)
