"""The corpus and the training of the language model, on a miniature of the public data."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from benchmarks.language_id import key_rows
from nlu.classifier.language import MIX, features
from nlu.text.romanisation import LetterModel, Romaniser
from nlu.training.language_corpus import public_rows
from nlu.training.language_model import Regression, grammar, own_rows

SPELLINGS = {
    "te": {"నాకు": "naku", "రేపు": "repu", "అలారం": "alarm", "పెట్టు": "pettu"},
    "hi": {"मुझे": "mujhe", "कल": "kal", "अलार्म": "alarm", "लगाओ": "lagao"},
}
MESSAGES = {
    "te-IN": "నాకు [date : రేపు] అలారం పెట్టు",
    "hi-IN": "मुझे [date : कल] अलार्म लगाओ",
    "en-US": "set an alarm for [date : tomorrow]",
}


@pytest.fixture(scope="module")
def romanisers() -> dict[str, Romaniser]:
    return {
        language: Romaniser({n: ((r, 1.0),) for n, r in words.items()}, LetterModel({}, 1.0))
        for language, words in SPELLINGS.items()
    }


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MASSIVE of four times one message, and lexicons of four words."""
    folder = tmp_path_factory.mktemp("data")
    (folder / "massive").mkdir()
    (folder / "dakshina").mkdir()
    for locale, marked in MESSAGES.items():
        rows = [json.dumps({"id": str(n), "annot_utt": marked}) for n in range(4)]
        (folder / "massive" / f"{locale}.train.jsonl").write_text("\n".join(rows), "utf-8")
    for language, words in SPELLINGS.items():
        path = folder / "dakshina" / f"{language}.translit.sampled.train.tsv"
        path.write_text("".join(f"{n}\t{r}\t3\n" for n, r in words.items()), "utf-8")
    return folder


def test_public_messages_of_each_label(data: Path, romanisers: dict[str, Romaniser]) -> None:
    rows = public_rows(data, romanisers, Random(0))
    assert "set an alarm for tomorrow" in rows["en"]
    assert "naku repu alarm pettu" in rows["te-Latn"]
    assert "mujhe kal alarm lagao" in rows["hi-Latn"]


def test_code_mixing_leaves_the_grammar(data: Path, romanisers: dict[str, Romaniser]) -> None:
    rows = public_rows(data, romanisers, Random(0))
    assert "naku tomorrow alarm pettu" in rows["te-Latn" + MIX]
    assert "mujhe tomorrow alarm lagao" in rows["hi-Latn" + MIX]


@pytest.mark.parametrize("label", ["te-Latn", "hi-Latn"])
def test_english_words_of_a_lexicon_are_left_out(
    label: str, data: Path, romanisers: dict[str, Romaniser]
) -> None:
    """`alarm` is attested as romanised Telugu, and an English word all the same."""
    strung = public_rows(data, romanisers, Random(0))[label][2:]
    assert not any(set(text.split()) == {"alarm"} for text in strung[:4000])


def test_a_peer_gets_native_messages_too(data: Path, romanisers: dict[str, Romaniser]) -> None:
    rows = set(key_rows(data, romanisers, Random(0)))
    assert {("te", "నాకు రేపు అలారం పెట్టు"), ("hi", "मुझे कल अलार्म लगाओ")} <= rows
    assert {key for key, _ in rows} == {"te", "te-Latn", "hi", "hi-Latn", "en"}


def test_training_is_deterministic_and_learns() -> None:
    texts = {
        "te-Latn": ["naku bill kavali", "entha undi"],
        "te-Latn" + MIX: ["please naku pay cheyandi", "status entha tell me"],
        "hi-Latn": ["mujhe bill chahiye", "kitna hai"],
        "hi-Latn" + MIX: ["please mujhe pay karna hai", "status kitna tell me"],
        "en": ["show me the bill", "how much is it"],
    }
    rows = [(features(text), label, 1.0) for label, found in texts.items() for text in found]
    one, other = (Regression().fit(rows, 8) for _ in range(2))
    assert (one.weights == other.weights).all() and (one.bias == other.bias).all()
    for label, found in texts.items():
        assert all(one.labels[one.probabilities(t).argmax()] == label for t in found)
    assert grammar(one, "booking cancel cheyandi naku") == "te-Latn" + MIX
    assert grammar(one, "booking cancel karna hai") == "hi-Latn" + MIX
    assert own_rows([("mix", "booking karna hai"), ("en", "booking")], one)[0][1].endswith(MIX)
    assert own_rows([("mix", "booking karna hai"), ("en", "booking")], one)[1][1] == "en"
