"""The public benchmarks as commands: help, missing data, tables; training on tiny vectors."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import (
    hinglish_top,
    hint3,
    massive_cross_lingual,
    massive_few_shot,
    pipeline,
)
from benchmarks.command import finish
from benchmarks.datasets.files import MissingData
from benchmarks.tfidf import TfidfPeer
from nlu.joint.examples import Example

MACHINE = {"cpu": "a processor", "cores": 2, "load_before": 0.1, "python": "3.10"}
MESSAGES = {
    "bill": ("కరెంటు బిల్లు", "karentu billu", "बिजली का बिल", "bijli ka bill", "power bill"),
    "bus": ("బస్ టికెట్", "bas tikettu", "बस का टिकट", "bus ka ticket", "bus ticket"),
    "temple": ("గుడి దర్శనం", "gudi darshanam", "मंदिर दर्शन", "mandir darshan", "temple visit"),
}
EXAMPLES = [Example(text, intent) for intent, texts in MESSAGES.items() for text in texts]
COMMANDS = [hint3.main, hinglish_top.main, massive_few_shot.main, massive_cross_lingual.main]


class NoMeaning:
    """Vectors that say nothing, so that the n-grams decide."""

    def normalised(self, texts: Sequence[str]) -> np.ndarray:
        return np.zeros((len(texts), 4), np.float32)


@pytest.mark.parametrize("main", COMMANDS)
def test_help_says_what_is_trained_and_what_the_exit_codes_mean(main, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    shown = capsys.readouterr().out
    assert "--data" in shown and "--json" in shown
    assert "train" in shown and "Exit codes" in shown


@pytest.mark.parametrize("main", COMMANDS)
def test_wrong_arguments_are_exit_code_two(main, capsys) -> None:
    with pytest.raises(SystemExit) as ended:
        main([])
    assert ended.value.code == 2
    assert "--data" in capsys.readouterr().err


def test_missing_data_is_exit_code_two_and_failure_one(capsys) -> None:
    def missing() -> dict[str, Any]:
        raise MissingData("train.tsv is missing")

    def failing() -> dict[str, Any]:
        raise ValueError("train.tsv:7: no intent")

    assert finish(missing, lambda _: [], as_json=False) == 2
    assert finish(failing, lambda _: [], as_json=True) == 1
    shown = capsys.readouterr()
    assert "train.tsv is missing" in shown.err and "train.tsv:7" in shown.err
    assert shown.out == ""


def test_json_is_the_document_and_nothing_else(capsys) -> None:
    document = {"accuracy": 1.0, "machine": MACHINE}
    assert finish(lambda: document, lambda _: ["a table"], as_json=True) == 0
    assert json.loads(capsys.readouterr().out) == document
    assert finish(lambda: document, lambda _: ["a table"], as_json=False) == 0
    assert "a processor" in capsys.readouterr().out


@pytest.mark.slow
@pytest.mark.parametrize("text, intent", [(e.text + " ?", e.intent) for e in EXAMPLES])
def test_hint3_classifier_is_confident_of_what_it_knows(text: str, intent: str) -> None:
    """In every key, and hardly of a message like none it learned."""
    classifier = hint3.classifier(NoMeaning(), pipeline.settings("hint3"))
    found, confidence = classifier(EXAMPLES, [text, "ఙ zzz xq"])
    assert found[0] == intent
    assert 0 <= confidence[1] < confidence[0] <= 1


def test_hint3_peer_learns_too() -> None:
    found, confidence = hint3.peer(EXAMPLES, ["bijli bill", "బస్ టికెట్"])
    assert found == ["bill", "bus"]
    assert ((confidence > 1 / 3) & (confidence <= 1)).all()


def test_tfidf_peer_sees_indic_words_whole() -> None:
    """scikit-learn's own pattern would cut words at their vowel signs (scikit-learn#30935)."""
    peer = TfidfPeer.fit([e.text for e in EXAMPLES], [e.intent for e in EXAMPLES])
    words = peer.pipeline[0].transformer_list[0][1].get_feature_names_out()
    assert {"బిల్లు", "టికెట్", "टिकट"} <= set(words)
    assert peer.accuracy([e.text for e in EXAMPLES], [e.intent for e in EXAMPLES]) == 1.0


