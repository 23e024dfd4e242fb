"""Linear classification: what it learns, calibration, the file it is kept in."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nlu.classifier import hinge, views
from nlu.classifier.linear import Int8Rows, LinearModel, Rows, calibrate, fit, score_rows, softmax

TEXTS = [
    *("కరెంటు బిల్లు", "current bill", "bijli ka bill", "electricity bill"),
    *("బస్ టికెట్", "bus ticket", "bus ka ticket", "ticket for the bus"),
    *("ఆదాయ పత్రం", "income certificate", "aay praman patra", "certificate of income"),
]
LABELS = ["bill"] * 4 + ["bus"] * 4 + ["income"] * 4
SETTINGS = hinge.Settings(cost=1.0)
VIEWS = {"written": (2, 4)}


@pytest.fixture(scope="module")
def rows() -> Rows:
    """Dense noise beside the real n-grams of twelve short messages."""
    dense = np.random.default_rng(3).normal(size=(len(TEXTS), 5)).astype(np.float32)
    return dense, views.matrix(TEXTS, VIEWS)


@pytest.fixture(scope="module")
def fitted(rows: Rows) -> LinearModel:
    """The model of all twelve."""
    return fit(rows, LABELS, SETTINGS)


@pytest.fixture(scope="module")
def left_out(rows: Rows) -> np.ndarray:
    """The scores (texts, labels) that each text gets from a model of the others."""
    found = []
    for left in range(len(TEXTS)):
        keep = [i for i in range(len(TEXTS)) if i != left]
        model = fit((rows[0][keep], rows[1][keep]), [LABELS[i] for i in keep], SETTINGS)
        found.append(score_rows(model, (rows[0][[left]], rows[1][[left]]))[0])
    return np.stack(found)


def test_fit_learns_its_own_rows(rows: Rows, fitted: LinearModel) -> None:
    """Labels come back in the order of `labels`."""
    best = score_rows(fitted, rows).argmax(axis=1)
    assert [fitted.labels[i] for i in best] == LABELS


def test_vectors_of_few_directions_lose_nothing(rows: Rows) -> None:
    """Wide ones are turned into their main directions, and the weights back."""
    chance = np.random.default_rng(5)
    few = chance.normal(size=(len(TEXTS), 4)).astype(np.float32)
    turned, _ = np.linalg.qr(chance.normal(size=(300, 4)))
    wide = (few @ turned.T).astype(np.float32)
    narrow = fit((few, rows[1]), LABELS, SETTINGS)
    found = fit((wide, rows[1]), LABELS, SETTINGS)
    assert found.dense_weights.shape == (300, 3)
    expected = score_rows(narrow, (few, rows[1]))
    assert np.allclose(score_rows(found, (wide, rows[1])), expected, atol=0.02)


def test_one_label_cannot_be_learned(rows: Rows) -> None:
    """There is nothing to tell it from."""
    with pytest.raises(ValueError, match="at least two intents"):
        fit(rows, ["bill"] * len(TEXTS), SETTINGS)


def test_scores_of_one_equal_scores_of_many(rows: Rows, fitted: LinearModel) -> None:
    """Serving one message and scoring a matrix are the same sum."""
    together = score_rows(fitted, rows)
    for i, text in enumerate(TEXTS):
        alone = fitted.scores(rows[0][i], views.hashed(text, VIEWS))
        assert alone == pytest.approx(together[i], abs=1e-4)


@pytest.mark.parametrize("text", ["", "దడదడ zzzz", "🙂"])
def test_unseen_ngrams_count_nothing(text: str, fitted: LinearModel) -> None:
    """Buckets that training never saw leave the score at dense part and bias."""
    dense = np.zeros(5, np.float32)
    buckets, values = views.hashed(text, {"bones": (4, 4)})
    assert set(buckets) & set(fitted.columns) == set()
    scores = fitted.scores(dense, (buckets, values))
    assert scores == pytest.approx(fitted.bias)


def test_calibration_lowers_negative_log_likelihood(
    fitted: LinearModel, left_out: np.ndarray
) -> None:
    """On the left-out scores, which is where it was chosen; labels and ranking stay."""
    target = [fitted.labels.index(label) for label in LABELS]

    def loss(temperature: float) -> float:
        chosen = softmax(left_out / temperature)[np.arange(len(target)), target]
        return float(-np.log(chosen).mean())

    calibrated = calibrate(fitted, left_out, LABELS)
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


def test_probabilities_sum_to_one(rows: Rows, fitted: LinearModel, left_out: np.ndarray) -> None:
    """Also after a temperature."""
    model = calibrate(fitted, left_out, LABELS)
    found = model.probabilities(rows[0][0], views.hashed(TEXTS[0], VIEWS))
    assert found.sum() == pytest.approx(1, abs=1e-5)
    assert (found >= 0).all()


def test_model_survives_its_file(
    tmp_path: Path, rows: Rows, fitted: LinearModel, left_out: np.ndarray
) -> None:
    """Labels, order and temperature exactly, probabilities within half precision."""
    model = calibrate(fitted, left_out, LABELS)
    model.save(tmp_path / "services.npz")
    loaded = LinearModel.load(tmp_path / "services.npz")
    assert loaded.labels == model.labels
    assert loaded.temperature == pytest.approx(model.temperature)
    for i, text in enumerate(TEXTS):
        hashed = views.hashed(text, VIEWS)
        expected = model.probabilities(rows[0][i], hashed)
        assert loaded.probabilities(rows[0][i], hashed) == pytest.approx(expected, abs=0.01)


def test_model_file_holds_no_pickle(tmp_path: Path, fitted: LinearModel) -> None:
    """A model file can never run code: every array loads with pickle forbidden."""
    fitted.save(tmp_path / "m.npz")
    with np.load(tmp_path / "m.npz", allow_pickle=False) as data:
        assert {name: data[name].dtype.kind for name in data.files}["labels"] == "U"
