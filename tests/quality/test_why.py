"""`seva why`: the ranking is the model's own, the parts of the pull sum up, places are right."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from nlu.classifier import views
from nlu.cli import app
from nlu.paths import reading
from nlu.quality import index as index_module
from nlu.quality.index import index_of
from nlu.quality.machine import Machine, load
from nlu.quality.pull import pull
from nlu.quality.sentences import place
from nlu.quality.why import NUMBER_ALONE, explain
from nlu.registry import ARCHIVE, DATA, read, release_of, write
from tests.quality.conftest import MODEL, WEIGHT, Trained, write_archive

ASKED = {
    "te": "కరెంటు బిల్లు ఎంత వచ్చింది",
    "te-Latn": "karentu billu entha vachindi",
    "hi": "बिजली का बिल कितना आया है",
    "hi-Latn": "mera bijli ka bill kitna aaya hai 6123401005678",
    "en": "how much is my current bill, please?? 😀",
}


@pytest.fixture(scope="session")
def machine(made: Trained) -> Machine:
    return load(made.release)


@pytest.mark.parametrize("key", ASKED)
def test_parts_of_the_pull_are_the_difference_of_the_scores(machine: Machine, key: str) -> None:
    """What words, meaning, places and start add is what the machine has, not a likeness of it."""
    text = ASKED[key]
    chosen, rival = (name for name, _ in machine.ranking(text, 2))
    found = pull(machine, text, chosen, rival)
    hashed = views.hashed(text, machine.views, machine.places)
    scores = machine.model.scores(machine.dense(text) * WEIGHT, hashed) / machine.model.temperature
    at = machine.model.labels.index
    assert found.total == pytest.approx(scores[at(chosen)] - scores[at(rival)], abs=1e-3)
    assert [word.word for word in found.words] == text.split()
    assert any(word.letters for word in found.words)


def test_a_word_left_out_is_the_message_without_it(machine: Machine) -> None:
    text = ASKED["hi-Latn"]
    (chosen, _), (rival, _) = machine.ranking(text, 2)
    found = pull(machine, text, chosen, rival)
    shorter = text.replace("kitna ", "")
    told = next(word.without for word in found.words if word.word == "kitna")
    assert told == pytest.approx(dict(machine.ranking(shorter, 10))[chosen], abs=1e-5)


def test_spellings_that_do_not_fall_into_words_are_told_as_rest(machine: Machine) -> None:
    """Consonants without borders belong to no word; the sum is right all the same."""
    wider = replace(machine, views={**machine.views, "bones": [3, 4], "folded pairs": [0, 1]})
    text = ASKED["en"]
    found = pull(wider, text, *(name for name, _ in wider.ranking(text, 2)))
    hashed = views.hashed(text, wider.views, wider.places)
    scores = wider.model.scores(wider.dense(text) * WEIGHT, hashed) / wider.model.temperature
    at = wider.model.labels.index
    assert found.total == pytest.approx(
        scores[at(found.chosen)] - scores[at(found.rival)], abs=1e-3
    )


@pytest.mark.parametrize("key", ASKED)
def test_nearest_sentences_are_where_it_says(made: Trained, key: str) -> None:
    with reading(made.data):
        found = explain(made.release, ASKED[key])
    assert len(found.nearest) == 5 and len(found.of_intent) == 3
    assert [one.cosine for one in found.nearest] == sorted(
        (one.cosine for one in found.nearest), reverse=True
    )
    for name, some in found.of_intent.items():
        assert some and {one.sentence.intent for one in some} == {name}
    for one in found.nearest:
        line = one.file.read_text("utf-8").splitlines()[one.line - 1]
        assert one.sentence.text.split()[0] in line.replace("[", "")


def test_a_trained_sentence_is_its_own_nearest(made: Trained, machine: Machine) -> None:
    index = index_of(made.release.model, machine.encoder)
    for sentence in index.sentences[::700]:
        near, cosine = index.nearest(machine.dense(sentence.text), 1)[0]
        assert cosine > 0.999 and near.text.split() == sentence.text.split()


def test_lines_that_moved_since_are_found_again(
    made: Trained, machine: Machine, tmp_path: Path
) -> None:
    sentence = index_of(made.release.model, machine.encoder).sentences[10]
    copy, working = made.release.model / DATA, tmp_path / "data"
    moved = working / sentence.file
    moved.parent.mkdir(parents=True)
    learned = (copy / sentence.file).read_text("utf-8")
    moved.write_text("# a new first line\n" + learned, "utf-8")
    assert place(sentence, copy, working) == (moved, sentence.line + 1)
    moved.unlink()


def test_a_line_that_is_gone_is_shown_in_the_copy(
    made: Trained, machine: Machine, tmp_path: Path
) -> None:
    sentence = index_of(made.release.model, machine.encoder).sentences[10]
    copy = made.release.model / DATA
    assert place(sentence, copy, tmp_path / "empty") == (copy / sentence.file, sentence.line)


def test_the_second_time_nothing_is_read_or_encoded(
    made: Trained, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The catalogue takes seconds to read: the cache has what is needed of it."""
    first = index_of(made.release.model, machine.encoder)

    def refuse(*_: object) -> None:
        raise AssertionError("read again")

    monkeypatch.setattr(index_module, "load_catalogue", refuse)
    again = index_of(made.release.model, machine.encoder)
    assert list(again.sentences) == list(first.sentences)
    assert np.array_equal(again.vectors, first.vectors)


