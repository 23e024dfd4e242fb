"""The fast profile without Rasa: what it learns, in every key, and that it is calibrated."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.intent_model import IntentModel, IntentSettings, held_back

SETTINGS = IntentSettings.of(
    {
        "cost": 0.2,
        "dense_weight": 3.0,
        "views": {"written": [2, 5], "folded": [2, 4]},
        "name": "a key of another kind",
    }
)
TRAINED = {
    "bill": [
        "కరెంటు బిల్లు కట్టాలి",
        "karentu billu kattali",
        "बिजली का बिल भरना है",
        "bijli ka bill bharna hai",
        "pay the electricity bill",
    ],
    "bus": [
        "బస్ టికెట్ కావాలి",
        "bus ticket kavali",
        "बस का टिकट चाहिए",
        "bus ka ticket chahiye",
        "i want a bus ticket",
    ],
    "temple": [
        "గుడి దర్శనం ఎప్పుడు",
        "gudi darshanam eppudu",
        "मंदिर दर्शन कब है",
        "mandir darshan kab hai",
        "when is temple darshan",
    ],
}
TEXTS = [text for texts in TRAINED.values() for text in texts]
LABELS = [label for label, texts in TRAINED.items() for _ in texts]


def meaning(labels: list[str]) -> np.ndarray:
    """Unit vectors that know the label, as an encoder does at its best."""
    axes = np.eye(len(TRAINED), 8, dtype=np.float32)
    return np.stack([axes[list(TRAINED).index(label)] for label in labels])


@pytest.fixture(scope="module")
def model() -> IntentModel:
    return IntentModel.fit(TEXTS, LABELS, np.zeros((len(TEXTS), 8)), SETTINGS)


@pytest.mark.parametrize(
    "text, label",
    [
        ("నా కరెంటు బిల్లు", "bill"),
        ("naa karentu bilu", "bill"),
        ("बस की टिकट", "bus"),
        ("mandir ka darshan", "temple"),
        ("electricity bills", "bill"),
    ],
)
def test_model_knows_words_of_every_key(model: IntentModel, text: str, label: str) -> None:
    """By their n-grams alone: the vectors are zero."""
    assert model.predict([text], np.zeros((1, 8))) == [label]


@pytest.mark.parametrize("label", list(TRAINED))
def test_vectors_decide_where_words_are_unknown(label: str) -> None:
    """A message whose n-grams training never saw still has a meaning."""
    model = IntentModel.fit(TEXTS, LABELS, meaning(LABELS), SETTINGS)
    found = model.predict_proba(["ఙఙఙ"], meaning([label]))
    assert model.labels[int(found.argmax())] == label


def test_probabilities_are_rows_over_labels(model: IntentModel) -> None:
    found = model.predict_proba(TEXTS, np.zeros((len(TEXTS), 8)))
    assert found.shape == (len(TEXTS), len(model.labels))
    assert found.sum(axis=1) == pytest.approx(1.0, abs=1e-5)
    assert model.labels == tuple(sorted(TRAINED))


def test_of_each_label_a_tenth_is_held_back() -> None:
    """However they are mixed; the last where there are few, none of a single one."""
    labels = ["a"] * 24 + ["b", "c"] * 3 + ["d"]
    shuffled = [labels[i] for i in np.random.default_rng(0).permutation(len(labels))]
    held = held_back(shuffled)
    taken = [label for label, out in zip(shuffled, held) if out]
    assert sorted(taken) == ["a", "a", "b", "c"]


def test_temperature_comes_from_left_out_scores() -> None:
    """Labels given at random leave nothing to be sure of, although each is learned by heart."""
    shuffled = list(np.random.default_rng(1).permutation(LABELS))
    model = IntentModel.fit(TEXTS, shuffled, np.zeros((len(TEXTS), 8)), SETTINGS)
    honest = IntentModel.fit(TEXTS, LABELS, np.zeros((len(TEXTS), 8)), SETTINGS)
    unseen = ["కరెంటు బిల్లు", "bus ka ticket", "darshan"]
    unsure = model.predict_proba(unseen, np.zeros((3, 8))).max(axis=1)
    sure = honest.predict_proba(unseen, np.zeros((3, 8))).max(axis=1)
    assert (unsure < sure).all()
    assert unsure.max() < 0.6


@pytest.mark.parametrize(
    "text", ["వాతావరణం ఎలా ఉంది", "vatavaranam ela undi", "मौसम कैसा है", "mausam kaisa", "nice weather"]
)
def test_evidence_is_low_for_all_labels_where_nothing_is_known(
    model: IntentModel, text: str
) -> None:
    """Whereas what was learned has much for its label; the ranking is that of probabilities."""
    strange = model.evidence([text], np.zeros((1, 8)))
    known = model.evidence(TEXTS, np.zeros((len(TEXTS), 8)))
    assert strange.max() < known.max(axis=1).min()
    assert ((strange >= 0) & (strange <= 1)).all()
    probabilities = model.predict_proba(TEXTS, np.zeros((len(TEXTS), 8)))
    assert (known.argmax(axis=1) == probabilities.argmax(axis=1)).all()


def test_settings_name_what_lacks() -> None:
    with pytest.raises(KeyError, match="dense_weight"):
        IntentSettings.of({"cost": 1, "views": {}})
