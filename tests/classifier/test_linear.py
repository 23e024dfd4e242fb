"""Ridge classification: exact leave-one-out, calibration, the file it is kept in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from nlu.classifier import char_ngrams
from nlu.classifier.int8_rows import Int8Rows
from nlu.classifier.linear import Fitted, LinearModel, Rows, calibrate, fit, score_rows, softmax

TEXTS = [
    *("కరెంటు బిల్లు", "current bill", "bijli ka bill", "electricity bill"),
    *("బస్ టికెట్", "bus ticket", "bus ka ticket", "ticket for the bus"),
    *("ఆదాయ పత్రం", "income certificate", "aay praman patra", "certificate of income"),
]
LABELS = ["bill"] * 4 + ["bus"] * 4 + ["income"] * 4
RIDGE = 0.7


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Dense noise beside the real n-grams of twelve short messages."""
    dense = np.random.default_rng(3).normal(size=(len(TEXTS), 5)).astype(np.float32)
    hashed = char_ngrams.matrix([char_ngrams.hashed([("w", t, 2, 4)]) for t in TEXTS])
    return dense, hashed


@pytest.fixture(scope="module")
def fitted(rows: Rows) -> Fitted:
    """The model of all twelve."""
    return fit(rows, LABELS, ridge=RIDGE)


def pick(rows: Rows, keep: list[int]) -> Rows:
    """Some rows of both halves."""
    return rows[0][keep], sparse.csr_matrix(rows[1][keep])


def test_fit_learns_its_own_rows(rows: Rows, fitted: Fitted) -> None:
    """Labels come back in the order of `labels`."""
    best = score_rows(fitted.model, rows).argmax(axis=1)
    assert [fitted.model.labels[i] for i in best] == LABELS


def test_leave_one_out_equals_refitting(rows: Rows, fitted: Fitted) -> None:
    """The closed form gives what training without the row would give, for every row."""
    for left in range(len(TEXTS)):
        keep = [i for i in range(len(TEXTS)) if i != left]
        without = fit(pick(rows, keep), [LABELS[i] for i in keep], ridge=RIDGE).model
        expected = score_rows(without, pick(rows, [left]))[0]
        assert fitted.left_out[left] == pytest.approx(expected, abs=5e-3)  # int8 rounding


def test_scores_of_one_equal_scores_of_many(rows: Rows, fitted: Fitted) -> None:
    """Serving one message and scoring a matrix are the same sum."""
    together = score_rows(fitted.model, rows)
    for i, text in enumerate(TEXTS):
        alone = fitted.model.scores(rows[0][i], char_ngrams.hashed([("w", text, 2, 4)]))
        assert alone == pytest.approx(together[i], abs=1e-4)


@pytest.mark.parametrize("text", ["", "దడదడ zzzz", "🙂"])
def test_unseen_ngrams_count_nothing(text: str, fitted: Fitted) -> None:
    """Buckets that training never saw leave the score at dense part and bias."""
    dense = np.zeros(5, np.float32)
    buckets, values = char_ngrams.hashed([("never", text, 4, 4)])
    assert set(buckets) & set(fitted.model.columns) == set()
    scores = fitted.model.scores(dense, (buckets, values))
    assert scores == pytest.approx(fitted.model.bias)


def test_calibration_lowers_negative_log_likelihood(fitted: Fitted) -> None:
    """On the left-out scores, which is where it was chosen; labels and ranking stay."""
    target = [fitted.model.labels.index(label) for label in LABELS]

    def loss(temperature: float) -> float:
        chosen = softmax(fitted.left_out / temperature)[np.arange(len(target)), target]
        return float(-np.log(chosen).mean())

    calibrated = calibrate(fitted.model, fitted.left_out, LABELS)
    assert calibrated.temperature != 1.0
    assert loss(calibrated.temperature) < loss(1.0)
    assert loss(calibrated.temperature) <= min(loss(t) for t in (0.05, 0.2, 0.5, 2.0, 5.0)) + 1e-6


def test_calibration_flattens_overconfidence() -> None:
    """Scores that are often wrong get a temperature above one."""
    nothing = Int8Rows.of(np.zeros((0, 2), np.float32))
    columns = np.zeros(0, np.int32)
    model = LinearModel(("a", "b"), np.zeros((0, 2)), columns, nothing, np.zeros(2))
    scores = np.asarray([[9.0, 0.0], [9.0, 0.0], [0.0, 9.0], [0.0, 9.0]])
    assert calibrate(model, scores, ["a", "b", "b", "b"]).temperature > 1.0


def test_probabilities_sum_to_one(rows: Rows, fitted: Fitted) -> None:
    """Also after a temperature."""
    model = calibrate(fitted.model, fitted.left_out, LABELS)
    found = model.probabilities(rows[0][0], char_ngrams.hashed([("w", TEXTS[0], 2, 4)]))
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert (found >= 0).all()


def test_model_survives_its_file(tmp_path: Path, rows: Rows, fitted: Fitted) -> None:
    """Labels, order and temperature exactly, probabilities within half precision."""
    model = calibrate(fitted.model, fitted.left_out, LABELS)
    model.save(tmp_path / "services.npz")
    loaded = LinearModel.load(tmp_path / "services.npz")
    assert loaded.labels == model.labels
    assert loaded.temperature == pytest.approx(model.temperature)
    for i, text in enumerate(TEXTS):
        views = char_ngrams.hashed([("w", text, 2, 4)])
        expected = model.probabilities(rows[0][i], views)
        assert loaded.probabilities(rows[0][i], views) == pytest.approx(expected, abs=0.01)


def test_model_file_holds_no_pickle(tmp_path: Path, fitted: Fitted) -> None:
    """A model file can never run code: every array loads with pickle forbidden."""
    fitted.model.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as data:
        assert {name: data[name].dtype.kind for name in data.files}["labels"] == "U"