def test_a_number_alone_is_decided_by_its_format(made: Trained) -> None:
    with reading(made.data):
        found = explain(made.release, "6123401005678")
    assert found.decision.kind == NUMBER_ALONE and "seva parse" in found.reason


def seva(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def registry(made: Trained, monkeypatch: pytest.MonkeyPatch) -> Trained:
    monkeypatch.setenv("SEVA_MODELS_DIR", str(made.models))
    return made


def test_command_prints_one_document(registry: Trained) -> None:
    code, out, _ = seva("why", ASKED["te"], "--model", "abcd", "--json")
    assert code == 0
    told = json.loads(out)
    assert told["model"] == MODEL and told["decision"]["kind"] and told["decision"]["reason"]
    assert "కరెంటు" in out
    assert {"intent", "key", "text", "file", "line", "cosine"} == set(told["nearest"][0])


def test_command_prints_words_and_places(registry: Trained) -> None:
    code, out, _ = seva("why", ASKED["hi-Latn"], "--model", MODEL)
    assert code == 0
    assert "kitna" in out and "because" in out and ".yml:" in out


def test_against_names_the_rival(registry: Trained) -> None:
    arguments = ("why", ASKED["en"], "--model", "abcd", "--json")
    code, out, _ = seva(*arguments, "--against", "integrated_caste_certificate")
    assert code == 0 and json.loads(out)["pull"]["against"] == "integrated_caste_certificate"
    code, _, err = seva(*arguments, "--against", "integrated_caste_certficate")
    assert code == 2 and "integrated_caste_certificate" in err


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("why", " "), 2, "empty"),
        (("why", "bill", "--model", "zzzzzz"), 1, "no model zzzzzz"),
        (("why", "bill"), 1, "seva train"),  # none is live
    ],
)
def test_what_cannot_be_explained(
    registry: Trained, arguments: tuple[str, ...], code: int, told: str
) -> None:
    found, _, err = seva(*arguments)
    assert found == code and told in err


def test_profile_full_is_refused_with_what_to_do(made: Trained, tmp_path: Path) -> None:
    """Its network ranks too; half of the reason would be no reason."""
    entry = tmp_path / "models" / MODEL
    entry.mkdir(parents=True)
    for name in (DATA, "manifest.json"):
        (entry / name).symlink_to(made.release.model / name) if name == DATA else None
    write(entry, read(made.release.model))
    write_archive(entry, load(made.release).model, profile="full")
    assert (entry / ARCHIVE).is_file()
    with pytest.raises(ValueError, match="profile `fast`"):
        explain(release_of(tmp_path / "models", MODEL), "bill")
