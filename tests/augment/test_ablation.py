from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from benchmarks import ablation, ablation_noise
from benchmarks.ablation import Row
from nlu.augment import KINDS
from nlu.augment.augmenter import load_tables
from nlu.catalogue import Catalogue
from nlu.text.script import dominant, shares
from tests.augment.conftest import DATA, KEYS


@pytest.fixture(scope="module")
def rows(catalogue: Catalogue) -> list[Row]:
    return ablation.trained_rows(catalogue, 5)


def test_the_hold_out_is_never_used(catalogue: Catalogue, rows: list[Row]) -> None:
    intents = [*catalogue.services.values(), *catalogue.conversation.values()]
    trained = {u.text for i in intents for us in i.utterances.values() for u in us}
    assert {row.utterance.text for row in rows} == trained


def test_a_text_is_in_one_fold_whoever_says_it(rows: list[Row]) -> None:
    folds: dict[str, set[int]] = {}
    for row in rows:
        folds.setdefault(row.utterance.text.lower(), set()).add(row.fold)
    assert all(len(fold) == 1 for fold in folds.values())
    sizes = [sum(row.fold == fold for row in rows) for fold in range(5)]
    assert min(sizes) > 0.17 * len(rows)


@pytest.mark.parametrize("key", KEYS)
def test_noise_of_people_changes_most_texts_and_keeps_the_script(key: str, rows: list[Row]) -> None:
    texts = [row.utterance.text for row in rows if row.key == key]
    alphabets = ablation_noise.alphabets(texts)
    assert all(shares(letters)[script] == 1.0 for script, letters in alphabets.items())
    noisy = [
        ablation_noise.people(text, alphabets[dominant(text) or ""], Random(text))
        for text in texts
        if dominant(text) in alphabets
    ]
    assert sum(a != b for a, b in zip(texts, noisy)) > 0.6 * len(texts)
    assert [dominant(text) for text in texts][:100] == [dominant(text) for text in noisy][:100]


@pytest.mark.parametrize("key", ["te", "te-Latn", "hi", "hi-Latn"])
def test_noise_of_speech_is_latin(key: str, rows: list[Row]) -> None:
    for row in [row for row in rows if row.key == key][:200]:
        heard = ablation_noise.speech(row.utterance.text, Random(row.utterance.text))
        assert shares(heard)["Latn"] in (0.0, 1.0)


@pytest.mark.parametrize(
    ("native", "one", "other"), [("కావాలి", "kavali", "kaavaali"), ("चाहिए", "chahiye", "chaahie")]
)
def test_words_are_respelled_as_attested(native: str, one: str, other: str, tmp_path: Path) -> None:
    lexicon = tmp_path / "lexicon.tsv"
    lexicon.write_text(f"{native}\t{one}\t3\n{native}\t{other}\t1\nx\tbus\t2\n", "utf-8")
    attested = ablation_noise.attested_spellings(lexicon)
    said = {ablation_noise.respelled(f"bus {one} 25", attested, Random(s)) for s in range(20)}
    assert said == {f"bus {one} 25", f"bus {other} 25"}


def test_messages_of_a_file_are_asked_of_every_model(tmp_path: Path) -> None:
    file = tmp_path / "heard.jsonl"
    file.write_text('{"text": "basu tiket", "key": "te-Latn", "service": "x"}\n', "utf-8")
    assert ablation.labelled(file) == [ablation.Tested("basu tiket", "te-Latn", "x", None)]


def test_few_utterances_per_key_can_be_learned(catalogue: Catalogue) -> None:
    few = ablation.trained_rows(catalogue, 5, per_key=3)
    counts: dict[tuple[str, str], int] = {}
    for row in few:
        counts[row.intent, row.key] = counts.get((row.intent, row.key), 0) + row.learned
    assert set(counts.values()) == {3}


def test_every_kind_has_a_line_and_its_keys() -> None:
    assert set(KINDS) == set(ablation.PLANS) - {"all"} == set(load_tables(DATA)["keys"])


def test_every_line_of_the_table_can_be_asked_for() -> None:
    settings = ablation.configured()
    every = [model.name.lstrip("+- ") for model in ablation.models(settings, [])]
    for name in every:
        assert [m.name.lstrip("+- ") for m in ablation.models(settings, [name])] == [name]
    own = ablation.models(settings, ["romanised+spelling=1,typing=0.5"])
    assert [model.plan for model in own] == [{"romanised+spelling": 1.0, "typing": 0.5}]


def test_a_folder_without_lexicons_is_told(
    tmp_path: Path, rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    assert ablation.main(["--data", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert str(tmp_path / "dakshina" / "te.translit.sampled.train.tsv") in said


def test_the_table_has_a_block_per_test_and_a_line_per_model() -> None:
    accuracy = {
        "clean": {"te": 90.0, "en": 95.0, "mean": 92.5},
        "people": {"te": 80.0, "mean": 80.0},
    }
    model = {
        "name": "base",
        "accuracy": accuracy,
        "copies_per_fold": 0,
        "fit_cpu_seconds_per_fold": 2.5,
    }
    printed = ablation.table(
        {"utterances": 10, "folds": 5, "folds_used": 5, "models": [model, model | {"name": "x"}]}
    ).splitlines()
    assert printed[0] == "10 utterances, 5 of 5 folds"
    assert printed[2].split() == ["clean", "te", "en", "mean", "copies", "fit", "s"]
    assert printed[3].split() == ["base", "90.0", "95.0", "92.50", "0", "2.5"]
    assert printed[6].split() == ["people", "te", "mean", "copies", "fit", "s"]
    assert len(printed) == 9