@pytest.mark.parametrize(
    "benchmark",
    ["hint3", "hinglish_top", "massive", "massive_few_shot", "massive_cross_lingual"],
)
def test_settings_of_a_benchmark_complete_those_of_the_pipeline(benchmark: str) -> None:
    """Whatever is not set there is the pipeline's own."""
    settings = pipeline.settings(benchmark)
    assert settings["name"].endswith(".ServiceClassifier")
    assert {"cost", "dense_weight", "views"} <= set(settings)


def test_tables_show_every_number_of_their_document() -> None:
    """Ours, the peer's of the same run, those published, the split they were scored on."""
    point = {"threshold": 0.5, "in_scope_accuracy": 0.75, "oos_recall": None, "matthews": 0.512}
    row = {"in_scope_accuracy": 70.1, "matthews_best": 0.613, "matthews_at_threshold": 0.598}
    bot = {"train": 328, "scored": 397, "split": "test", "peer": {**row, "in_scope_accuracy": 66.6}}
    documents = [
        (
            hint3.lines,
            {
                "training_set": "full",
                "threshold": 0.5,
                "peer": "TF-IDF",
                "published": pipeline.published("hint3"),
                "bots": {"curekart": {**bot, "seva": {**row, "sweep": [point]}}},
            },
            ["70.1", "66.6", "0.613", "0.598", "84.1", "0.603", "75.0", "0.512", "(test)", "full"],
        ),
        (
            massive_few_shot.lines,
            {
                "split": "dev",
                "shots": 8,
                "draws": 10,
                "published": pipeline.published("massive_few_shot"),
                "languages": {
                    locale: {
                        "accuracy": 61.2,
                        "deviation": 1.3,
                        "peer_accuracy": 49.7,
                        "peer_deviation": 1.1,
                        "ratio": 1.231,
                    }
                    for locale in ("te-IN", "hi-IN", "en-US")
                },
            },
            ["61.2 ± 1.3", "49.7 ± 1.1", "58.3", "64.2", "1.231", "dev", "8 messages"],
        ),
        (
            massive_cross_lingual.lines,
            {
                "trained": "en-US",
                "split": "dev",
                "training_cpu_seconds": 12.5,
                "published": pipeline.published("massive_cross_lingual"),
                "languages": {
                    locale: {"accuracy": 71.3, "peer_accuracy": 65.4, "ratio": 1.09}
                    for locale in ("te-IN", "hi-IN")
                },
            },
            ["71.3", "65.4", "68.2", "74.8", "1.09", "en-US only", "12.5"],
        ),
        (
            hinglish_top.lines,
            {
                "split": "validation",
                "train": 2993,
                "scored": 1390,
                "intents": 58,
                "profile": "fast",
                "accuracy": 88.99,
                "peer": {"name": "TF-IDF", "accuracy": 87.77},
                "ratio": 1.014,
                "training_cpu_seconds": 3.2,
            },
            ["88.99", "87.77", "1.014", "validation (1390)", "3.2"],
        ),
    ]
    for lines, document, expected in documents:
        table = "\n".join(lines(document))
        assert [part for part in expected if part not in table] == []


@pytest.mark.slow
def test_seva_runs_our_benchmarks_and_not_those_of_a_package(tmp_path: Path) -> None:
    """pymerkle brings a package of that name too."""
    seva = Path(sys.executable).with_name("seva")
    asked = [seva, "benchmark", "hint3", "--data", "nowhere"]
    done = subprocess.run(asked, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0
    assert "nowhere" in done.stderr and "Traceback" not in done.stderr
